"""``handeye states``: what a model on this machine holds inside while it is asked about a set."""

from __future__ import annotations

import inspect
import json as json_
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.cli.grammar import Command, Group, framed
from handeye.errors import DataError, HandeyeError, OptionError, RunError
from handeye.printing import say, tell
from handeye.progress import hushed
from handeye.suite import Suite
from handeye.suites import all_suites
from handeye.terminal.options import STDOUT, EveryLine, Json, one_of, put_json, say_next
from handeye.terminal.run_options import Run, asked_as

if TYPE_CHECKING:
    from inspect_ai.model import GenerateConfig

    from handeye.run.job import Job
    from handeye.states.capture import Watched
    from handeye.states.parts import Record
    from handeye.states.regions import Evidence
    from handeye.states.store import Store
    from handeye.states.targets import Target

app = typer.Typer(
    help=r"Look into a local model (needs handeye\[states] and \[local]).",
    no_args_is_help=True,
)
_CAPTURE = """Take the hidden states of a model on this machine while it is asked about a set.

Stopped at any moment and called again with the same options, it goes on where it was.

Example: handeye states capture {suite} --model handeye/hf -M path=DIR --data SET --out FOLDER
"""


@dataclass(frozen=True)
class Capture(Run):
    """A capture instead of a run; ``watch`` is told how many items are done, and of how many."""

    suite: Suite | None = None
    layers: str = "all"
    sites: str = "last,media"
    dtype: str = "float16"
    answers: bool = False
    given: Path | None = None
    limit: int | None = None
    media: bool = True
    watch: Callable[[int, int], None] = lambda done, total: None

    def carry_out(self, job: Job, show: Callable[[Path], object]) -> None:
        """Capture what the job asks.

        Raises:
            HandeyeError: as :func:`handeye.states.capture.capture`; no model that can be looked
                into, or a site that this suite does not have.
        """
        from handeye.progress import counting, parting
        from handeye.run.options import generation_config
        from handeye.states.parts import RECORD
        from handeye.states.results import TARGETS
        from handeye.states.targets import write_targets
        from handeye.states.wanted import Wanted, words_alone

        targets = self._targets(job)
        at = self._at(targets)
        wanted = Wanted(layers=self.layers, dtype=self.dtype, answers=self.answers, **at)
        watched = _watched(job, job.asking.sends if self.media else ())
        from handeye.states.capture import capture  # needs what the model was found to need

        questions = job.questions[: self.limit]
        settings = _settings(job)
        if not self.media:
            questions = [words_alone(one) for one in questions]
            settings["asked"] = {**settings.get("asked", {}), "ablation": "without media"}
        where: dict[str, int] = {"done": 0}

        def noted() -> None:
            # As soon as something is captured, so that it can be read whatever stops this.
            told, place = self.out / RECORD, self.out / TARGETS
            if targets is not None and told.is_file() and "targets" not in where:
                write_targets(place, targets)
                where["targets"] = len(targets)

        def stopped() -> str:
            return (
                f"stopped after {where['done']} of {len(questions)} items; what was captured is in "
                f"{self.out}, and the same command goes on there"
            )

        with parting.owed(stopped), counting("captured items") as shown:

            def progress(done: int, total: int) -> None:
                where["done"] = done
                noted()
                self.watch(done, total)
                shown(done, total)

            try:
                record = capture(
                    watched,
                    questions,
                    self.out,
                    wanted,
                    config=generation_config(job.options.generation),
                    settings=settings,
                    progress=progress,
                )
            finally:
                noted()
        self.told(record)

    def told(self, record: Record) -> None:
        """Say what was captured."""
        if not put_json(self.json, json_.dumps(_plain(record), indent=1)):
            _tell(record, self.out)

    def _targets(self, job: Job) -> list[Target] | None:
        """What the suite asks of the states of its items; None where it asks nothing."""
        if self.suite is None or self.suite.probed is None:
            return None
        return list(self.suite.probed().targets(job.items, job.asking))

    def _at(self, targets: Sequence[Target] | None) -> dict[str, Any]:
        """Sites, and what they need of the suite's targets or of given answers."""
        from handeye.states.wanted import ANSWER, GRID, MEDIA, SPAN, TARGETS, asked_by

        sites = tuple(filter(None, (one.strip() for one in self.sites.split(","))))
        if not self.media:
            sites = tuple(one for one in sites if one not in (MEDIA, GRID))
        by_targets = tuple(filter(None, (TARGETS, SPAN, "" if self.given else ANSWER)))
        needed = any(one.startswith(by_targets) for one in sites)
        if needed and targets is None:
            assert self.suite is not None
            raise OptionError(
                f"{self.suite.title} names no pieces of text and no answers: there is no site "
                "targets or span:NAME, and answer:K needs --given FILE|RUN"
            )
        found = asked_by(targets or () if needed else (), sites)
        answered = any(one.startswith(ANSWER) for one in found["sites"])
        if self.given is None and answered and not found["forced"]:
            raise OptionError("no target of this set has an answer: answer:K needs --given")
        if self.given is None:
            return found
        if not answered:
            raise OptionError("--given is for sites answer:K; name some (--sites)")
        return {**found, "forced": _answers(self.given), "ends": {}}


