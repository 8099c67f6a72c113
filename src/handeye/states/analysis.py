"""Everything that is made of captured states at once: what they hold, and what adjusting is worth.

What is made is kept beside the states by :mod:`handeye.states.results`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, TypeVar

import msgspec
import numpy as np

from handeye.errors import LARGEST_SEED, DataError, OptionError, allowed, within
from handeye.respondents.local.adjuster import Adjuster, shown_options
from handeye.scores.claims import sentence_of
from handeye.scores.estimate import Estimate
from handeye.states.ablations import Adjusted, adjust
from handeye.states.acting import Acted, Action, knows
from handeye.states.adjuster import fit_adjuster
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
from handeye.states.parts import Piece
from handeye.states.pgla import Chosen, pgla
from handeye.states.premises import REJECTIONS, premises
from handeye.states.probes import Probe, Probed, probe
from handeye.states.readers import Reading, readings
from handeye.states.results import (
    DETAIL,
    PREMISE,
    TARGETS,
    About,
    Found,
    Gained,
    KnownSaid,
    Means,
    Ours,
    Published,
    Risk,
    Routing,
    Theirs,
    adjusting_settings,
    named_targets,
)
from handeye.states.store import States, Store
from handeye.states.targets import Target, on_tokens, read_targets
from handeye.states.wanted import SPAN, UNASKED, UNSEEN
from handeye.stats.intervals import Samples, estimates


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
    piece: Piece | None = None,
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
        piece: keeps each probe and its controls until all is done.

    Returns:
        What ``probe.json`` holds, and the rows of ``probe.parquet`` (:class:`Row`).

    Raises:
        DataError, OptionError: as :func:`handeye.states.probes.probe`; no such target or site.
    """
    chosen = named_targets(targets, names)
    # Of three, two are left to choose within: what the chain needs, before the work begins.
    if (groups := len({one.group for one in chosen})) < 3:
        raise DataError(
            f"these targets are of {groups} group{'s' * (groups > 1)}, and at "
            "least three are needed, so that two are left to choose from while one is held out"
        )
    _refuse_folds(folds, groups)
    within("flips", flips, 0, 10**6)
    for site in sites:
        if site not in store.sites:
            raise OptionError(f"no site {site!r} was captured{allowed(site, store.sites)}")
    # Before the long work: states beside may lack what is needed of them.
    for name, other in (beside or {}).items():
        _refuse_beside(name, other, store, chosen)
    published = list(_published(store, chosen, beside or {}, seed))
    others = {name: one for name, one in (beside or {}).items() if name != UNASKED}
    reading = _Reading(store, layers, tokens, folds, flips, seed, others, embed, progress, piece)
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


def _refuse_folds(folds: int, groups: int) -> None:
    """Refuse fewer than three folds, or more than there are groups."""
    within("--folds", folds, 3, LARGEST_SEED)
    if folds > groups:
        raise OptionError(
            f"--folds is {folds}, and these targets are of {groups} groups: each fold holds one at "
            f"least, so ask for {groups} at the most"
        )


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
    piece: Piece | None
    # Fits done at earlier sites, and parts (targets by stratum) that are to be read from here on.
    done: int = 0
    parts: int = 0
    found: list[Probed] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    controls: list[Controlled] = field(default_factory=list)
    # What is to be set beside controls when all is probed: one count over all sites.
    _later: list[tuple[Sequence[Target], Probe]] = field(default_factory=list)

    def read(self, targets: Sequence[Target], sites: Sequence[str]) -> None:
        """Read what is asked at some sites.

        Raises:
            OptionError: nothing is asked there.
            DataError: nothing could be probed.
        """
        rows = {site: self._rows(targets, site) for site in sites}
        self.parts = sum(map(_parts, rows.values()))
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
        first = self.store.record.checks.get("media_tokens", {}).get("result") == "equal"
        for own, part in self._later:
            self.controls += controls(
                self.store,
                own,
                part,
                embed=self.embed,
                others=self.beside,
                media_first=first,
                progress=partial(self._told_controls, len(self.controls)),
                piece=self.piece,
            ).found

    def _told_controls(self, before: int, done: int, _: int) -> None:
        if self.progress is not None:
            self.progress("probes with their controls", before + done, len(self.found))

    def _rows(self, targets: Sequence[Target], site: str) -> list[Target]:
        having = set(self.store.having(site))
        rows = [one for one in targets if site in one.sites and one.item_id in having]
        if site != "grid":
            # One state says the same of every cell; cells are asked as queries (acting).
            return [one for one in rows if one.place is None]
        return on_tokens(rows, *token_shape(self.store, rows, self.tokens)) if rows else []

    def _read(self, rows: Sequence[Target], site: str) -> None:
        here, rest, before = _parts(rows), self.parts, self.done
        self.parts -= here

        def told(done: int, total: int, left: float) -> None:
            # What is to come is taken to be like this site: one bar over all of them.
            self.done = before + done
            if self.progress is not None:
                self.progress("probes", self.done, before + round(total * rest / here))

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
                piece=self.piece,
            )
        except DataError as error:
            self.left_out[f"all at {site}"] = str(error)
            return
        self.found += part.found
        self.left_out |= {f"{name} · {site}": why for name, why in part.left_out.items()}
        self._later.append((rows, part))


