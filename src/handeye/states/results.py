"""What is found in a folder of captured states: made, kept beside them, said in tables.

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

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np

from handeye.atomic import write_all
from handeye.errors import DataError, OptionError, RunError, allowed, within
from handeye.reading import read_json
from handeye.respondents.local.adjuster import Adjuster, Promise, shown_options
from handeye.scores.claims import sentence_of
from handeye.scores.estimate import Estimate
from handeye.states.ablations import adjust
from handeye.states.acting import Acted, Action, knows
from handeye.states.adjuster import fit_adjuster
from handeye.states.attention import Attention
from handeye.states.causal import Causal
from handeye.states.chain import Chain, chain
from handeye.states.controls import Controlled, Embed, controls
from handeye.states.figures import Bools, Floats
from handeye.states.folds import Ints
from handeye.states.measures import (
    knows_says,
    prior_harnessing,
    selective,
    split_beliefs,
    visual_necessity,
)
from handeye.states.pgla import Chosen, pgla
from handeye.states.premises import REJECTIONS, premises
from handeye.states.probes import Figures, Probe, Probed, probe
from handeye.states.readers import Reading, readings
from handeye.states.store import States, Store
from handeye.states.targets import Target, on_tokens, read_targets
from handeye.states.wanted import SPAN
from handeye.stats.intervals import Samples, estimates

TARGETS, PROBE, ROWS = "targets.parquet", "probe.json", "probe.parquet"
ADJUST, ADJUSTER = "adjust.json", "adjuster.json"
CAUSAL, ATTENTION = "causal.json", "attention.json"
PREMISE, DETAIL = "premise", "detail"
# States beside the own ones, by the names that ``--beside`` gives them.
UNSEEN, UNASKED = ("without media", "blank media"), "no question"
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
    every = read_targets(place)
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


def probed(
    store: Store,
    targets: Sequence[Target],
    *,
    names: Sequence[str] = (),
    sites: Sequence[str] = (),
    layers: Sequence[str] | None = None,
    actions: Sequence[Action] = (),
    beside: Mapping[str, States] | None = None,
    embed: Embed | None = None,
    tokens: tuple[int, int] | None = None,
    folds: int = 5,
    flips: int = 200,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Found, list[dict[str, Any]]]:
    """Everything that can be read off the states.

    Args:
        store: of the states.
        targets: of its items.
        names: of targets, or how they begin (``detail``); none: all.
        sites: of the store; none: all at which a target is asked.
        layers: to be read; None: every second, then those beside the best.
        actions: of a run over the same items, for what states hold of failed answers.
        beside: further states of the same items by name, as controls; ``no question``, of the same
            options without a question, is none and serves :func:`prior_harnessing` alone.
        embed: sentences to vectors, for a control that knows what words mean.
        tokens: rows and columns of picture tokens; None: as many of one as of the other.
        folds: outer folds.
        flips: draws of each null.
        seed: of folds, draws and resamples.
        progress: told what is done, and how far it is.

    Returns:
        What ``probe.json`` holds, and the rows of ``probe.parquet`` (:class:`Row`).

    Raises:
        DataError, OptionError: as :func:`handeye.states.probes.probe`; no such target or site.
    """
    chosen = _chosen(targets, names)
    # Of three, two are left to choose within: what the chain needs, before the work begins.
    if (groups := len({one.group for one in chosen})) < 3:
        raise DataError(
            f"these targets are of {groups} group{'s' * (groups > 1)} (families or scenes), and at "
            "least three are needed, so that two are left to choose from while one is held out"
        )
    within("folds", folds, 3, groups)
    within("flips", flips, 0, 10**6)
    for site in sites:
        if site not in store.sites:
            raise OptionError(f"no site {site!r} was captured{allowed(site, store.sites)}")
    # Before the long work: states beside may lack what is needed of them.
    for name, other in (beside or {}).items():
        _refuse_beside(name, other, store, chosen)
    published = list(_published(store, chosen, beside or {}, seed))
    others = {name: one for name, one in (beside or {}).items() if name != UNASKED}
    reading = _Reading(store, layers, tokens, folds, flips, seed, others, embed, progress)
    reading.read(chosen, sites or store.sites)
    settings = {"seed": seed, "folds": folds, "flips": flips, "beside": sorted(beside or ())}
    every = Probe(tuple(reading.found), reading.left_out, settings)
    whole, no_chain = _chains(store, chosen, sites, layers, folds, seed, progress)
    found = Found(
        states=About.of(store),
        settings=settings,
        found=tuple(one.figures for one in every.found),
        left_out=every.left_out,
        controls=tuple(reading.controls),
        chain=whole,
        no_chain=no_chain,
        said=tuple(sentence_of(way.claims) for way in whole.ways) if whole else (),
        knows_says=tuple(_knows_says(_premises(every), store, chosen, seed)),
        published=tuple(published),
        accepted=tuple(_accepted(store, chosen)),
        acting=tuple(_acting(store, targets, actions, tokens, seed)) if actions else (),
    )
    return found, [row for one in every.found for row in one.rows()]


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

    Raises:
        RunError: says what would be lost.
        DataError: what was found cannot be read.
    """
    before, _ = results(folder)
    if before is None:
        return
    asked = {(one.target, site) for one in _chosen(targets, names) for site in sites or one.sites}
    found = before["found"]
    lost = [f"{a} at {b}" for a, b in dict.fromkeys((one["target"], one["site"]) for one in found)
            if (a, b) not in asked]  # fmt: skip
    if layers is not None:
        read = dict.fromkeys(point["layer"] for one in found for point in one["curve"])
        lost += [f"layer {one}" for one in read if one not in layers]
    lost += [one for one in before["settings"].get("beside", ()) if one not in beside]
    if before["acting"] and not actions:
        lost.append("what was held of a run's answers (--run)")
    draws = max((one["null"]["draws"] for one in found if one["null"]), default=0)
    if flips < draws:
        lost.append(f"nulls of {draws} draws")
    if lost:
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        raise RunError(
            f"{folder}: {PROBE} holds more than this would: {', '.join(lost[:3])}{more}; nothing "
            "was changed. Repeat the options of that probe, or put this in its place (--again)"
        )