def _answers(place: Path) -> dict[str, str]:
    """Answers by item, of a run or a file.

    Raises:
        DataError: it cannot be read, or a row has no id and text.
    """
    from handeye.sets.table_rows import read_rows

    found: dict[str, str] = {}
    for row in read_rows(place / "predictions.jsonl" if place.is_dir() else place):
        item, text = row.values.get("item_id"), row.values.get("raw_text")
        if not isinstance(item, str) or not isinstance(text, str | None):
            raise DataError(f"{row.where}: has no item_id and raw_text, both texts")
        found[item] = text or ""
    return found


_OURS = "handeye/hf -M path=DIR, or another local model of ours (handeye models)"


def refuse_unseen(model: str) -> None:
    """Refuse a model that is not in this process.

    Raises:
        RunError: it is not.
    """
    if not model.startswith("handeye/"):
        raise RunError(
            f"{model} does not run in this process, so its inside cannot be seen: give {_OURS}"
        )


def watched(model: str, arguments: Mapping[str, Any], sends: Collection[str]) -> Watched:
    """The respondent behind a model's name, where it can be looked into.

    Args:
        model: its name.
        arguments: of it.
        sends: what requests hold beside words.

    Raises:
        RunError: it cannot; it does not take what is sent; or what it needs is not installed.
    """
    from handeye.run.asker import refuse_unsent
    from handeye.run.engine import resolve_model

    found = resolve_model(model, None, arguments)
    respondent: Any = getattr(found.api, "respondent", None)
    if not hasattr(respondent, "prepare"):
        raise RunError(f"{model} has no hidden states: give {_OURS}")
    refuse_unsent(found, sends)
    seen: Watched = respondent
    return seen


def _watched(job: Job, sends: Collection[str] | None = None) -> Watched:
    """The respondent of a job; errors are those of :func:`watched`."""
    sent = job.asking.sends if sends is None else sends
    return watched(job.options.model, job.options.model_args, sent)


# What a model's arguments say of where and how fast it runs; its weights are told by their hash.
_CARRIED = ("path", "batch_size", "cache_bytes", "window", "device", "device_map", "choices")


def _settings(job: Job) -> dict[str, Any]:
    """What makes two captures ask the same of the same model."""
    import msgspec

    plan: dict[str, Any] = msgspec.to_builtins(job.plan)
    kept = ("suite", "model", "items_sha256", "asked", "config")
    arguments = {n: v for n, v in plan["model_args"].items() if n not in _CARRIED}
    return {**{name: plan[name] for name in kept if name in plan}, "model_args": arguments}


def _plain(record: Record) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(record)
    return told


def _tell(record: Record, out: Path) -> None:
    """Say what was captured, and what the check of the media found."""
    layers, sites = len(record.layers), ", ".join(record.sites)
    about = f" about {record.clips} clips" if record.clips else ""  # none where no media are kept
    say(
        f"{record.items} items{about}, {layers} layers of {record.width} "
        f"numbers ({record.dtype}) at {sites}: {out}"
    )
    found = record.checks.get("media_tokens", {})
    if found.get("result") == "not applicable":
        say(f"media tokens under different questions: not applicable ({found['why']})")
    elif found:
        between = found["between_clips"]
        apart = f", clips beside each other {between['smallest']:.2g}" if between["pairs"] else ""
        say(
            f"media tokens of {found['clips']} clips under two questions: {found['result']} "
            f"(largest relative difference {found['largest']:.1e}, up to {found['tolerance']:.0e} "
            f"is equal{apart})"
        )
    if record.failed:
        item, reason = next(iter(record.failed.items()))
        tell(f"warning: {len(record.failed)} items could not be captured; {item}: {reason}")


def _option(name: str, kind: Any, default: Any, told: str, **more: Any) -> inspect.Parameter:
    annotation = Annotated[kind, typer.Option(help=told, **more)]
    one = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, one, default=default, annotation=annotation)


