"""A suite of another package, whole and small: sums of two numbers, several about one first number.

What CONTRIBUTING.md, "Add a suite", says, carried out in one file; installed by its entry point.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
import numpy as np
import typer

from handeye.errors import OptionError
from handeye.respondents.conversation import Conversation, Kind, Reply
from handeye.run.answers import Answer
from handeye.run.options import RunOptions
from handeye.run.questions import Opening, Question, Turn
from handeye.scores.estimate import Estimate
from handeye.scores.join import Join, LineReader, Predictions, Words as Called
from handeye.scores.quantity import Family, Quantities, Units, Words, pair_rows, pooled, rated
from handeye.scores.run_folder import Columns, RunFormat, RunSummary, ScoredRun, open_run
from handeye.scores.summary import Interval, Summary
from handeye.scores.tables import csv_files, table_of
from handeye.sets.checks import Verified
from handeye.sets.statistics import Description, Line
from handeye.suite import Part, Suite


class Item(msgspec.Struct, frozen=True):
    item_id: str
    scene_id: str
    split: str
    first: int
    second: int


@dataclass(frozen=True)
class Sums:
    root: Path
    items: tuple[Item, ...]
    name: str = "sums"

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)


def generate(out: str | Path, *, seed: int, scenes: int = 10) -> Path:
    draw, folder = random.Random(seed), Path(out)
    if (folder / "sums.jsonl").exists():
        raise OptionError(f"{folder}: holds a set already; choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for scene in range(scenes):
        first = draw.randrange(10, 99)
        rows += [Item(f"{scene}-{k}", f"{scene}", "test", first, draw.randrange(9)) for k in "ab"]
    (folder / "sums.jsonl").write_bytes(msgspec.json.Encoder().encode_lines(rows))
    record = {"suite": "sums", "options": {"seed": seed, "scenes": scenes}}
    (folder / "generation.json").write_text(json.dumps(record))
    return folder


def load(data: str | Path) -> Sums:
    lines = (Path(data) / "sums.jsonl").read_bytes().splitlines()
    return Sums(Path(data), tuple(msgspec.json.decode(line, type=Item) for line in lines))


def recognizes(data: str) -> bool:
    return (Path(data) / "sums.jsonl").is_file()


def describe(data: str | Path) -> Description:
    items = load(data)
    counted = Line("items", {"in all": len(items)}, compared=False)
    numbers = Line("first number", values=tuple(float(item.first) for item in items))
    return Description(items.name, {"all": {one.name: one for one in (counted, numbers)}})


def verify(data: str | Path, **others: Any) -> Verified:
    return Verified({"items": len(load(data))})


# ---- asking


@dataclass(frozen=True)
class Asking:
    scenes_held: int | None = None
    sends: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        return {"words": 1}

    def fitted(self, model: str) -> Self:
        return self

    def questions(self, items: Iterable[Item]) -> Iterator[Question]:
        for item in items:
            text = f"What is {item.first} + {item.second}? Answer with the number alone."
            opening = partial(_opening, text)
            likely = (Turn(len(text), 3),)
            yield Question(
                item.item_id, item.scene_id, {"parts": [text]}, (), opening, likely=likely
            )

    def follow_up(self, asked: Question, answer: Answer) -> Question | None:
        return None


def _opening(text: str) -> Opening:
    from inspect_ai.model import ChatMessageUser

    return Opening([ChatMessageUser(content=text)])


def job(options: RunOptions) -> Any:
    from handeye.run.job import Job

    return Job(
        options, load(options.data), Asking(), suite="sums", unit="scenes", plan={}, info={},
        whole=load, task=_task, row=_row, score=partial(_score, options),
    )  # fmt: skip


def _task(items: Sums, asking: Asking, journal: Any, questions: Any = None, n: Any = None) -> Any:
    from inspect_ai.dataset import Sample

    from handeye.run.task import scene_task

    samples = [Sample(id=one, input=one) for one in dict.fromkeys(i.scene_id for i in items)]
    return scene_task(
        "sums", items, asking, samples, None, journal, title="Sums", location=items.root,
        metadata={}, questions=questions, connections=n,
    )  # fmt: skip


def task(data: str, journal: str | None = None) -> Any:
    return _task(load(data), Asking(), Path(journal) if journal else None)


def _row(asked: Question, answers: Sequence[Answer]) -> Mapping[str, Any]:
    (answer,) = answers
    error = answer.error if answer.state == "error" else None
    return {
        "item_id": answer.item_id, "raw_text": answer.raw_text, "model": answer.model,
        "error": error, "state": answer.state,
    }  # fmt: skip


def _score(options: RunOptions, info: Mapping[str, Any]) -> None:
    score_files(options.out / "predictions.jsonl", options.data, options.out, run_info=info)


def run(model: str, data: str | Path, out: Path, **others: Any) -> Path:
    from handeye.run.lane import carry_out

    return carry_out(job(RunOptions(model=model, data=str(data), out=out, **others)))


# ---- scoring


class Prediction(msgspec.Struct):
    item_id: str
    raw_text: str | None = None
    model: str | None = None
    error: str | None = None
    state: str | None = None


class Row(msgspec.Struct):
    item_id: str
    scene_id: str
    model: str | None
    answer_state: str
    passed: int


class SumsSummary(Summary):
    model: str | None
    n_items: int
    partial: bool
    states: dict[str, int]
    right: Estimate
    interval: Interval


def tables(summary: SumsSummary) -> Any:
    return (table_of("right", ("figure",), {"right": summary.right}, file="right.csv"),)


def _files(summary: SumsSummary) -> Mapping[str, str]:
    return csv_files(tables(summary), interval=summary.interval.words, note="")


FORMAT = RunFormat(
    suite="sums", number=1, rows={"scores": Columns(Row)}, packages=("numpy",),
    record=("data", "predictions", "seeds", "n_items", "partial", "states"),
    summary=SumsSummary, tables=_files,
)  # fmt: skip
CALLED = Called("item", "the data", "give them all")


def summarize(rows: Sequence[Row]) -> SumsSummary:
    right = sum(row.passed for row in rows) / len(rows)
    states = {state: sum(row.answer_state == state for row in rows) for state in
              ("answered", "error")}  # fmt: skip
    interval = Interval(level=0.95, resamples=0, seed=0, words="no intervals")
    model = rows[0].model
    return SumsSummary(
        model, len(rows), False, states, Estimate(right, None, None, len(rows)), interval
    )


def score_files(
    predictions: Path, data: str | Path, out: Path, *, run_info: Mapping[str, Any] | None = None
) -> RunSummary:
    from handeye.scores.write import RunWriter, data_entries

    read = LineReader(Prediction, ("answered", "empty", "refused", "truncated", "error"))
    items = load(data)
    with RunWriter(Path(out), FORMAT) as writer:
        answers = Predictions.of_file(Path(predictions), read, CALLED)
        rows = [
            Row(item.item_id, item.scene_id, answer.model, answer.state or "answered",
                int((answer.raw_text or "").strip() == str(item.first + item.second)))
            for item, answer in Join(answers).pairs(items)
        ]  # fmt: skip
        writer.add("scores", rows)
        info = {"data": data_entries([items.root / "sums.jsonl"], Path(out)), **(run_info or {})}
        return writer.finish(summarize(rows), predictions=Path(predictions), info=info)


def open_sums(path: Path | str) -> ScoredRun:
    return open_run(path, FORMAT, ScoredRun)


def print_run(folder: Path) -> None:
    print(f"right: {open_sums(folder).summary['right']['value']:.2f}")


# ---- comparing, report


def quantities(
    runs: Sequence[ScoredRun], *, common: bool = False, reasons: bool = True
) -> Quantities:
    from handeye.scores.labels import run_labels

    labels = run_labels(runs)
    frames = [run.scores() for run in runs]
    places = pair_rows(
        frames, labels, item="item_id", unit="items", needed=["passed"], same=["scene_id"],
        common=common,
    )  # fmt: skip
    first = frames[0][places[0]]
    outcomes = np.stack(
        [f["passed"].to_numpy()[p].astype(float) for f, p in zip(frames, places, strict=True)], 1
    )
    scenes = {name: k for k, name in enumerate(first["scene_id"].unique(maintain_order=True))}
    every = np.ones(len(first), bool)
    right = rated(("right", "right"), every, outcomes, pooled, said="sums", planned="right")
    words = Words("set", "gets right", "more of", "fewer of", "answer alike", "items", "right",
                  "wrong", "numbers", "a toy")  # fmt: skip
    return Quantities(
        labels=tuple(labels), words=words, ids=first["item_id"].to_list(),
        cluster=np.array([scenes[name] for name in first["scene_id"]]),
        stratum=np.zeros(len(first), np.int64),
        families=(Family(key="headline", title="Headline", meaning="Right sums.",
                         quantities=(right,), chart="Right", overall="right"),),
        units=(Units("all", "all", outcomes),), score=outcomes, left_out=tuple(
            len(f) - len(first) for f in frames),
    )  # fmt: skip


def report(runs: Sequence[ScoredRun], out: Path, *, title: str | None = None) -> Path:
    from handeye.pages.html import write

    told = [f"<li>{run.summary['right']['value']:.2f}</li>" for run in runs]
    return write(out, f"<html><title>{title or 'Sums'}</title><ul>{''.join(told)}</ul></html>")


# ---- who answers, and the commands


class Adder:
    connections = 4

    def __init__(self, wrong: float = 0.0) -> None:
        self._wrong = float(wrong)

    async def answer(self, asked: Conversation) -> Reply:
        first, second = (int(word.strip("?")) for word in asked.text.split()[2:5:2])
        off = random.Random(asked.text).random() < self._wrong
        return Reply(str(first + second + off))


app = typer.Typer(no_args_is_help=True)


@app.command("generate")
def _generate(directory: Path, seed: Annotated[int, typer.Option()]) -> None:
    """Make a set of sums."""
    generate(directory, seed=seed)


@app.command("score")
def _score_command(predictions: Path, data: Annotated[str, typer.Option()],
                   out: Annotated[Path, typer.Option()]) -> None:  # fmt: skip
    """Score answers."""
    score_files(predictions, data, out)
    print_run(out)


def run_command(
    model: Annotated[str, typer.Option()],
    data: Annotated[str, typer.Option()],
    out: Annotated[Path, typer.Option()],
    wrong: Annotated[float, typer.Option()] = 0.0,
) -> None:
    """Ask a model for sums."""
    print_run(run(model, data, out, model_args={"wrong": wrong}, progress=False))


SUITE = Suite(
    name="sums", title="Sums", about="Sums of two numbers.", unit="items", scene="scenes",
    run_format=1, commands=Part("toy_suite:app"), run_command=Part("toy_suite:run_command"),
    respondents={"adder": Kind(("wrong",), Adder, "adds")}, recognizes=recognizes,
    generate=generate, load=load, describe=describe, verify=verify, run=run, asking=Asking, job=job,
    task=Part("toy_suite:task"), score_files=score_files, summarize=summarize,
    open_run=open_sums, tables=tables, quantities=quantities, report=report, print_run=print_run,
)  # fmt: skip
