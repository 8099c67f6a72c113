"""``handeye protocol``: a fixed measurement of a model's gap between knowing and saying."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.atomic import check_places
from handeye.cli.grammar import Command, framed
from handeye.cli.states import OUT, Capture, refuse_unseen, shape_of, telling, watched
from handeye.errors import DataError, HandeyeError, OptionError, RunError
from handeye.printing import say, tell
from handeye.suite import Suite
from handeye.suites import all_suites
from handeye.terminal.options import Json, ModelArg, put_json
from handeye.terminal.run_options import asked_as

if TYPE_CHECKING:
    from handeye.states.protocol import Analysis, Fixed, Part

app = typer.Typer(
    help=r"Measure a local model by a fixed protocol (needs \[states]).",
    no_args_is_help=True,
)
RECORD, RESULTS = "protocol.json", "gap.json"
_TRIED, _TIMED = 6, 48
"""Scenes or families, and items of them, that a model is timed on: some batches."""
_QUICKEST = 1e-3
"""Seconds in which no model answers all about a scene or family, whatever it runs on."""


@app.callback()
def _protocol() -> None:
    """One command so far; without this its name could not be typed."""


def gap(
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="On this machine, such as handeye/hf.")
    ],
    hours: Annotated[
        float, typer.Option(metavar="N", help="Of the model; they set how much it is asked.")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Sets, states, figures, pages.")],
    model_arg: ModelArg = None,
    tokens: Annotated[
        str | None,
        typer.Option(metavar="ROWSxCOLS", help="How picture tokens lie, where in no square."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Time the model on a few items and say what it takes.")
    ] = False,
    json: Json = None,
) -> None:
    """Measure what a model knows and does not say, with fixed sets, seeds and analysis.

    Stopped at any moment and called again with the same options, it goes on where it was.

    Example: handeye protocol gap --model handeye/hf -M path=DIR --hours 8 --out GAP
    """
    refuse_unseen(model)
    if not 0 < hours < 10**5:
        raise OptionError(f"--hours must be a number above 0, got {hours:g}")
    from handeye.states.protocol import Analysis

    of = Protocol(model, hours, out, tuple(model_arg or ()), tokens, Analysis())
    of.carry_out(dry_run)
    if not dry_run:
        put_json(json, (out / RESULTS).read_bytes())


@dataclass
class Protocol:
    """One protocol of one model.

    Attributes:
        model: its name.
        hours: of it.
        out: the folder.
        model_arg: its arguments, ``NAME=VALUE``.
        tokens: how picture tokens lie.
        analysis: what is fixed.
        counts: scenes or families by suite, instead of what hours come to; only for trials: what is
            found then is not the protocol.
    """

    model: str
    hours: float
    out: Path
    model_arg: tuple[str, ...]
    tokens: str | None
    analysis: Analysis
    counts: Mapping[str, int] = field(default_factory=dict)

    def carry_out(self, dry_run: bool) -> None:
        """Say what it takes, then do what is not done.

        Raises:
            HandeyeError: as the stages; the model cannot be asked by any suite, or the folder holds
                something else.
        """
        shape_of(self.tokens)
        if not dry_run:
            check_places(self.out / RECORD)
        record = self._begun() or self._planned()
        self._tell(record)
        if dry_run:
            return
        if not (self.out / RECORD).is_file():
            self._write(RECORD, record)
        for name in record["parts"]:
            (suite,) = (one for one in all_suites() if one.name == name)
            self._part(suite, _probed(suite).fixed, record)
        self._write(RESULTS, self._results(record))
        say(f"{self.out / RESULTS} has every figure; pages: " + ", ".join(
            str(self.out / f"{name}.html") for name in record["parts"]
        ))  # fmt: skip

    # ---- what it takes

    def _begun(self) -> dict[str, Any] | None:
        """The record of what was begun here; None: nothing.

        Raises:
            DataError: it is of another model, analysis or time.
        """
        from handeye.reading import read_json
        from handeye.states.protocol import Begun

        place = self.out / RECORD
        if not place.is_file():
            if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
                raise OptionError(
                    f"{self.out} {'holds something else' if self.out.is_dir() else 'is no folder'}"
                    ": give --out a new folder"
                )
            return None
        read_json(place, Begun)
        record: dict[str, Any] = read_json(place)
        fixed = {suite.name: _probed(suite).fixed for suite in _suites()}
        if strange := sorted(set(record["parts"]) - set(fixed)):
            raise DataError(f"{place}: {strange[0]} is no suite here: give --out a new folder")
        own = self.analysis.sha256({name: fixed[name] for name in record["parts"] if name in fixed})
        now = {**self._identity(), "analysis_sha256": own}
        for name, value in now.items():
            if record.get(name) != value:
                raise DataError(
                    f"{place}: begun with another {name.replace('_', ' ')} "
                    f"({record.get(name)!r}, now {value!r}): give --out a new folder"
                )
        return record

    def _identity(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "model_args": list(self.model_arg),
            "tokens": self.tokens,
            "hours": self.hours,
            "counts_given": dict(self.counts),
        }

    def _planned(self) -> dict[str, Any]:
        """What is to be done, from a timing of the model on a few items of each suite."""
        import msgspec

        from handeye.states.protocol import counted, part

        rates: dict[str, tuple[float, float]] = {}
        refused: dict[str, HandeyeError] = {}
        fixed = {suite.name: _probed(suite).fixed for suite in _suites()}
        arguments = self._arguments()
        watched(
            self.model, arguments, ()
        )  # what nobody can be asked with is refused before all else
        asked: list[Suite] = []
        for suite in _suites():
            try:
                self._refuse(suite, arguments)
            except (RunError, OptionError) as error:
                refused[suite.name] = error
            else:
                asked.append(suite)
        self._leaves({one.name: fixed[one.name] for one in asked})
        for suite in asked:
            tell(f"{suite.name}: timing the model on a few items, of which nothing is kept")
            try:
                rates[suite.name] = self._timed(suite, fixed[suite.name])
            except (RunError, OptionError) as error:
                refused[suite.name] = error
        if not rates:
            raise next(iter(refused.values()))
        seed, share = self.analysis.seed, 3600 * self.hours / len(rates)
        parts: dict[str, Part] = {}
        for name, (rate, each) in rates.items():
            if name in self.counts:
                parts[name] = counted(fixed[name], self.counts[name], rate, each, seed)
            else:
                parts[name] = part(fixed[name], share, rate, each, seed)
        if any(n not in self.counts and one.count < fixed[n].least for n, one in parts.items()):
            raise OptionError(self._too_few(fixed, rates))
        used = {name: fixed[name] for name in parts}
        return {
            "protocol": "gap",
            "analysis_sha256": self.analysis.sha256(used),
            "analysis": {
                **msgspec.to_builtins(self.analysis),
                "suites": {name: msgspec.to_builtins(one) for name, one in used.items()},
            },
            **self._identity(),
            "versions": _versions(),
            "seconds_an_item": {name: rate for name, (rate, _) in rates.items()},
            "parts": {name: msgspec.to_builtins(one) for name, one in parts.items()},
            "not_applicable": {name: str(error) for name, error in refused.items()},
            "done": {},
        }

    def _leaves(self, fixed: Mapping[str, Fixed]) -> None:
        """Say what the hours leave for a scene, as far as that is known before any timing.

        Raises:
            OptionError: no model is so quick.
        """
        free = {name: one.least for name, one in fixed.items() if name not in self.counts}
        if not free:
            return
        share = 3600 * self.hours / len(fixed)
        least = ", ".join(f"{count} {_scene(name)} of {name}" for name, count in free.items())
        if share < _QUICKEST * max(free.values()):
            hours = _QUICKEST * max(free.values()) * len(fixed) / 3600
            raise OptionError(
                f"--hours {self.hours:g} are {_clock(3600 * self.hours)}, and it takes {least} at "
                f"least: no model does that in less than {_clock(3600 * hours)}, and the timing "
                "of yours, from more hours on, says how many it takes"
            )
        tell(
            f"--hours {self.hours:g} are {_clock(share)} of the model for each suite; it takes at "
            f"least {least}, so they are enough if all about one takes no longer than "
            f"{share / max(free.values()):.2g} s; the timing tells"
        )

    def _too_few(self, fixed: Mapping[str, Fixed], rates: Mapping[str, tuple[float, float]]) -> str:
        """What the fewest scenes take as timed, and the hours that follow."""
        needed = {n: fixed[n].least * rate * each for n, (rate, each) in rates.items()}
        told = ", ".join(
            f"{name} {_clock(seconds)} ({fixed[name].least} {_scene(name)}, some "
            f"{fixed[name].least * rates[name][1]:,.0f} items at {rates[name][0]:.2g} s)"
            for name, seconds in needed.items()
        )
        # A tenth more: the model is timed again, and not to the same figure.
        hours = 1.1 * max(needed.values()) * len(rates) / 3600
        shared = f", shared out evenly over {len(rates)} suites" if len(rates) > 1 else ""
        return (
            f"--hours {self.hours:g} are too few; as timed, the fewest take: {told}; so give at "
            f"least --hours {math.ceil(100 * hours) / 100:.2f}{shared}"
        )

    def _arguments(self) -> dict[str, Any]:
        from handeye.terminal.inputs import json_values, named_values

        return json_values(named_values(self.model_arg, "--model-arg", empty=True))

    def _refuse(self, suite: Suite, arguments: Mapping[str, Any]) -> None:
        """Refuse a suite that the model cannot be asked by before a scene of it is made.

        Raises:
            RunError: it does not answer for the suite, or does not take what is sent.
        """
        from handeye.respondents.conversation import told
        from handeye.run.options import RunOptions

        options = RunOptions(model=self.model, data="", out=self.out, model_args=arguments)
        told(options, suite.name, suite.respondents)
        watched(self.model, arguments, suite.asking().fitted(self.model).sends)

    def _timed(self, suite: Suite, fixed: Fixed) -> tuple[float, float]:
        """Seconds of the model an item, and items a scene or family.

        Raises:
            RunError, OptionError: the model cannot be asked like this.
        """
        with TemporaryDirectory() as folder:
            data, states = Path(folder, "set"), Path(folder, "states")
            _generate(suite, fixed, data, _TRIED, self.analysis.seed)
            told: list[tuple[float, int]] = []
            total: list[int] = []
            start = time.perf_counter()

            def watch(done: int, _: int) -> None:
                told.append((time.perf_counter(), done))

            def make(options: dict[str, Any]) -> _Timed:
                return _Timed(
                    options, True, None, suite, sites=fixed.sites, dtype=self.analysis.dtype,
                    answers=True, limit=_TIMED, watch=watch, total=total,
                )  # fmt: skip

            self._ask(suite, fixed, data, states, make)
            if not fixed.letters:
                self._look(states)
        first, last = told[0], told[-1]
        if last[1] > first[1]:  # the first ones come with the loading of the model
            return (last[0] - first[0]) / (last[1] - first[1]), total[0] / _TRIED
        return (last[0] - start) / last[1], total[0] / _TRIED

    def _look(self, states: Path) -> None:
        """Find out now whether picture tokens can be laid out.

        Raises:
            OptionError: they lie in no square, and nothing says how.
        """
        from handeye.states.analysis import token_shape
        from handeye.states.results import targets_of
        from handeye.states.store import open_store

        store = open_store(states)
        rows = [one for one in targets_of(store) if "grid" in one.sites]
        token_shape(store, rows, shape_of(self.tokens))

    def _ask(
        self,
        suite: Suite,
        fixed: Fixed,
        data: Path,
        out: Path,
        make: Callable[[dict[str, Any]], Capture],
    ) -> None:
        """Do with a suite's questions what ``make`` gives."""
        command = asked_as(suite.run_command.get(), make, OUT, "")
        if command is None:
            raise RunError(f"{suite.title} cannot be captured")
        known = inspect.signature(command).parameters.values()
        usual = {one.name: one.default for one in known if one.default is not one.empty}
        given = {"model": self.model, "data": str(data), "out": out, "split": "all"}
        command(**{**usual, **given, "model_arg": list(self.model_arg), **fixed.asked})

    def _tell(self, record: Mapping[str, Any]) -> None:
        """Print the estimate, and what so much can show."""
        for name, reason in record["not_applicable"].items():
            say(f"{name}: not applicable to this model: {reason}")
        for name, one in record["parts"].items():
            what = "of failed answers decodable (if half fail)"
            if record["analysis"]["suites"][name]["letters"]:
                what = "lost at a step of the chain"
            say(
                f"{name}: {one['count']:,} {_scene(name)}, some {one['items']:,} items at "
                f"{record['seconds_an_item'][name]:.2g} s: {_clock(one['seconds'])} of the model; "
                f"smallest visible gap {100 * one['visible']:.1f} points {what}"
            )
        say(f"analysis {record['analysis_sha256'][:12]}; reading off what is captured needs no "
            "model and comes on top")  # fmt: skip

    # ---- what is done

    def _part(self, suite: Suite, fixed: Fixed, record: dict[str, Any]) -> None:
        """The stages of a suite, each unless its output is there."""
        folder = self.out / suite.name
        data, states, run = (folder / name for name in ("set", "states", "run"))
        count, seed = record["parts"][suite.name]["count"], self.analysis.seed

        def captured() -> None:
            def make(options: dict[str, Any]) -> Capture:
                dtype = self.analysis.dtype
                return Capture(options, True, None, suite, sites=fixed.sites, dtype=dtype,
                               answers=True)  # fmt: skip

            self._ask(suite, fixed, data, states, make)

        def adjusted() -> None:
            from handeye.states.analysis import adjusted
            from handeye.states.results import targets_of, write_adjusted
            from handeye.states.store import open_store

            store, a = open_store(states), self.analysis
            with telling() as progress:
                found, made = adjusted(
                    store, targets_of(store), alpha=a.alpha, level=a.level, folds=a.folds,
                    seed=seed, progress=progress,
                )  # fmt: skip
            write_adjusted(states, found, made)

        def paged() -> None:
            from handeye.states.page import write_page

            write_page(states, self.out / f"{suite.name}.html", groups=suite.scene)

        stages: list[tuple[str, Path, Callable[[], None]]] = [
            ("set", data / "generation.json", lambda: _generate(suite, fixed, data, count, seed)),
            ("capture", states / "index.parquet", captured),
            ("score", run / "run.json", lambda: _scored(suite, self.model, data, states, run)),
            ("probe", states / "probe.json", lambda: self._probe(suite, fixed, states, run)),
        ]
        if fixed.letters:
            stages.append(("adjust", states / "adjust.json", adjusted))
        stages.append(("page", self.out / f"{suite.name}.html", paged))
        for name, made, work in stages:
            self._stage(record, f"{suite.name} {name}", made, work, spared=name == "adjust")

    def _stage(
        self,
        record: dict[str, Any],
        name: str,
        made: Path,
        work: Callable[[], None],
        *,
        spared: bool = False,
    ) -> None:
        """Do a stage, unless its output is there as it was left.

        Raises:
            HandeyeError: as ``work``; of what can be spared no DataError, which is noted.
        """
        from handeye.hashing import file_sha256

        known = record["done"].get(name)
        if known and known["sha256"] == (file_sha256(made) if made.is_file() else ""):
            return
        tell(f"{name} ...")
        start, left_out = time.perf_counter(), {}
        try:
            work()
        except DataError as error:
            if not spared:
                raise
            tell(f"{name}: left out: {error}")
            left_out = {"left_out": str(error)}
        done = {"sha256": "" if left_out else file_sha256(made), **left_out}
        record["done"][name] = {**done, "seconds": time.perf_counter() - start}
        # What was made of what is made anew is of something else.
        later = [one for one in record["done"] if one.split()[0] == name.split()[0]]
        for one in later[later.index(name) + 1 :]:
            del record["done"][one]
        self._write(RECORD, record)

    def _probe(self, suite: Suite, fixed: Fixed, states: Path, run: Path) -> None:
        from handeye.states.analysis import probed
        from handeye.states.results import targets_of, write_probed
        from handeye.states.store import open_store

        store, a = open_store(states), self.analysis
        actions: list[Any] = []
        if not fixed.letters:
            there = set(store.item_ids)
            every = _probed(suite).actions(suite.open_run(run))
            actions = [one for one in every if one.item_id in there]
        with telling() as progress:
            found, rows = probed(
                store, targets_of(store), names=fixed.targets, actions=actions,
                tokens=shape_of(self.tokens), folds=a.folds, flips=a.flips, seed=a.seed,
                progress=progress,
            )  # fmt: skip
        write_probed(states, found, rows)

    def _results(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Every figure, and what it is of."""
        from handeye.reading import read_json
        from handeye.states.parts import read_record
        from handeye.states.results import results

        found: dict[str, Any] = {}
        for name in record["parts"]:
            states = self.out / name / "states"
            probe, adjust = results(states)
            held = read_record(states)
            found[name] = {
                "model": held.settings,
                "captured": {"items": held.items, "clips": held.clips, "failed": held.failed},
                "answers": read_json(self.out / name / "run" / "summary.json"),
                "probe": probe,
                "adjust": adjust,
            }
        told = {name: value for name, value in record.items() if name != "done"}
        done = record["done"].items()
        return {
            **told,
            "seconds": {name: one["seconds"] for name, one in done},
            "left_out": {name: one["left_out"] for name, one in done if "left_out" in one},
            "suites": found,
        }

    def _write(self, name: str, told: Mapping[str, Any]) -> None:
        import msgspec

        from handeye.atomic import write_bytes

        self.out.mkdir(parents=True, exist_ok=True)
        write_bytes(
            self.out / name, msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"
        )


@dataclass(frozen=True)
class _Timed(Capture):
    """A capture of a few items that notes how many there would be."""

    total: list[int] = field(default_factory=list)

    def carry_out(self, job: Any, show: Callable[[Path], object]) -> None:
        self.total.append(len(job.questions))
        super().carry_out(job, show)

    def told(self, record: Any) -> None:
        pass


def _suites() -> list[Suite]:
    return [one for one in all_suites() if one.probed is not None and one.generate is not None]


def _probed(suite: Suite) -> Any:
    assert suite.probed is not None
    return suite.probed()


def _scene(name: str) -> str:
    return next(one.scene for one in all_suites() if one.name == name)


def _generate(suite: Suite, fixed: Fixed, data: Path, count: int, seed: int) -> None:
    from handeye.progress import counting

    assert suite.generate is not None
    with counting(suite.scene) as progress:
        suite.generate(
            data, seed=seed, **{suite.scene: count}, **fixed.made, progress=progress
        )  # fmt: skip


def _scored(suite: Suite, model: str, data: Path, states: Path, run: Path) -> None:
    """The answers that were written while states were captured, scored as those of a run."""
    import json

    from handeye.states.store import open_store

    store = open_store(states)
    ids: Sequence[str] = store.item_ids
    with TemporaryDirectory() as folder:
        file = Path(folder, "predictions.jsonl")
        rows = (
            {"item_id": one, "raw_text": text, "model": model}
            for one, text in zip(ids, store.answers(ids), strict=True)
        )
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        suite.score_files(file, data, run, item_ids=ids)


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("handeye", "numpy", "scipy", "torch", "transformers"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _clock(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.2g} seconds"


app.command("gap", cls=Command)(framed(gap))