def _made(
    suite: Suite,
    options: dict[str, Any],
    layers: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="all; second: every second; or some, such as embedding,0,5,final.",
            autocompletion=one_of(lambda: ("all", "second", "embedding", "final")),
        ),
    ] = "all",
    sites: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="last (token of the prompt), media (their mean), grid (each token of pictures), "
            "span:NAME (piece of text), answer:K (in a given answer); targets: all that the "
            "suite's targets are read at.",
            autocompletion=one_of(lambda: ("last", "media", "grid", "targets"), several=True),
        ),
    ] = "last,media",
    dtype: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of what is stored: float16 or float32.",
            autocompletion=one_of(lambda: ("float16", "float32")),
        ),
    ] = "float16",
    answers: Annotated[
        bool, typer.Option("--answers", help="Let the model write its own answer, too.")
    ] = False,
    given: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Answers for answer:K (default: the targets'), a line of JSON each with item_id "
            "and raw_text; or a run folder. K counts their tokens.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Only the first so many items.")
    ] = None,
    no_media: Annotated[
        bool,
        typer.Option(
            "--no-media",
            help="Ask in words alone, without pictures and sound: states to be probed beside "
            "those with them. Takes models of texts alone, too.",
        ),
    ] = False,
    json: Json = None,
) -> Capture:
    from handeye.errors import allowed, within
    from handeye.states.parts import DTYPES

    refuse_unseen(str(options["model"]))
    if dtype not in DTYPES:
        raise OptionError(f"--dtype is {dtype!r}{allowed(dtype, DTYPES)}")
    if limit is not None:
        within("--limit", limit, 1, 10**9)
    # Nothing is asked: of several runs in one command (frames) there is none to be made.
    return Capture(
        options, True, json, suite, layers, sites, dtype, answers, given, limit, not no_media
    )


def _captured(given: dict[str, Any]) -> None:
    say_next("states", "probe", given["out"])


OUT = _option("out", Path, inspect.Parameter.empty, "Folder of the states.", metavar="FOLDER")
_capturing = typer.Typer(help="Take hidden states over a set, into a folder.", no_args_is_help=True)
for suite in all_suites():
    made = asked_as(
        suite.run_command.get(), partial(_made, suite), OUT, _CAPTURE.format(suite=suite.name)
    )
    if made is not None:
        _capturing.command(suite.name, cls=Command)(framed(made, _captured))
app.add_typer(_capturing, name="capture", cls=Group)


# ---- what becomes of answers where states are changed

_CHECKS = """Change the states of a model while it is asked again, and see what its answers do.

Stopped at any moment and called again with the same options, it goes on where it was.

Example: handeye states causal {suite} --model handeye/hf -M path=DIR --data SET --out FOLDER
"""


@dataclass(frozen=True)
class Checks(Run):
    """Causal checks instead of a run, with directions of states that were captured."""

    suite: Suite | None = None
    layers: str | None = None
    sites: str = "all,media,text,last"
    along: str = "probe"
    size: float = 0.5
    directions: int = 16
    folds: int = 5
    seed: int = 0

    def carry_out(self, job: Job, show: Callable[[Path], object]) -> None:
        """Patch, steer and erase, and write what that does beside the states.

        Raises:
            HandeyeError: as :func:`handeye.states.causal.causal`; the states are of another model
                or of other questions, or nothing was read off them yet.
        """
        from handeye.atomic import held
        from handeye.progress import counting, parting
        from handeye.states.results import CAUSAL, causal_of, results, targets_of, write_causal
        from handeye.states.store import open_store

        store = open_store(self.out)
        _check_places(self.json, self.out / CAUSAL)
        targets = self._targets(targets_of(store), job)
        probe, _ = results(self.out)
        if probe is None:
            raise DataError(
                f"{self.out}: nothing is read off these states yet: handeye states probe {self.out}"
            )
        watched = _watched(job)
        from handeye.respondents.local.identity import digest, identity_of
        from handeye.states.causal import causal
        from handeye.states.parts import Pieces

        engine = watched.engine
        _refuse_others(store.record, job, identity_of(engine.loaded), self.out)
        options: dict[str, Any] = {
            "layers": self._where(probe),
            "sites": [] if self.sites == "none" else list(_names(self.sites)),
            "along": self.along,
            "size": self.size,
            "directions": self.directions,
            "folds": self.folds,
            "seed": self.seed,
            "batch_size": int(job.options.model_args.get("batch_size", 8)),
        }
        wanted = {one.item_id for one in targets}
        questions = [one for one in job.questions if one.item_id in wanted]
        # What was captured may have been captured anew since.
        told = [store.record.settings, options, sorted(wanted), [q.item_id for q in questions]]
        asked: dict[str, Any] = options | {
            "questions": len(questions),
            "check": digest([*told, _media(store)]),
        }
        known = None
        with suppress(DataError):  # one that cannot be read is made again
            known = causal_of(self.out)
        if known is None or known.get("asked") != asked:
            with (
                held(self.out),
                parting.owed(lambda: f"stopped; the same command goes on in {self.out}"),
                counting("questions asked again") as progress,
            ):
                config = _config(job)
                asks = {
                    one.item_id: watched.prepare(
                        one.write().messages, config.merge(one.config) if one.config else config
                    )[0]
                    for one in questions
                }
                piece = Pieces(self.out / f"causal-{asked['check'][:12]}")
                found = causal(
                    engine, asks, targets, states=store, progress=progress, piece=piece, **options
                )
                write_causal(store, asked, found)
                piece.clear()
        if not put_json(self.json, json_.dumps(causal_of(self.out), indent=1)):
            _show(self.out, ["causal"])

    def _targets(self, known: Sequence[Target], job: Job) -> list[Target]:
        """The premises that were captured; questions that were not are told, and left out.

        Raises:
            DataError: none can be rejected by a letter, or no question was captured.
        """
        from handeye.states.results import PREMISE

        assert self.suite is not None
        found = [one for one in known if one.target == PREMISE and one.roles]
        if not found:
            raise DataError(
                f"not applicable: {self.suite.title} was asked in a way in which no letter rejects "
                "a question, so what a change of states does to rejecting cannot be read"
            )
        there = {one.item_id for one in known}
        missing = [one.item_id for one in job.questions if one.item_id not in there]
        told = f"{len(missing)} of {len(job.questions)} questions were not captured"
        if missing and len(missing) == len(job.questions):
            raise DataError(
                f"{self.out}: {told}, such as {missing[0]}; give the set whose states these are"
            )
        if missing:
            tell(f"note: {told}, such as {missing[0]}; the others are asked again")
        return found

    def _where(self, probe: dict[str, Any]) -> list[str] | None:
        """Layers that are changed: those named, else those at which probes tell the premise."""
        from handeye.states.results import PREMISE

        if self.layers is not None:
            return None if self.layers == "all" else list(_layers(self.layers) or ())
        chosen = {
            choice["layer"]
            for one in probe["found"]
            if one["target"] == PREMISE and one["site"] == "last"
            for choice in one["choices"]
        }
        if not chosen:
            raise DataError(
                f"{self.out}: no probe reads the premise at the last token, so no layer is known "
                "to hold it: name some (--layers), or probe it (--target premise --sites last)"
            )
        return sorted(chosen)


