"""What several commands read in the same way: values by name, keys, what is to be scored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from handeye.errors import OptionError
from handeye.printing import tell
from handeye.progress import parting

if TYPE_CHECKING:
    from handeye.scores.run_folder import RunSummary

T = TypeVar("T")


def named_values(
    pairs: Sequence[str], option: str, form: str = "NAME=VALUE", *, empty: bool = False
) -> dict[str, str]:
    """Values by name from options such as ``--map field=name``.

    Args:
        pairs: as they were typed.
        option: its name, for the message.
        form: what a pair must look like, for the message.
        empty: whether a value may be empty.

    Raises:
        OptionError: a pair without a name, a sign or a value.
    """
    out: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or not name or not (value or empty):
            raise OptionError(f"{option} must read {form}, got {pair!r}")
        out[name] = value
    return out


def json_values(values: dict[str, str]) -> dict[str, Any]:
    """Each value as JSON where it is JSON (numbers, true, lists), else as its text."""
    out: dict[str, Any] = {}
    for name, value in values.items():
        try:
            out[name] = json.loads(value)
        except ValueError:
            out[name] = value
    return out


def warn_of_keys(given: Mapping[str, Mapping[str, Any]]) -> None:
    """Say which options hold keys: every user of this machine can read a command line (``ps``).

    Args:
        given: what was given by name, by option: ``{"-M": {"api_key": ...}}``.
    """
    from handeye.run.secrets import keys_in

    found = [
        f"{option} {name}".strip()
        for option, values in given.items()
        for name, value in values.items()
        if keys_in({name: value})
    ]
    if found:
        tell(
            f"warning: while the run lasts, `ps` shows the key in {', '.join(found)} to everybody "
            "on this machine; nothing keeps it on disk, but better give it in the environment, as "
            "PROVIDER_API_KEY and PROVIDER_BASE_URL"
        )


@contextmanager
def resumable(where: Path) -> Iterator[None]:
    """Let Ctrl-C end the block with one line that says how to go on."""
    with parting.owed(lambda: f"stopped; run the same command again to go on in {where}"):
        yield


# ---- what is scored


class Answers(NamedTuple):
    """What ``score`` was given: a file of answers, or a run that is not finished.

    Attributes:
        file: the answers.
        data: where the set is.
        out: where the scores go.
        run: the folder of the unfinished run; None where a file was given.
        kept: whether ``out`` stays.
        items: a file with the ids of the items to score; None for all.
    """

    file: Path
    data: str
    out: Path
    run: Path | None
    kept: bool
    items: Path | None


@contextmanager
def answers_given(
    predictions: Path, data: str | None, out: Path | None, items: Path | None
) -> Iterator[Answers]:
    """Make out what is to be scored; what a run knows of itself need not be given.

    Args:
        predictions: a file of answers, a run folder, or the journal in one.
        data: the set.
        out: folder of the result; of a run that is not finished none is needed.
        items: a file with item ids; by default the one beside the predictions that is called like
            them (``01-anna.items.txt``): a person of a study is not asked about a whole set.

    Raises:
        OptionError: something is lacking, or ``out`` is the run itself.
        DataError: plan.json of the run cannot be read.
    """
    from handeye.run.journal import ANSWERS
    from handeye.run.plan import PLAN, read_plan
    from handeye.scores.so_far import unfinished

    folder = predictions.parent if predictions.name == ANSWERS else predictions
    if not unfinished(folder):
        if predictions.is_dir() and (predictions / PLAN).is_file():
            data = data or read_plan(predictions).data
            predictions = predictions / "predictions.jsonl"
        if data is None or out is None:
            raise OptionError(
                f"score needs {'--data' if data is None else '--out'}; only of a run that is not "
                "finished its folder is enough"
            )
        beside = (
            predictions.with_name(f"{predictions.stem}.items.txt") if predictions.name else None
        )
        if items is None and beside is not None and beside.is_file():
            tell(f"note: scored are the items in {beside}; --items chooses others")
            items = beside
        yield Answers(predictions, data, out, None, True, items)
        return
    if out is not None and out.resolve() == folder.resolve():
        raise OptionError(f"{out}: the run is not finished; score what it holds so far elsewhere")
    with TemporaryDirectory() as aside:
        place = out or Path(aside) / folder.resolve().name
        known = data or read_plan(folder).data
        yield Answers(predictions, known, place, folder, out is not None, items)


def tell_marks(run: Path, stripped: bool, again: Callable[[Path], RunSummary]) -> None:
    """Say how many of the answers that were scored hold thoughts, and what the score is without.

    Args:
        run: the scored folder.
        stripped: they were taken off before scoring.
        again: scores the same answers without them into another folder.
    """
    from handeye.run.marks import found_marks, say_marks
    from handeye.sets.jsonl import numbered_lines

    answers = 0

    def texts() -> Iterator[str]:
        nonlocal answers
        for _, line in numbered_lines(run / "predictions.jsonl"):
            answers += 1
            row = json.loads(line.decode("utf-8", "replace"))
            yield "\n".join(filter(None, (row.get("raw_text"), row.get("labels_text"))))

    marks = found_marks(texts())
    if not marks:
        return
    without = None
    if not stripped:
        with TemporaryDirectory() as aside:
            without = again(Path(aside) / "run").summary.data
    now = json.loads((run / "summary.json").read_bytes())
    say_marks(marks, answers, now, without, stripped=stripped)
