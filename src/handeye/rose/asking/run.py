"""Runs ROSE against a model: every item of a set asked, every answer kept, all of it scored.

The lane (:mod:`handeye.run.lane`) carries the requests; here is what it has to know of the suite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from handeye.atomic import replacing
from handeye.rose.asking.prompts import Order, Picture, check_order, prompt_parts
from handeye.rose.items import ItemSet
from handeye.rose.release import load
from handeye.run.answers import Answer, request_sha256
from handeye.run.journal import Journal, Key
from handeye.run.lane import carry_out
from handeye.run.options import RunOptions
from handeye.run.plan import Plan, rows_sha256
from handeye.run.secrets import without_secrets

if TYPE_CHECKING:
    from inspect_ai import Task


@dataclass(frozen=True, kw_only=True)
class RoseOptions(RunOptions):
    """Everything a run of ROSE is asked for; see :func:`run_rose`."""

    data: str
    split: str | None = "test"
    scenes: int | None = None
    templates: str | None = None
    subsets: str | None = None
    order: Order = "image_first"

    def load(self) -> ItemSet:
        """The items that the options select."""
        return load(
            self.data,
            split=self.split,
            templates=self.templates,
            subsets=self.subsets,
            scenes=self.scenes,
        )

    def plan(self, items: ItemSet) -> Plan:
        """The identity of the run over ``items``."""
        return Plan(
            suite="rose",
            model=self.model,
            items=len(items),
            scenes=len(items.scenes()),
            items_sha256=rows_sha256(items),
            order=self.order,
            config=dict(self.generation),
            model_args=without_secrets(self.model_args),
            data=self.data,
            split=self.split,
            templates=self.templates,
            subsets=self.subsets,
            max_scenes=self.scenes,
        )


def run_rose(
    model: str, data: str | Path, out: Path, *, order: str = "image_first", **others: Any
) -> Path:
    """Ask ``model`` every item of ``data`` and score the answers into ``out``.

    Args:
        model: an Inspect model name, such as ``openai/gpt-5.5`` or ``handeye/pixels``.
        data: a set folder, a metadata file with its pictures, or ``hf:OWNER/NAME``.
        out: the run folder; made if absent. A folder of the same run is gone on with.
        order: ``image_first`` or ``authors``.
        **others: ``split``, ``scenes``, ``templates``, ``subsets`` select items; the rest are
            fields of :class:`handeye.run.options.RunOptions`.

    Returns:
        ``out``. Items without an answer (state ``error``) do not fail the run: they are counted,
        shown, scored 0 in the official columns, and asked again by the next call.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: no such model, no key, ``out`` holds another run or is being written by another
            process, or nothing but failures came back.
        KeyboardInterrupt: stopped by Ctrl-C; what arrived is kept.
    """
    options = RoseOptions(model=model, data=str(data), out=out, order=check_order(order), **others)
    return carry_out(options, RoseJob(options))


class RoseJob:
    """ROSE as the lane sees it."""

    def __init__(self, options: RoseOptions) -> None:
        self._options = options
        self._items = options.load()
        self._keys = request_keys(self._items, options)
        self.plan = options.plan(self._items)

    def total(self, journal: Journal) -> int:
        """One answer an item."""
        return len(self._items)

    def arrived(self, journal: Journal) -> list[Answer]:
        """The answers that are there already; failures do not count."""
        found = (journal.arrived(key) for key in self._keys.values())
        return [answer for answer in found if answer is not None]

    def task(self, journal: Journal) -> Task:
        """One sample a scene, all its items asked at once."""
        from handeye.rose.asking.task import rose_task

        options = self._options
        return rose_task(self._items, options.order, journal.path, options.max_connections)

    def answers(self, journal: Journal) -> list[Answer | None]:
        """In the order of the items."""
        return [journal.get(self._keys[item.item_id]) for item in self._items]

    def write_predictions(self, path: Path, journal: Journal) -> None:
        """Official fields, then ``state`` and what the answer cost."""
        with replacing(path) as stream:
            for item, answer in zip(self._items, self.answers(journal), strict=True):
                if answer is None:
                    continue
                row = {
                    "item_id": item.item_id,
                    "raw_text": answer.raw_text,
                    "model": answer.model,
                    "error": answer.error if answer.state == "error" else None,
                    "state": answer.state,
                    "stop_reason": answer.stop_reason,
                    "usage": answer.usage,
                    "seconds": answer.seconds,
                    "image_sha256": answer.media_sha256,
                }
                stream.write(msgspec.json.encode(row) + b"\n")

    def info(self) -> dict[str, Any]:
        """Order and selection."""
        options = self._options
        names = ("split", "scenes", "templates", "subsets")
        return {
            "order": options.order,
            "selection": {name: getattr(options, name) for name in names},
        }

    def score(self, info: Mapping[str, Any]) -> None:
        """Score the prediction file into the run folder."""
        from handeye.rose.scoring.file_scoring import score_files

        score_files(
            self._options.out / "predictions.jsonl",
            self._options.data,
            self._options.out,
            # What was not chosen is not missing.
            item_ids=[item.item_id for item in self._items],
            run_info=info,
        )


def request_keys(items: ItemSet, options: RoseOptions) -> dict[str, Key]:
    """The journal key of every item, by item id; reads every picture once."""
    from inspect_ai.model import GenerateConfig

    from handeye.run.asker import content_config

    config = content_config(GenerateConfig(**options.generation))
    sums: dict[Path, str] = {}
    keys: dict[str, Key] = {}
    for item in items:
        path = items.image_path(item)
        if path not in sums:
            sums[path] = Picture.read(path).sha256
        request = request_sha256(sums[path], prompt_parts(item, options.order), config)
        keys[item.item_id] = (item.item_id, options.model, request)
    return keys