def _refuse_others(record: Record, job: Job, identity: dict[str, str], out: Path) -> None:
    """Refuse states of another model, or of other questions.

    Raises:
        OptionError: names what differs.
    """
    same = {name: _settings(job)[name] for name in ("suite", "asked", "config")}
    for name, value in (same | identity).items():
        if record.settings.get(name) != value:
            raise OptionError(
                f"{out} holds states of another model or of other questions: {name} is "
                f"{record.settings.get(name)!r} there and {value!r} here"
            )


def _media(store: Store) -> list[str]:
    """What was shown, item by item."""
    rows = store.index.unique("item_id").sort("item_id")
    return [f"{item} {media}" for item, media in rows.select("item_id", "media_sha256").rows()]


def _config(job: Job) -> GenerateConfig:
    from handeye.run.options import generation_config

    return generation_config(job.options.generation)


def _checks(
    suite: Suite,
    options: dict[str, Any],
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Whose output is changed, such as 0,5,final, or all; default: those at which "
            "probes tell the premise.",
        ),
    ] = None,
    sites: Annotated[
        str,
        typer.Option(metavar="NAMES", help="Tokens that are patched; none: only steer and erase."),
    ] = "all,media,text,last",
    along: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What is steered along: probe, or means (the difference of the class means).",
            autocompletion=one_of(lambda: ("probe", "means")),
        ),
    ] = "probe",
    size: Annotated[
        float,
        typer.Option(metavar="N", help="Of a step, in root mean squares of the states' spread."),
    ] = 0.5,
    directions: Annotated[
        int,
        typer.Option(
            metavar="N", help="Random ones and those of flipped labels, each; 0: only patch."
        ),
    ] = 16,
    folds: Annotated[
        int, typer.Option(metavar="N", help="Outer folds of whole families or scenes.")
    ] = 5,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Of folds, draws and resamples.")] = 0,
    json: Json = None,
) -> Checks:
    if missing := [name for name in ("torch", "transformers") if not find_spec(name)]:
        raise RunError(
            f"causal checks need {' and '.join(missing)}; install them with: "
            "pip install 'handeye[causal]'"
        )
    refuse_unseen(str(options["model"]))
    return Checks(options, True, json, suite, layers, sites, along, size, directions, folds, seed)


_STATES = _option(
    "out", Path, inspect.Parameter.empty, "Folder of the states that were probed.", metavar="FOLDER"
)
_checking = typer.Typer(
    help=r"Change states and see what answers do (needs handeye\[causal]).", no_args_is_help=True
)
for suite in all_suites():
    made = asked_as(
        suite.run_command.get(), partial(_checks, suite), _STATES, _CHECKS.format(suite=suite.name)
    )
    if made is not None:
        _checking.command(suite.name, cls=Command)(framed(made))
app.add_typer(_checking, name="causal", cls=Group)


# ---- where it looks

_LOOKS = """Say how much attention lies on the evidence, and what greying that does to the answer.

Stopped at any moment and called again with the same options, it goes on where it was.

Example: handeye states attention {suite} --model handeye/hf -M path=DIR -M attention=eager \
--data SET --out FOLDER
"""


