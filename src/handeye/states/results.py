"""What a folder of captured states holds of what was found in them: written, and read back.

    FOLDER/targets.parquet   what its suite asks of the states; written when they are captured
    FOLDER/probe.json        probes with their controls, the chain, who knows and does not say
    FOLDER/probe.parquet     a held-out logit a row
    FOLDER/adjust.json       what adjusting letters gains and costs, beside its ablations
    FOLDER/adjuster.json     an adjuster for ``handeye/hf -M adjuster=``
    FOLDER/causal.json       what changes of states do to answers
    FOLDER/attention.json    attention to the evidence; also in a folder without states

A file is replaced in one step, when all of it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import msgspec

from handeye.atomic import write_all
from handeye.errors import DataError, OptionError, RunError, did_you_mean, first_ten
from handeye.reading import read_json
from handeye.respondents.local.adjuster import Adjuster, Promise, read_adjuster
from handeye.run.plan import rows_sha256
from handeye.scores.estimate import Estimate
from handeye.states.acting import Acted, Action
from handeye.states.attention import Attention
from handeye.states.causal import Causal
from handeye.states.chain import Chain
from handeye.states.controls import Controlled
from handeye.states.probes import Figures
from handeye.states.store import States, Store
from handeye.states.targets import Target, read_targets

TARGETS, PROBE, ROWS = "targets.parquet", "probe.json", "probe.parquet"
ADJUST, ADJUSTER = "adjust.json", "adjuster.json"
CAUSAL, ATTENTION = "causal.json", "attention.json"
PREMISE, DETAIL = "premise", "detail"
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose states they are; of ``media_tokens`` what the check of the capture found."""

    items: int
    clips: int
    layers: int
    sites: tuple[str, ...]
    media_tokens: dict[str, Any]
    suite: str = ""
    model: str = ""
    family: str = ""
    checkpoint: str = ""
    items_sha256: str = ""

    @classmethod
    def of(cls, store: Store) -> About:
        """What the record of a store says."""
        settings = {name: str(value) for name, value in store.record.settings.items()}
        return cls(
            items=len(store.item_ids),
            clips=store.record.clips,
            layers=len(store.layers),
            sites=store.sites,
            media_tokens=store.record.checks.get("media_tokens", {}),
            **{name: settings[name] for name in cls.__struct_fields__ if name in settings},
        )


# ---- probing


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """As :class:`handeye.states.measures.Selective`, with intervals.

    Of ``n`` questions; ``unknown`` more do not say which option is right, and count nowhere.
    """

    n: int
    unknown: int
    curve: tuple[tuple[Share, Share], ...]
    area: Estimate
    half: Estimate
    whole: Estimate
    best: Estimate
    gained: Estimate


class KnownSaid(msgspec.Struct, frozen=True, kw_only=True):
    """As :class:`handeye.states.measures.KnowsSays`, with intervals, of a stratum.

    Of ``n`` questions with a false premise; ``unanswered`` more have no letter for each role.
    ``selective`` is None where no question says which option is right.
    """

    stratum: str
    n: int
    unanswered: int
    both: Estimate
    knows: Estimate
    says: Estimate
    neither: Estimate
    by_chance: Estimate
    unsaid: Estimate
    selective: Risk | None