def _parts(rows: Sequence[Target]) -> int:
    """Of how many searches rows are: one for each target and stratum."""
    return len({(one.target, one.stratum) for one in rows})


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
    done, levels = 0, len(strata) * (2 + bool(seen))

    def told(what: str) -> None:
        nonlocal done
        if progress is not None:
            progress("levels of the chain", done, max(levels, done + 1))
        done += 1

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
    if progress is not None and done:
        progress("levels of the chain", done, done)
    if not found:
        return None, missing

    def figured() -> Iterator[Reading]:
        for number, one in enumerate(found):
            if progress is not None:
                progress("chains", number, len(found))
            yield one
        if progress is not None:
            progress("chains", len(found), len(found))

    return chain(figured()), missing


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
        cuts = np.array([np.inf if pick.cut is None else pick.cut for pick in one.choices])
        lacking = (cuts < one.readings.T)[answered]
        told = knows_says(
            one.says[answered],
            np.isin(said, REJECTIONS),
            false[answered],
            groups,
            folds=(one.fold[answered], lacking),
            seed=seed,
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

TEXTS = "text model"
OTHERS = (*_ASKED, "random weights", TEXTS)
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
        so = here.get("asked")
        if name == TEXTS and isinstance(so, dict):
            # How media are shown is nothing to it; other options are refused by their order.
            asked, so = asked.get("variant"), so.get("variant")
        if not said.startswith(begins) or (name not in _ASKED and asked != so):
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


# ---- adjusting


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
    rows = adjustable(targets)
    if not rows or "last" not in store.sites:
        raise DataError(
            f"{store.folder}: adjusting needs questions that can be rejected, with letters, and "
            "states at the last token (--sites last)"
        )
    if layer is not None and layer not in store.layers:
        raise OptionError(f"layer {layer!r} was not captured{allowed(layer, store.layers)}")
    right = [one.right for one in rows]

    def at(number: int) -> None:
        # The adjuster of the whole set, one for each fold, PGLA.
        if progress is not None:
            progress("adjusters", number, folds + 2)

    at(0)
    settings = {name: str(value) for name, value in store.record.settings.items()}
    about = {
        name: value
        for name, value in settings.items()
        if name in ("suite", "model", "items_sha256")
    }
    made = fit_adjuster(
        store, rows, right, rejecting_texts(rows), model=settings, alpha=alpha, level=level,
        seed=seed, about=about,
    )  # fmt: skip
    at(1)
    ours = adjust(
        store, rows, right, alpha=alpha, level=level, folds=folds, seed=seed,
        progress=lambda done, _: at(1 + done),
    )  # fmt: skip
    theirs = pgla(store, rows, right, layer=layer or made.layer)
    at(folds + 2)
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
        settings=adjusting_settings(
            store, targets, alpha=alpha, level=level, layer=layer, folds=folds, seed=seed
        ),
        gate=made.gate,
        promise=made.promise,
        layer=made.layer,
        evaluated=ours.evaluated,
        families=ours.families,
        ours=_kept(Ours, ours, measured["ours"] | _unmoved(ours)),
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


def _unmoved(ours: Adjusted) -> dict[str, Any]:
    """What is known without measuring where the gates of all folds stayed shut: nothing changed."""
    none = {"value": 0.0, "n": ours.families}
    told: dict[str, Any] = {}
    if not ours.opened["probe"]:
        told["over_raw"] = dict.fromkeys(("standard", "misleading", "balanced"), none)
        if not ours.opened[ours.best]:
            told["gain"] = {"balanced": none}
    return told


def _means(one: Chosen) -> dict[str, float | None]:
    found = {name: getattr(one, name) for name in Means.__struct_fields__}
    return {name: None if math.isnan(value) else value for name, value in found.items()}


T = TypeVar("T")


def _kept(kind: type[T], found: object, instead: Mapping[str, Any]) -> T:
    """What was found as a struct of the file; some of its values in another form."""
    names = (one for one in kind.__struct_fields__ if one not in instead)  # type: ignore[attr-defined]
    rest = {name: getattr(found, name) for name in names}
    return msgspec.convert({**rest, **instead}, kind, from_attributes=True)


def adjustable(targets: Sequence[Target]) -> list[Target]:
    """The questions that adjusters are made from, and told on.

    Those of the target ``premise`` with a letter for each role, of which is known which role would
    reject and which is right.
    """
    return _rejectable([one for one in targets if one.rejection >= 0 and one.right >= 0])


def rejecting_texts(rows: Sequence[Target]) -> dict[int, str]:
    """The words of each rejecting option by role, as the prompts show them behind its letter."""
    out: dict[int, str] = {}
    for one in rows:
        shown = shown_options(one.texts.get("prompt", ""))
        if len(shown) == len(one.roles):
            out.setdefault(one.rejection, shown[one.roles.index(one.rejection)])
    return out