@dataclass(frozen=True)
class Attending(Run):
    """Attention to the evidence instead of a run."""

    suite: Suite | None = None
    limit: int | None = None
    seed: int = 0

    def carry_out(self, job: Job, show: Callable[[Path], object]) -> None:
        """Look at the attention of the model, and write what was found.

        Raises:
            HandeyeError: as :func:`handeye.states.attention.attend`; the suite does not say where
                evidence lies, or the folder holds states of another model or of other questions.
        """
        from handeye.atomic import held
        from handeye.progress import counting, parting
        from handeye.states.parts import RECORD, read_record
        from handeye.states.results import ATTENTION, About, attention_of, write_attention

        _check_places(self.json, self.out / ATTENTION)
        evidence = self._evidence(job)
        watched = _watched(job)
        from handeye.respondents.local.identity import digest, identity_of, taught
        from handeye.states.attention import Case, attend
        from handeye.states.gaze import generic
        from handeye.states.parts import Pieces

        engine = watched.engine
        identity = identity_of(engine.loaded)
        if (self.out / RECORD).is_file():
            _refuse_others(read_record(self.out), job, identity, self.out)
        asked: dict[str, Any] = {
            **_settings(job), **identity, "seed": self.seed, "items": digest(list(evidence))
        }  # fmt: skip
        known = None
        with suppress(DataError):  # one that cannot be read is made again
            known = attention_of(self.out)
        if known is None or known["asked"] != asked:
            self.out.mkdir(parents=True, exist_ok=True)
            with (
                held(self.out),
                parting.owed(lambda: f"stopped; the same command goes on in {self.out}"),
                counting("items looked at") as progress,
            ):
                config = _config(job)
                cases = []
                for one in job.questions:
                    if one.item_id not in evidence:
                        continue
                    own = config.merge(one.config) if one.config else config
                    messages = one.write().messages
                    asks = [watched.prepare(m, own)[0] for m in (messages, generic(messages))]
                    cases.append(Case(evidence[one.item_id], *asks))
                piece = Pieces(self.out / f"attention-{digest(asked)[:12]}")
                found = attend(engine, cases, seed=self.seed, progress=progress, piece=piece)
                said = {name: str(value) for name, value in (_settings(job) | identity).items()}
                about = About(
                    items=found.items,
                    clips=found.groups,
                    layers=len(found.heads),
                    sites=("last",),
                    media_tokens={},
                    **{n: said[n] for n in About.__struct_fields__ if n in said},
                )
                path = str(getattr(engine.loaded.model, "name_or_path", "") or "")
                write_attention(
                    self.out, about, asked, found, path=path, taught=taught(engine.loaded)
                )
                piece.clear()
        if not put_json(self.json, json_.dumps(attention_of(self.out), indent=1)):
            _show(self.out, ["attention"])

    def _evidence(self, job: Job) -> dict[str, Evidence]:
        """Where the evidence of the items that are asked lies, by item.

        Raises:
            DataError: it is known of none.
        """
        assert self.suite is not None
        tell_of = getattr(self.suite.probed() if self.suite.probed else None, "evidence", None)
        wanted = {one.item_id for one in job.questions[: self.limit]}
        every = tell_of(job.items, job.asking) if tell_of is not None else ()
        found = {one.item_id: one for one in every if one.item_id in wanted}
        if not found:
            raise DataError(
                f"not applicable: {self.suite.title} does not say where in a picture the evidence "
                f"for {'these' if tell_of is not None else 'its'} answers lies"
            )
        return found


def _attending(
    suite: Suite,
    options: dict[str, Any],
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Only the first so many items.")
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="SEED", help="Of control regions, resamples and exchanges.")
    ] = 0,
    json: Json = None,
) -> Attending:
    from handeye.errors import within

    refuse_unseen(str(options["model"]))
    if limit is not None:
        within("--limit", limit, 1, 10**9)
    return Attending(options, True, json, suite, limit, seed)


def _attended(given: dict[str, Any]) -> None:
    say_next("states", "show", given["out"], "--out", "attention.html")


_FOUND = _option(
    "out",
    Path,
    inspect.Parameter.empty,
    "Folder of what is found; may be that of the states.",
    metavar="FOLDER",
)
_looking = typer.Typer(
    help="Look at the attention to the evidence, and grey it.", no_args_is_help=True
)
for suite in all_suites():
    made = asked_as(
        suite.run_command.get(), partial(_attending, suite), _FOUND, _LOOKS.format(suite=suite.name)
    )
    if made is not None:
        _looking.command(suite.name, cls=Command)(framed(made, _attended))
app.add_typer(_looking, name="attention", cls=Group)


# ---- what is read off them

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Of captured states.")]
_Targets = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Own targets, .jsonl or .parquet, instead of the suite's."),
]
_Folds = Annotated[int, typer.Option(metavar="N", help="Outer folds of whole families or scenes.")]
_Seed = Annotated[int, typer.Option(metavar="SEED", help="Of folds, draws and resamples.")]