def _chosen(targets: Sequence[Target], names: Sequence[str]) -> list[Target]:
    known = dict.fromkeys(one.target for one in targets)
    families = dict.fromkeys(name.partition(":")[0] for name in known)
    for name in names:
        if name not in known and name not in families:
            raise OptionError(f"target {name!r} is not there{allowed(name, [*families, *known])}")
    if not names:
        return list(targets)
    return [one for one in targets if {one.target, one.target.partition(":")[0]} & set(names)]


@dataclass
class _Reading:
    """Probes and their controls, site by site."""

    store: Store
    layers: Sequence[str] | None
    tokens: tuple[int, int] | None
    folds: int
    flips: int
    seed: int
    beside: Mapping[str, States] | None
    embed: Embed | None
    progress: Callable[[str, int, int], None] | None
    found: list[Probed] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    controls: list[Controlled] = field(default_factory=list)

    def read(self, targets: Sequence[Target], sites: Sequence[str]) -> None:
        """Read what is asked at some sites.

        Raises:
            OptionError: nothing is asked there.
            DataError: nothing could be probed.
        """
        rows = {site: self._rows(targets, site) for site in sites}
        for site, asked in rows.items():
            if asked:
                self._read(asked, site)
        if not any(rows.values()):
            wanted = sorted({site for one in targets for site in one.sites})
            raise OptionError(
                f"nothing is asked at {', '.join(sites)}; these targets are asked at "
                f"{', '.join(wanted)}: capture those (--sites)"
            )
        if not self.found:
            name, why = next(iter(self.left_out.items()))
            raise DataError(f"nothing could be probed; {name}: {why}")

    def _rows(self, targets: Sequence[Target], site: str) -> list[Target]:
        having = set(self.store.having(site))
        rows = [one for one in targets if site in one.sites and one.item_id in having]
        if site != "grid":
            # One state says the same of every cell; cells are asked as queries (acting).
            return [one for one in rows if one.place is None]
        return on_tokens(rows, *token_shape(self.store, rows, self.tokens)) if rows else []

    def _read(self, rows: Sequence[Target], site: str) -> None:
        def told(done: int, total: int, left: float) -> None:
            if self.progress is not None:
                self.progress(f"probes at {site}", done, total)

        try:
            part = probe(
                self.store,
                rows,
                sites=[site],
                layers=self.layers,
                folds=self.folds,
                flips=self.flips,
                seed=self.seed,
                progress=told,
            )
        except DataError as error:
            self.left_out[f"all at {site}"] = str(error)
            return
        self.found += part.found
        self.left_out |= {f"{name} · {site}": why for name, why in part.left_out.items()}
        first = self.store.record.checks.get("media_tokens", {}).get("result") == "equal"
        self.controls += controls(
            self.store,
            rows,
            part,
            embed=self.embed,
            others=self.beside,
            media_first=first,
        ).found