class Published(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Measures of others (:mod:`handeye.states.measures`), of a stratum, with intervals.

    Of ``questions``; ``pairs`` of them are false and have the sibling of which they are true.
    ``needs`` says what is wanted for the measures that are None.
    """

    stratum: str
    questions: int
    needs: dict[str, str]
    pairs: int = 0
    lad: Estimate | None = None
    noticed: Estimate | None = None
    cs: Estimate | None = None
    pleased: Estimate | None = None
    split: Estimate | None = None
    by_chance: Estimate | None = None
    beyond: Estimate | None = None
    vns: Estimate | None = None
    phi: Estimate | None = None


class OfRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run whose answers were set beside states: where it lay, SHA-256 of its predictions."""

    path: str
    predictions: str | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What ``probe.json`` holds.

    Attributes:
        states: whose.
        settings: folds, draws and seed.
        found: probes; ``left_out``: by name, why another could not be made.
        controls: beside the probes.
        chain: from seen to said; None where no question has letters, or none could be read.
        no_chain: by stratum of such questions, why it has no chain.
        said: a sentence of each stratum of the chain.
        knows_says: of each stratum whose questions have letters.
        published: measures of others, of each such stratum.
        accepted: ids of the false premises whose likeliest letter does not reject them.
        acting: what the states held of answers about cells.
        run: whose answers those were.
        targets: the file of own targets that were asked; empty: those of the suite.
    """

    states: About
    settings: dict[str, Any]
    found: tuple[Figures, ...]
    left_out: dict[str, str]
    controls: tuple[Controlled, ...]
    chain: Chain | None
    no_chain: dict[str, str] = {}
    said: tuple[str, ...]
    knows_says: tuple[KnownSaid, ...]
    published: tuple[Published, ...] = ()
    accepted: tuple[str, ...]
    acting: tuple[Acted, ...]
    run: OfRun | None = None
    targets: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What ``probe.parquet`` holds of a row of a probe; ``says``: above the cut of its fold."""

    target: str
    stratum: str
    site: str
    item_id: str
    label: int
    group: str
    fold: int
    logit: float
    says: bool


def targets_of(
    store: Store, path: Path | None = None, say: Callable[[str], None] | None = None
) -> list[Target]:
    """The targets of a store's items: those of its suite, or of a file.

    Args:
        store: of the states.
        path: of the file; None: what the suite asked when they were captured.
        say: told how many rows of a file are about other items, which are left out.

    Raises:
        DataError: there are none, or they are of other items.
        OptionError: the file has another ending.
    """
    place = path or store.folder / TARGETS
    if path is None and not place.is_file():
        raise DataError(
            f"{store.folder}: nothing says what is asked of these states ({TARGETS}): the capture "
            "was not finished (the same command goes on), or its suite has no targets; else give "
            "some (--targets FILE)"
        )
    there = set(store.item_ids)
    try:
        every = read_targets(place)
    except DataError as error:
        if path is not None:
            raise
        raise DataError(f"{error}; the command that captured the states writes it again") from None
    found = [one for one in every if one.item_id in there]
    if not found:
        raise DataError(
            f"{place}: none of its {len(every):,} targets is about one of the {len(there):,} items "
            f"of {store.folder}, such as {store.item_ids[0]}; the first is about {every[0].item_id}"
        )
    if path is not None and say is not None and (lost := len(every) - len(found)):
        strange = next(one.item_id for one in every if one.item_id not in there)
        say(
            f"{place}: {lost:,} of {len(every):,} targets are about items that were not captured, "
            f"such as {strange}, and are left out"
        )
    return found


def named_targets(targets: Sequence[Target], names: Sequence[str]) -> list[Target]:
    """Those of some names, or whose names begin so (``detail``); of none: all.

    Raises:
        OptionError: there is no such target.
    """
    known = dict.fromkeys(one.target for one in targets)
    families = dict.fromkeys(name.partition(":")[0] for name in known)
    for name in names:
        if name not in known and name not in families:
            every = [*dict.fromkeys((*families, *known))]
            raise OptionError(
                f"target {name!r} is not there; there are: {first_ten(every)}"
                f"{did_you_mean(name, every)}"
            )
    if not names:
        return list(targets)
    return [one for one in targets if {one.target, one.target.partition(":")[0]} & set(names)]


def refuse_narrower(
    folder: Path,
    targets: Sequence[Target],
    *,
    names: Sequence[str],
    sites: Sequence[str],
    layers: Sequence[str] | None,
    actions: Sequence[Action],
    beside: Mapping[str, States],
    flips: int,
    own: str = "",
) -> None:
    """Refuse to put less in the place of what was found in a folder before.

    Args:
        folder: of the states.
        targets: of its items.
        names: as of :func:`probed`, and so are the others.
        sites: see there; empty: all.
        layers: see there.
        actions: see there.
        beside: see there.
        flips: see there.
        own: the file of own targets; empty: those of the suite.

    Raises:
        RunError: says what would be lost.
        DataError: what was found cannot be read.
    """
    before, _ = results(folder)
    if before is None:
        return
    asked = {
        (one.target, site) for one in named_targets(targets, names) for site in sites or one.sites
    }
    found = before["found"]
    lost = [f"{a} at {b}" for a, b in dict.fromkeys((one["target"], one["site"]) for one in found)
            if (a, b) not in asked]  # fmt: skip
    if layers is not None:
        read = dict.fromkeys(point["layer"] for one in found for point in one["curve"])
        lost += [f"layer {one}" for one in read if one not in layers]
    lost += [one for one in before["settings"].get("beside", ()) if one not in beside]
    if before["acting"] and not actions:
        lost.append("what was held of a run's answers (--run)")
    if before["targets"] != own:
        lost.append(f"what was asked by {before['targets'] or 'the targets of the suite'}")
    draws = max((one["null"]["draws"] for one in found if one["null"]), default=0)
    if flips < draws:
        lost.append(f"nulls of {draws} draws")
    if lost:
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        raise RunError(
            f"{folder}: {PROBE} holds more than this would: {', '.join(lost[:3])}{more}; nothing "
            "was changed. Repeat the options of that probe, or put this in its place (--again)"
        )


def _impossible(found: Found) -> Iterator[str]:
    """Where what a file tells cannot have been measured, by the name of the figure."""
    shares: list[tuple[str, Estimate]] = []
    for probe in found.found:
        where = f"{probe.target} {probe.stratum} at {probe.site}".replace("  ", " ")
        shares += [
            (f"{where}: auroc", probe.auroc),
            (f"{where}: balanced_accuracy", probe.balanced_accuracy),
            *((f"{where}: auroc of {point.layer}", point.auroc) for point in probe.curve),
            *((f"{where}: auroc of {kind}", own) for kind, own in probe.kinds.items()),
        ]
        if not 0 <= probe.positive <= probe.n or not 0 <= probe.groups <= probe.n:
            yield (
                f"{where}: {probe.positive} positive rows and {probe.groups} groups of {probe.n} "
                "rows"
            )
    for entry in found.controls:
        where = f"{entry.target} {entry.stratum} at {entry.site}".replace("  ", " ")
        shares += [(f"{where}: auroc of {one.name}", one.auroc) for one in entry.controls]
    for way in found.chain.ways if found.chain else ():
        shares += [(f"chain {way.stratum}: {level.key}", level.balanced) for level in way.levels]
    for name, one in shares:
        # Not to the last digit: sums of shares are rounded, those of earlier versions above 1.
        if one.value is not None and not -1e-9 <= one.value <= 1 + 1e-9:
            yield f"{name} is {one.value:g}, and lies in 0..1"
        if one.n < 0:
            yield f"{name} is of {one.n} rows"


def write_probed(folder: Path, found: Found, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what :func:`probed` found, both files or none.

    Raises:
        OSError: they cannot be written.
    """
    import polars as pl

    table = BytesIO()
    pl.DataFrame(rows).write_parquet(table)
    write_all({folder / PROBE: _json(found), folder / ROWS: table.getvalue()})


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


# ---- adjusting


class Accuracies(msgspec.Struct, frozen=True, kw_only=True):
    """As :class:`handeye.states.cases.Standing`, with intervals."""

    standard: Estimate
    misleading: Estimate
    balanced: Estimate


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """Accuracies in the mean over test folds; None where a cell has no question."""

    standard: Share | None
    misleading: Share | None
    balanced: Share | None


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """Over the best ablation."""

    balanced: Estimate


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """As :class:`handeye.states.ablations.Routing`, with intervals."""

    routed: Estimate
    letters: Estimate
    said: Estimate
    raw: Estimate


class Ours(msgspec.Struct, frozen=True, kw_only=True):
    """As :class:`handeye.states.ablations.Adjusted`, with intervals."""

    raw: Accuracies
    adjusted: Accuracies
    over_raw: Accuracies
    ablations: dict[str, Accuracies]
    gain: Gain
    routing: Routing
    best: str
    opened: dict[str, Share]
    gates: dict[str, tuple[float | None, ...]]
    reliability: tuple[tuple[Share, Share, int], ...]


class Ablation(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in the probe's place, chosen on other folds and on the test folds."""

    nested: Means
    on_test: Means


class Theirs(msgspec.Struct, frozen=True, kw_only=True):
    """As :class:`handeye.states.pgla.Pgla`, with intervals; ``front`` without its settings."""

    raw: Accuracies
    nested: Accuracies
    over_raw: Accuracies
    gain: Gain
    layer: str
    folds: Means
    on_test: Means
    optimism: float | None
    capped: dict[str, Means]
    ablations: dict[str, Ablation]
    best: str
    front: tuple[tuple[Share, Share], ...]
    weights: tuple[Share, Share]
    trained: int
    evaluated: int
    siblings: Share


class Gained(msgspec.Struct, frozen=True, kw_only=True):
    """What ``adjust.json`` holds.

    Attributes:
        states: whose.
        settings: see :func:`adjusting_settings`.
        gate, promise, layer: of the adjuster of the whole set.
        evaluated, families: numbers of questions and of families.
        ours, pgla: what our adjuster and the published one gain and cost.
        targets: the file of own targets that were asked; empty: those of the suite.
    """

    states: About
    settings: dict[str, Any]
    gate: float | None
    promise: Promise
    layer: str
    evaluated: int
    families: int
    ours: Ours
    pgla: Theirs
    targets: str = ""


def adjusting_settings(
    store: Store,
    targets: Sequence[Target],
    *,
    alpha: float,
    level: float,
    layer: str | None,
    folds: int,
    seed: int,
) -> dict[str, Any]:
    """What makes two adjustings the same: options, and the targets of the items that are there."""
    there = set(store.item_ids)
    return {
        "alpha": alpha, "level": level, "layer": layer, "folds": folds, "seed": seed,
        "targets": rows_sha256(one for one in targets if one.item_id in there),
    }  # fmt: skip


_OPTIONS = {"alpha": "--alpha", "level": "--confidence", "layer": "--layer", "folds": "--folds",
            "seed": "--seed"}  # fmt: skip


def adjusted_already(store: Store, wanted: Mapping[str, Any]) -> bool:
    """Whether a folder holds what is asked; an adjuster of other settings is not to be replaced.

    Of states that were captured since, all is made again.

    Args:
        store: of the states.
        wanted: by :func:`adjusting_settings`.

    Raises:
        RunError: says what is there, and how to keep or to replace it.
        DataError: what is there cannot be read.
    """
    folder = store.folder
    before = _adjusted(folder)
    if before is None:
        if (folder / ADJUSTER).is_file():
            raise _kept(folder, f"{ADJUSTER} is there, and no {ADJUST} says how it was made")
        return False
    known = before["settings"]
    # Files of before do not say which layer was asked for.
    if "layer" not in known and wanted["layer"] is not None:
        known = {**known, "layer": before["pgla"]["layer"]}
    other = [
        f"{option} {_shown(known[name])} there, {_shown(wanted[name])} here"
        for name, option in _OPTIONS.items()
        if name in known and known[name] != wanted[name]
    ]
    items, now = before["states"]["items"], len(store.item_ids)
    if not other and now < items:
        other = [f"{items:,} items there, {now:,} here"]
    if not other and now == items and known.get("targets", wanted["targets"]) != wanted["targets"]:
        other = ["other targets (--targets)"]
    if other:
        raise _kept(folder, f"{ADJUST} and {ADJUSTER} are of other settings: {'; '.join(other)}")
    same = About.of(store) == msgspec.convert(before["states"], About)
    if not same or "targets" not in known or now != items:
        return False
    with suppress(DataError):  # one that is gone or cannot be read is made again
        return bool(read_adjuster(folder / ADJUSTER).gate == before["gate"])
    return False


def _shown(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _kept(folder: Path, what: str) -> RunError:
    return RunError(
        f"{folder}: {what}; nothing was changed. Copy both files to another place to keep them; "
        "then put this in their place (--again)"
    )


def write_adjusted(folder: Path, found: Gained, made: Adjuster) -> None:
    """Write what :func:`adjusted` found and made, both files or none.

    Raises:
        OSError: they cannot be written.
    """
    write_all({folder / ADJUST: _json(found), folder / ADJUSTER: _json(made)})


# ---- reading back


def results(folder: Path) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What was found in a folder before, as plain values: of probes, of adjusting; None: not yet.

    Raises:
        DataError: a file cannot be read or is not as it was written, with the place in it.
    """
    return (
        _read(folder, PROBE, Found, f"probe {folder} --again"),
        _adjusted(folder),
    )


def _adjusted(folder: Path) -> dict[str, Any] | None:
    return _read(folder, ADJUST, Gained, f"adjust {folder} --again")


def rows_of(folder: Path, target: str, site: str) -> list[Row]:
    """The rows that a folder keeps of a probe, in their order; none where nothing was probed.

    Raises:
        DataError: the file cannot be read or is not as it was written.
    """
    import polars as pl

    path = folder / ROWS
    if not path.is_file():
        return []
    try:
        rows = pl.read_parquet(path).filter((pl.col("target") == target) & (pl.col("site") == site))
        return msgspec.convert(rows.to_dicts(), list[Row])
    except (pl.exceptions.PolarsError, OSError, msgspec.ValidationError) as error:
        raise DataError(
            f"{path}: cannot be read: {error}; make it again with: handeye states probe {folder} "
            "--again"
        ) from None


# ---- causal checks


class Changed(Causal, frozen=True, kw_only=True):
    """What ``causal.json`` holds: also whose states, and the options of the checks."""

    states: About
    asked: dict[str, Any]


def write_causal(store: Store, asked: Mapping[str, Any], found: Causal) -> None:
    """Write what changes of states did to answers.

    Args:
        store: of the states whose directions were tried.
        asked: the options, and what tells one check from another.
        found: what came out.

    Raises:
        OSError: it cannot be written.
    """
    values = {name: getattr(found, name) for name in Causal.__struct_fields__}
    told = Changed(states=About.of(store), asked=dict(asked), **values)
    write_all({store.folder / CAUSAL: _json(told)})


def causal_of(folder: Path) -> dict[str, Any] | None:
    """What changes of states did to answers, as plain values; None: not asked yet.

    Raises:
        DataError: the file cannot be read or is not as it was written.
    """
    return _read(folder, CAUSAL, Changed, f"causal SUITE --model ... --data ... --out {folder}")


# ---- attention


class Attended(Attention, frozen=True, kw_only=True):
    """What ``attention.json`` holds: also of which model, what was asked, and what was put there.

    Attributes:
        states: of the model and the set; there need be no states.
        asked: what tells one measurement from another.
        path: of the model's folder.
        taught: how a model of ours was supervised.
    """

    states: About
    asked: dict[str, Any]
    path: str = ""
    taught: dict[str, Any] = msgspec.field(default_factory=dict)


def write_attention(
    folder: Path,
    about: About,
    asked: Mapping[str, Any],
    found: Attention,
    *,
    path: str = "",
    taught: Mapping[str, Any] | None = None,
) -> None:
    """Write what attention lies on the evidence.

    Args:
        folder: made if absent.
        about: whose attention.
        asked: what tells one measurement from another.
        found: what came out.
        path: of the model's folder.
        taught: how the model was supervised.

    Raises:
        OSError: it cannot be written.
    """
    values = {name: getattr(found, name) for name in Attention.__struct_fields__}
    told = Attended(states=about, asked=dict(asked), path=path, taught=dict(taught or {}), **values)
    folder.mkdir(parents=True, exist_ok=True)
    write_all({folder / ATTENTION: _json(told)})


def attention_of(folder: Path) -> dict[str, Any] | None:
    """What attention lies on the evidence, as plain values; None: not asked yet.

    Raises:
        DataError: the file cannot be read or is not as it was written.
    """
    command = f"attention SUITE --model ... --data ... --out {folder}"
    return _read(folder, ATTENTION, Attended, command)


def _read(folder: Path, name: str, kind: type[Any], command: str) -> dict[str, Any] | None:
    if not (folder / name).is_file():
        return None
    try:
        read = read_json(folder / name, kind)
        if isinstance(read, Found) and (wrong := next(_impossible(read), None)):
            raise DataError(f"{folder / name}: cannot be read: {wrong}")
        found: dict[str, Any] = msgspec.to_builtins(read)
    except DataError as error:
        raise DataError(f"{error}; make it again with: handeye states {command}") from None
    return found