def probe(
    states: _Folder,
    target: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Of targets, or how they begin (detail); default: all."),
    ] = None,
    sites: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Some of those captured; default: all.")
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Read these alone; default: every second, then beside the best."
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="A scored run: what states hold of its answers that failed."
        ),
    ] = None,
    tokens: Annotated[
        str | None,
        typer.Option(metavar="ROWSxCOLS", help="How picture tokens lie, where in no square."),
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER",
            help="Further states of the same items as a control: 'without media', 'blank media', "
            "'swapped media', 'random weights', 'text model', 'no question'; may be given several "
            "times.",
        ),
    ] = None,
    meaning: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What compares sentences, for the control by meaning; none: leave it out.",
        ),
    ] = "all-MiniLM-L6-v2",
    targets: _Targets = None,
    folds: _Folds = 5,
    flips: Annotated[
        int, typer.Option(metavar="N", help="Draws of the null of each probe; 0: none.")
    ] = 200,
    seed: _Seed = 0,
    again: Annotated[
        bool,
        typer.Option("--again", help="Put less in the place of what was found there before."),
    ] = False,
    json: Json = None,
) -> None:
    """Read off captured states what they hold, and where that is lost on the way to the answer.

    Example: handeye states probe STATES
    """
    from msgspec.structs import replace

    from handeye.atomic import held
    from handeye.errors import LARGEST_SEED, within
    from handeye.progress import parting
    from handeye.states.analysis import probed
    from handeye.states.parts import Pieces
    from handeye.states.results import PROBE, ROWS, refuse_narrower, targets_of, write_probed

    within("--flips", flips, 0, 10**6)
    within("--folds", folds, 3, LARGEST_SEED)
    store = _opened(states)
    _check_places(json, states / PROBE, states / ROWS)
    asked = targets_of(store, targets, tell)
    actions, of_run = _actions(store.record.settings.get("suite"), run)
    choice: dict[str, Any] = {
        "names": _names(target),
        "sites": _names(sites),
        "layers": _layers(layers),
        "actions": actions,
        "beside": _beside(beside or ()),
        "flips": flips,
    }
    shape, embed = shape_of(tokens), _embed(meaning)
    how = [folds, flips, seed, choice["layers"], shape, None if embed is None else meaning]
    piece = Pieces(states / f"probe-{_same_work(store, asked, choice['beside'], how)}")
    # Held from the question what is there until it is replaced; a capture may go on meanwhile.
    with held(states / PROBE, file=True, chosen=False):
        if not again:
            refuse_narrower(states, asked, **choice, own=str(targets or ""))
        stopped = f"stopped; the same command goes on in {states}"
        with parting.owed(lambda: stopped), telling() as progress:
            found, rows = probed(
                store,
                asked,
                **choice,
                embed=embed,
                tokens=shape,
                folds=folds,
                seed=seed,
                progress=progress,
                piece=piece,
            )
        write_probed(states, replace(found, run=of_run, targets=str(targets or "")), rows)
        # Those of other options that were killed, too.
        for left in states.glob(f"probe-{12 * '[0-9a-f]'}/"):
            Pieces(left).clear()
    if not put_json(json, (states / PROBE).read_bytes()):
        _show(states)


def _same_work(
    store: Store, targets: Sequence[Target], beside: Mapping[str, Store], how: Sequence[object]
) -> str:
    """What tells the probing of a folder from another: what is read, what is asked, and how."""
    from hashlib import sha256

    import msgspec

    from handeye import __version__
    from handeye.states.parts import PARTS

    read = {
        name: [
            one.record.settings,
            one.record.checks,
            sorted(
                (part.name, part.stat().st_size, part.stat().st_mtime_ns)
                for part in (one.folder / PARTS).iterdir()
            ),
        ]
        for name, one in {"": store, **beside}.items()
    }
    told = msgspec.json.encode([__version__, read, targets, how], order="deterministic")
    return sha256(told).hexdigest()[:12]


def adjust(
    states: _Folder,
    alpha: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Of right standard answers: how many may be lost."),
    ] = 0.03,
    confidence: Annotated[
        float, typer.Option(metavar="SHARE", help="Of draws of families in which that holds.")
    ] = 0.95,
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="That PGLA reads; default: our adjuster's.")
    ] = None,
    targets: _Targets = None,
    folds: _Folds = 5,
    seed: _Seed = 0,
    again: Annotated[
        bool,
        typer.Option("--again", help="Put this in the place of an adjuster of other settings."),
    ] = False,
    json: Json = None,
) -> None:
    """Adjust letters by what states hold: PGLA and our adjuster, beside their ablations.

    An adjuster of some 250 families opens its gate; of fewer it may stay shut, which is said.

    Example: handeye states adjust STATES --alpha 0.03
    """
    from msgspec.structs import replace

    from handeye.atomic import held
    from handeye.errors import LARGEST_SEED, within
    from handeye.states.adjuster import check_shares
    from handeye.states.analysis import adjusted
    from handeye.states.results import (
        ADJUST,
        ADJUSTER,
        adjusted_already,
        adjusting_settings,
        targets_of,
        write_adjusted,
    )

    check_shares(**{"--alpha": alpha, "--confidence": confidence})
    within("--folds", folds, 2, LARGEST_SEED)
    store = _opened(states)
    _check_places(json, states / ADJUST, states / ADJUSTER)
    asked = targets_of(store, targets, tell)
    choice: dict[str, Any] = {
        "alpha": alpha, "level": confidence, "layer": layer, "folds": folds, "seed": seed
    }  # fmt: skip
    with held(states / ADJUST, file=True, chosen=False):
        wanted = adjusting_settings(store, asked, **choice)
        if not again and adjusted_already(store, wanted):
            tell(f"{states}: was adjusted so already; this is what was found (--again: once more)")
        else:
            with telling() as progress:
                found, made = adjusted(store, asked, **choice, progress=progress)
            write_adjusted(states, replace(found, targets=str(targets or "")), made)
    if not put_json(json, (states / ADJUST).read_bytes()):
        _show(states, ["adjust"])