def token_shape(
    store: Store, rows: Sequence[Target], tokens: tuple[int, int] | None
) -> tuple[int, int]:
    """Rows and columns of picture tokens."""
    (count,) = set(store.tokens("grid", [rows[0].item_id]))
    if tokens is not None:
        return tokens
    side = math.isqrt(count)
    if side * side != count:
        raise OptionError(
            f"a picture has {count} tokens, which is no square: say how they lie (--tokens 12x16)"
        )
    return side, side


def _chains(
    store: Store,
    targets: Sequence[Target],
    sites: Sequence[str],
    layers: Sequence[str] | None,
    folds: int,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
) -> tuple[Chain | None, dict[str, str]]:
    """The chain of questions with letters, if there is one; by stratum, why it has none."""
    strata: dict[str, list[Target]] = {}
    for one in _rejectable(targets) if "last" in store.sites else ():
        strata.setdefault(one.stratum, []).append(one)
    details = [one for one in targets if one.target.partition(":")[0] == DETAIL]
    seen = DETAIL if details and "media" in store.sites else ""
    done = 0

    def told(what: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(f"chain, {what}", done, done)

    found: list[Reading] = []
    missing: dict[str, str] = {}
    for stratum, rows in strata.items():
        # Of words that only some questions have, nothing could be said of the stratum.
        own = set(sites or store.sites).intersection(*(one.sites for one in rows))
        where = sorted(site for site in own if site.startswith(SPAN))
        try:
            found += readings(
                store,
                [*rows, *details],
                seen=seen,
                compared=where,
                layers=layers,
                folds=folds,
                seed=seed,
                progress=told,
            )
        except (DataError, OptionError) as error:
            missing[stratum] = str(error)
    return chain(found) if found else None, missing


def _rejectable(targets: Sequence[Target]) -> list[Target]:
    """Questions with letters, of the strata in which an option rejects, rightly or not.

    A true premise about both senses has no option that would be the one to reject it.
    """
    rows = [one for one in targets if one.target == PREMISE and one.roles]
    rejected = {one.stratum for one in rows if one.rejection >= 0}
    labels: dict[str, set[int]] = {}
    for one in rows:
        labels.setdefault(one.stratum, set()).add(one.label)
    return [one for one in rows if one.stratum in rejected and len(labels[one.stratum]) > 1]


def _premises(every: Probe) -> list[Probed]:
    return [one for one in every.found if one.target == PREMISE and one.site == "last"]


def _knows_says(
    found: Iterable[Probed], store: Store, targets: Sequence[Target], seed: int
) -> Iterator[KnownSaid]:
    """The fourfold table of each stratum: what the probe tells, and what the letters say."""
    by_id = {target.item_id: target for target in targets if target.target == PREMISE}
    for one in found:
        rows = [by_id[item] for item in one.item_ids]
        asked, answered = np.array([bool(row.roles) for row in rows]), _answered(store, rows)
        false = one.labels == 1
        if not (false & answered).any() or (false | ~answered).all():
            continue
        said, sureness = _said(store, [rows[k] for k in np.flatnonzero(answered)])
        groups = np.unique(one.groups, return_inverse=True)[1][answered]
        told = knows_says(
            one.says[answered], np.isin(said, REJECTIONS), false[answered], groups, seed=seed
        )
        right = np.array([row.right for row in rows])[answered]
        known = right >= 0
        risk = None
        if known.any():
            sure = selective(sureness[known], (said == right)[known], groups[known], seed=seed)
            risk = Risk(n=int(known.sum()), unknown=int((~known).sum()), **_figures(sure))
        yield KnownSaid(
            stratum=one.stratum,
            n=told.n,
            unanswered=int((false & asked & ~answered).sum()),
            selective=risk,
            **_figures(told),
        )


def _figures(found: Any) -> dict[str, Any]:
    """The fields of a dataclass but its numbers of rows, measured ones with their intervals."""
    names = [one.name for one in fields(found) if one.name != "n"]
    told = {name: getattr(found, name) for name in names}
    return {
        name: Estimate(**value) if isinstance(told[name], Samples) else value
        for name, value in estimates(told).items()
    }


def _published(
    store: Store, targets: Sequence[Target], beside: Mapping[str, States], seed: int
) -> Iterator[Published]:
    """Measures of others, stratum by stratum, as far as what they need is there.

    Raises:
        DataError: states beside the own ones lack an item or its letters.
    """
    strata: dict[str, list[Target]] = {}
    for one in targets:
        if one.target == PREMISE and one.roles:
            strata.setdefault(one.stratum, []).append(one)
    for name in {*UNSEEN, UNASKED} & set(beside):
        _refuse_other_order(name, beside[name], targets)
    for stratum, rows in strata.items():
        needs: dict[str, str] = {}
        told: dict[str, Any] = {"stratum": stratum, "questions": len(rows), "needs": needs}
        try:
            (own,) = premises(store, rows, seen="")
        except DataError as error:
            needs["LAD, CS, VNS and PHI"] = f"letters ({error})"
            yield Published(**told)
            continue
        groups = np.unique(own.group, return_inverse=True)[1]
        at = {item: place for place, item in enumerate(own.ids)}
        pairs = [
            (place, at[one.siblings["media"]])
            for place, one in enumerate(rows)
            if one.label and one.siblings.get("media") in at
        ]
        if pairs:
            false, true = np.array(pairs).T
            found = split_beliefs(own.s[false], own.s[true], groups[false], seed=seed)
            told["pairs"] = found.n
            told |= _figures(found)
        else:
            needs["LAD and CS"] = "siblings: the same words about a clip of which they are true"
        unseen = next((beside[name] for name in UNSEEN if name in beside), None)
        if unseen is None:
            needs["VNS"] = f"--beside '{UNSEEN[1]}=FOLDER' (captured with --blank both)"
            needs["PHI"] = "the same"
        else:
            (blind,) = premises(unseen, rows, seen="")
            depends = visual_necessity(own.letters, blind.letters, groups, seed=seed)
            told["vns"] = Estimate(**estimates(depends))
        if UNASKED not in beside:
            needs["PHI"] = needs.get("PHI", "") + (
                f"{', and ' if unseen is None else ''}--beside '{UNASKED}=FOLDER' (captured with "
                "--blank both --variant no-question)"
            )
        elif unseen is not None:
            (nothing,) = premises(beside[UNASKED], rows, seen="")
            right = np.array([one.right for one in rows])
            known = right >= 0
            if known.any():
                place = np.flatnonzero(known), right[known]
                asked, unasked = blind.letters[place], nothing.letters[place]
                harnessed = prior_harnessing(asked, unasked, groups[known], seed=seed)
                told["phi"] = Estimate(**estimates(harnessed))
            else:
                needs["PHI"] = "targets that say which option is right (right)"
        yield Published(**told)


_ASKED = {
    "without media": ("ablation", "without"),
    "blank media": ("ablation", "blank"),
    "swapped media": ("ablation", "swap"),
    UNASKED: ("variant", "no-question"),
}
"""What a capture says of how was asked, and how it begins, where its states may bear a name."""
OTHERS = (*_ASKED, "random weights", "text model")
"""What states beside the own ones may be called."""


def _refuse_beside(name: str, other: States, own: Store, targets: Sequence[Target]) -> None:
    """Refuse states that are not what they are called, as far as their capture tells.

    Raises:
        OptionError: no such name, the states themselves, or states of other questions or weights.
        DataError: an item was not captured there.
    """
    if name not in OTHERS:
        raise OptionError(f"--beside {name!r} is not known{allowed(name, OTHERS)}")
    if not isinstance(other, Store):
        return
    where = f"--beside {name}={other.folder}"
    if other.folder.resolve() == own.folder.resolve():
        raise OptionError(f"{where}: these are the states that are probed")
    ids = dict.fromkeys(one.item_id for one in targets)
    if missing := [item for item in ids if item not in set(other.item_ids)]:
        raise DataError(
            f"{where}: {len(missing)} of {len(ids)} items were not captured there, such as "
            f"{missing[0]}; capture the same set"
        )
    here, there = own.record.settings, other.record.settings
    if here.get("suite") != there.get("suite"):
        raise OptionError(f"{where}: is of {there.get('suite')}, and not of {here.get('suite')}")
    same = here.get("checkpoint") == there.get("checkpoint")
    if "checkpoint" in here and "checkpoint" in there and same != (name in _ASKED):
        raise OptionError(
            f"{where}: was captured of {'the same' if same else 'another'} checkpoint; give states "
            f"of {'another model' if same else 'the model that is probed'}"
        )
    asked = there.get("asked")
    if isinstance(asked, dict) and asked:
        key, begins = _ASKED.get(name, ("ablation", ""))
        said = str(asked.get(key, ""))
        if not said.startswith(begins) or (name not in _ASKED and asked != here.get("asked")):
            raise OptionError(
                f"{where}: was captured with {key} {said or 'none'!r}, which is not {name}"
                if name in _ASKED
                else f"{where}: was asked in another way than the states that are probed"
            )
    if name in _ASKED:
        column = "prompt_sha256" if name == UNASKED else "media_sha256"
        pairs = [
            dict(one.index.select("item_id", column).unique().iter_rows()) for one in (own, other)
        ]
        known = [item for item in ids if pairs[0][item]]
        if known and all(pairs[0][item] == pairs[1][item] for item in known):
            raise OptionError(
                f"{where}: was asked {'with the same words' if name == UNASKED else 'of the same'}"
                f"{'' if name == UNASKED else ' media'} as the states that are probed"
            )


def _refuse_other_order(name: str, other: States, targets: Sequence[Target]) -> None:
    """Refuse states of questions whose options stood in another order: letters mean others there.

    Raises:
        DataError: they did.
    """
    place = other.folder / TARGETS if isinstance(other, Store) else None
    if place is None or not place.is_file():
        return
    roles = {one.item_id: one.roles for one in read_targets(place) if one.target == PREMISE}
    for one in targets:
        if one.target == PREMISE and roles.get(one.item_id, one.roles) != one.roles:
            raise DataError(
                f"--beside {name}: the options of item {one.item_id} stand in another order there; "
                "capture with the same --option-order"
            )


def _accepted(store: Store, targets: Sequence[Target]) -> list[str]:
    """Ids of the false premises whose likeliest letter does not reject them."""
    rows = [one for one in targets if one.target == PREMISE and one.roles and one.label]
    rows = [one for one, there in zip(rows, _answered(store, rows), strict=True) if there]
    if not rows:
        return []
    said, _ = _said(store, rows)
    return [
        one.item_id for one, role in zip(rows, said.tolist(), strict=True) if role not in REJECTIONS
    ]


def _answered(store: Store, rows: Sequence[Target]) -> Bools:
    """Which questions have a letter for each of their roles, and one that may be said."""
    letters = store.letters([one.item_id for one in rows])
    whole = (~np.isnan(letters)).sum(axis=1) == [len(one.roles) for one in rows]
    return np.asarray(whole & np.isfinite(letters).any(axis=1))


def _said(store: Store, rows: Sequence[Target]) -> tuple[Ints, Floats]:
    """Of each question the role of its likeliest letter, and that letter's log-probability."""
    letters = np.nan_to_num(store.letters([one.item_id for one in rows]), nan=-np.inf)
    best = letters.argmax(axis=1)
    roles = [one.roles[at] for one, at in zip(rows, best, strict=True)]
    return np.array(roles, np.int64), letters.max(axis=1)


def _acting(
    store: Store,
    targets: Sequence[Target],
    actions: Sequence[Action],
    tokens: tuple[int, int] | None,
    seed: int,
) -> Iterable[Acted]:
    names = sorted({one.target for one in targets if "grid" in one.sites})
    grid = "grid" in store.sites and bool(names)
    shape = (0, 0)
    if grid:
        rows = [one for one in targets if "grid" in one.sites]
        shape = token_shape(store, rows, tokens)
    return knows(store, targets, actions, pictures=names if grid else (), tokens=shape, seed=seed)


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
        settings: ``alpha``, ``level``, folds and seed.
        gate, promise, layer: of the adjuster of the whole set.
        evaluated, families: numbers of questions and of families.
        ours, pgla: what our adjuster and the published one gain and cost.
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


def adjusted(
    store: Store,
    targets: Sequence[Target],
    *,
    layer: str | None = None,
    alpha: float = 0.03,
    level: float = 0.95,
    folds: int = 5,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Gained, Adjuster]:
    """PGLA and our adjuster on the letters of a store, and an adjuster to be used.

    Args:
        store: with letters, and states at the last token.
        targets: of its items.
        layer: that PGLA's probe reads; None: the one of our adjuster.
        alpha: largest share of standard answers that may be lost.
        level: how surely.
        folds: outer folds, of ours.
        seed: of splits and resamples.
        progress: told what is done, and how far it is.

    Raises:
        DataError: no question that can be rejected, or no letters; as the two adjusters.
        OptionError: as the two; ``layer`` was not captured.
    """
    routed = [one for one in targets if one.rejection >= 0 and one.right >= 0]
    rows = _rejectable(routed)
    if not rows or "last" not in store.sites:
        raise DataError(
            f"{store.folder}: adjusting needs questions that can be rejected, with letters, and "
            "states at the last token (--sites last)"
        )
    if layer is not None and layer not in store.layers:
        raise OptionError(f"layer {layer!r} was not captured{allowed(layer, store.layers)}")
    right = [one.right for one in rows]

    def at(number: int, what: str) -> None:
        if progress is not None:
            progress(what, number, 3)

    settings = {name: str(value) for name, value in store.record.settings.items()}
    about = {
        name: value
        for name, value in settings.items()
        if name in ("suite", "model", "items_sha256")
    }
    made = fit_adjuster(
        store, rows, right, _rejecting(rows), model=settings, alpha=alpha, level=level, seed=seed,
        about=about,
    )  # fmt: skip
    at(1, "adjuster")
    ours = adjust(store, rows, right, alpha=alpha, level=level, folds=folds, seed=seed)
    at(2, "left-out families")
    theirs = pgla(store, rows, right, layer=layer or made.layer)
    at(3, "PGLA")
    measured = estimates(
        {
            "ours": {
                "raw": ours.raw.tree(),
                "adjusted": ours.adjusted.tree(),
                "over_raw": ours.over_raw.tree(),
                "ablations": {name: one.tree() for name, one in ours.ablations.items()},
                "gain": {"balanced": ours.gain},
                "routing": {
                    name: getattr(ours.routing, name) for name in Routing.__struct_fields__
                },
            },
            "pgla": {
                "raw": theirs.raw.tree(),
                "nested": theirs.nested.tree(),
                "over_raw": theirs.over_raw.tree(),
                "gain": {"balanced": theirs.gain},
            },
        }
    )
    found = Gained(
        states=About.of(store),
        settings={"alpha": alpha, "level": level, "folds": folds, "seed": seed},
        gate=made.gate,
        promise=made.promise,
        layer=made.layer,
        evaluated=ours.evaluated,
        families=ours.families,
        ours=_kept(Ours, ours, measured["ours"]),
        pgla=_kept(
            Theirs,
            theirs,
            measured["pgla"]
            | {
                "layer": layer or made.layer,
                "folds": _means(theirs.folds),
                "on_test": _means(theirs.on_test),
                "capped": {f"{cap:g}": _means(one) for cap, one in theirs.capped.items()},
                "ablations": {
                    name: {"nested": _means(nested), "on_test": _means(on_test)}
                    for name, (nested, on_test) in theirs.ablations.items()
                },
                "front": [(standard, misleading) for _, standard, misleading in theirs.front],
            },
        ),
    )
    return found, made


def _means(one: Chosen) -> dict[str, float | None]:
    found = {name: getattr(one, name) for name in Means.__struct_fields__}
    return {name: None if math.isnan(value) else value for name, value in found.items()}


T = TypeVar("T")


def _kept(kind: type[T], found: object, instead: Mapping[str, Any]) -> T:
    """What was found as a struct of the file; some of its values in another form."""
    names = (one for one in kind.__struct_fields__ if one not in instead)  # type: ignore[attr-defined]
    rest = {name: getattr(found, name) for name in names}
    return msgspec.convert({**rest, **instead}, kind, from_attributes=True)


def _rejecting(rows: Sequence[Target]) -> dict[int, str]:
    """The words of each rejecting option, as the prompts show them behind its letter."""
    out: dict[int, str] = {}
    for one in rows:
        shown = shown_options(one.texts.get("prompt", ""))
        if len(shown) == len(one.roles):
            out.setdefault(one.rejection, shown[one.roles.index(one.rejection)])
    return out


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
        _read(folder, ADJUST, Gained, f"adjust {folder}"),
    )


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
        found: dict[str, Any] = msgspec.to_builtins(read_json(folder / name, kind))
    except DataError as error:
        raise DataError(f"{error}; make it again with: handeye states {command}") from None
    return found