def show(
    states: _Folder,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an HTML page with charts.")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Where the run that was probed with lies, if it was moved: for pictures.",
        ),
    ] = None,
    every_line: EveryLine = False,
    json: Json = None,
) -> None:
    """Show what was read off captured states, or write the page about it.

    Example: handeye states show STATES --out states.html
    """
    if out is not None:  # before anything is printed: a reader may go away
        from handeye.states.page import write_page

        write_page(states, out, _pictures(states, run), _groups(states))
    if json is not None:
        from handeye.states.results import attention_of, causal_of, results

        found, adjusted = results(states)
        told = {
            "probe": found,
            "adjust": adjusted,
            "causal": causal_of(states),
            "attention": attention_of(states),
        }
        if put_json(json, json_.dumps(told, indent=1)):
            return
    _show(states, every_line=every_line)
    if out is not None:
        say(f"written to {out}")


def _pictures(states: Path, run: Path | None) -> Any:
    """The pictures of the run whose answers stand beside the states, where it is at hand."""
    from handeye.report.states import pictures
    from handeye.states.results import results

    probe, _ = results(states)
    known = ((probe or {}).get("run") or {}).get("path")
    suite = (probe or {}).get("states", {}).get("suite")
    for one in all_suites():
        if one.name == suite and run is not None:
            return pictures(one, one.open_run(run))
        if one.name == suite and known:
            try:
                return pictures(one, one.open_run(Path(known)))
            except (HandeyeError, OSError) as error:
                tell(
                    f"note: the page has no pictures of the run that was probed with ({error}); "
                    "say where it lies with --run RUN"
                )
    return None


def _groups(states: Path) -> str:
    """What the suite of a folder calls what is resampled together."""
    from handeye.states.parts import RECORD, read_record
    from handeye.states.results import attention_of
    from handeye.states.tables import GROUPS

    if (states / RECORD).is_file():
        suite = read_record(states).settings.get("suite")
    else:  # attention needs no states
        suite = (attention_of(states) or {}).get("states", {}).get("suite")
    return next((one.scene for one in all_suites() if one.name == suite), GROUPS)


_EVERY = ("probe", "adjust", "causal", "attention")


def _show(states: Path, only: Sequence[str] = _EVERY, *, every_line: bool = False) -> None:
    """Print the tables of what was found, by the commands that are named.

    Raises:
        DataError: nothing was captured or found there.
    """
    from handeye.states.parts import RECORD, read_record
    from handeye.states.results import attention_of, causal_of, results
    from handeye.states.tables import (
        asked_words,
        attention_alarms,
        attention_sentences,
        attention_tables,
        causal_tables,
        sentences,
        tables,
        taught_words,
    )
    from handeye.terminal.console import Console
    from handeye.terminal.tables import print_table, say as say_line

    attended = attention_of(states)
    # Attention can be looked at without states.
    record = None if attended and not (states / RECORD).is_file() else read_record(states)
    probed, adjusted = results(states)
    changed = causal_of(states)
    if record is not None and not any((probed, adjusted, changed, attended)):
        raise DataError(
            f"{states}: {record.items} items are captured, and nothing is read off them yet: "
            f"handeye states probe {states}"
        )
    console = Console()
    found = (probed if "probe" in only else None) or {}
    groups = _groups(states)
    adjusted = adjusted if "adjust" in only else None
    shown = tables(found, adjusted, groups, every_line=every_line)
    shown += causal_tables(changed if "causal" in only else None, groups)
    attended = attended if "attention" in only else None
    shown += attention_tables(attended, every_line=every_line)
    said = [
        *asked_words(found, adjusted),
        *sentences(found),
        *attention_sentences(attended),
    ]
    alarms = [one for entry in found.get("controls", ()) for one in entry["alarms"]]
    alarms = [f"{one['level']}: {one['name']}: {one['said']}" for one in alarms]
    alarms += attention_alarms(attended)
    left_out = found.get("left_out", {})
    no_chain = found.get("no_chain", {})
    for text in said:
        say_line(console, text)
    told = record.info.get("taught") if record is not None else (attended or {}).get("taught")
    if words := taught_words(told or {}):
        say_line(console, words, "yellow")
    for stratum, why in no_chain.items():
        say_line(console, f"no chain{f' of {stratum}' if stratum else ''}: {why}", "yellow")
    for table in shown:
        console.print()
        print_table(console, table, caption=table.note)
        if legend := table.measured.legend:
            say_line(console, legend, "dim")
    for text in alarms:
        say_line(console, text, "yellow")
    for text in (attended or {}).get("caveats", ()):
        say_line(console, f"· {text}", "dim")
    if left_out:
        name, why = next(iter(left_out.items()))
        say_line(console, f"left out: {len(left_out)}, such as {name}: {why}")


def _check_places(json: str | None, *places: Path) -> None:
    """Refuse places that cannot be written, that of ``--json`` too, before the work for them."""
    from handeye.atomic import check_places

    check_places(None if json in (None, STDOUT) else Path(str(json)), *places)


def _opened(folder: Path) -> Store:
    """The states of a folder; how many, where their capture is not finished.

    Raises:
        DataError: as :func:`handeye.states.store.open_store`.
    """
    from handeye.states.store import open_store

    store = open_store(folder)
    there, asked = len(store.item_ids), int(store.record.info.get("asked", 0))
    if there + len(store.record.failed) < asked:
        tell(
            f"note: {there:,} of {asked:,} items are captured, and these are read (the capture "
            "goes on with the same command)"
        )
    return store


@contextmanager
def telling() -> Iterator[Callable[[str, int, int], None]]:
    """Give what shows how far each piece of work is."""
    from handeye.progress import counting

    with ExitStack() as stack:
        bars: dict[str, Callable[[int, int], None]] = {}

        def tell_of(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = stack.enter_context(counting(what))
            bars[what](done, total)

        yield tell_of


def _beside(given: Sequence[str]) -> dict[str, Any]:
    """Stores by name.

    Raises:
        OptionError: a value without a name or a folder.
        DataError: a folder holds no states.
    """
    from handeye.states.store import open_store

    found = {}
    for one in given:
        name, _, folder = one.partition("=")
        if not name.strip() or not folder:
            raise OptionError(f"--beside is {one!r}; it must be a name, =, and a folder of states")
        if name.strip() in found:
            raise OptionError(f"--beside names {name.strip()!r} twice")
        found[name.strip()] = open_store(folder)
    return found


def _embed(name: str) -> Callable[[Sequence[str]], Any] | None:
    """What turns sentences into vectors; None where it is to be left out, or is not installed."""
    from handeye.scores.embedder import MINILM, load_embedder

    if name == "none":
        return None
    try:
        return load_embedder(name).encode
    except RunError as error:
        if name != MINILM:
            raise
        tell(f"note: no control by the meaning of words: {error}")
        return None


def _layers(given: str | None) -> tuple[str, ...] | None:
    """Layers by name or number of a block; None: it is left to the search.

    Raises:
        OptionError: none is named.
    """
    if given is None:
        return None
    named = _names(given)
    if not named:
        raise OptionError("no layer is named; give some, such as embedding,0,final")
    return tuple(f"block.{int(one):02d}" if one.isdecimal() else one for one in named)


def _names(given: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (one.strip() for one in (given or "").split(","))))


def shape_of(given: str | None) -> tuple[int, int] | None:
    """Rows and columns of picture tokens from ``--tokens``.

    Raises:
        OptionError: it is no such thing.
    """
    if given is None:
        return None
    parts = given.lower().split("x")
    if len(parts) != 2 or not all(one.isdecimal() and int(one) for one in parts):
        raise OptionError(f"--tokens is {given!r}; it must be rows and columns, such as 12x16")
    return int(parts[0]), int(parts[1])


def _actions(name: object, run: Path | None) -> tuple[list[Any], Any]:
    """What the answers of a run did, in the words of the suite that the states are of; which run.

    Raises:
        OptionError: the suite has no cells, or is not here.
    """
    from handeye.report.states import told_of

    if run is None:
        return [], None
    for one in all_suites():
        probed = one.probed() if one.name == name and one.probed is not None else None
        if probed is not None:
            opened = one.open_run(run)
            if found := list(probed.actions(opened)):
                return found, told_of(opened)
    raise OptionError(f"--run: no suite {name!r} here says what answers did about cells")


def _next(given: dict[str, Any]) -> None:
    """Say what comes after probing, adjusting and showing: what is not there yet, then the page."""
    from handeye.states.results import results

    states, out = given["states"], given.get("out")
    found, adjusted = results(states)
    if out is not None:
        if not hushed():
            tell(f"next: open {out} in a browser")
    elif found and found.get("knows_says") and adjusted is None:
        say_next("states", "adjust", states)
    else:
        say_next("states", "show", states, "--out", "states.html")


for command in (probe, adjust, show):
    app.command(command.__name__, cls=Command)(framed(command, _next))
