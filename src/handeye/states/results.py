"""What is found in a folder of captured states: made, kept beside them, said in tables.

    FOLDER/targets.parquet   what its suite asks of the states; written when they are captured
    FOLDER/probe.json        probes with their controls, the chain, who knows and does not say
    FOLDER/probe.parquet     a held-out logit a row
    FOLDER/adjust.json       what adjusting letters gains and costs, beside its ablations
    FOLDER/adjuster.json     an adjuster for ``handeye/hf -M adjuster=``
    FOLDER/causal.json       what changes of states do to answers

A file is replaced in one step, when all of it is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from jinja2 import UndefinedError

from handeye.atomic import write_all
from handeye.errors import DataError, OptionError, allowed, within
from handeye.reading import read_json
from handeye.respondents.local.adjuster import Adjuster, shown_options
from handeye.scores.claims import sentence_of
from handeye.states.ablations import adjust
from handeye.states.acting import Action, knows
from handeye.states.adjuster import fit_adjuster
from handeye.states.chain import Chain, chain
from handeye.states.controls import Controlled, Embed, controls
from handeye.states.figures import Floats
from handeye.states.folds import Ints
from handeye.states.measures import (
    knows_says,
    prior_harnessing,
    selective,
    split_beliefs,
    visual_necessity,
)
from handeye.states.pgla import pgla
from handeye.states.premises import REJECTIONS, premises
from handeye.states.probes import Probe, Probed, probe
from handeye.states.store import States, Store
from handeye.states.targets import Target, on_tokens, read_targets
from handeye.stats.intervals import estimates

TARGETS, PROBE, ROWS = "targets.parquet", "probe.json", "probe.parquet"
ADJUST, ADJUSTER = "adjust.json", "adjuster.json"
CAUSAL = "causal.json"
PREMISE, DETAIL = "premise", "detail"
# States beside the own ones, by the names that ``--beside`` gives them.
UNSEEN, UNASKED = ("without media", "blank media"), "no question"
Told = Mapping[str, Any]


def targets_of(store: Store, path: Path | None = None) -> list[Target]:
    """The targets of a store's items: those of its suite, or of a file.

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
    found = [one for one in read_targets(place) if one.item_id in there]
    if not found:
        raise DataError(f"{place}: none of its targets is about an item of {store.folder}")
    return found


# ---- probing


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
) -> dict[str, Any]:
    """Everything that can be read off the states, as JSON values and rows.

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
        What ``probe.json`` holds, and under ``rows`` what ``probe.parquet`` does.

    Raises:
        DataError, OptionError: as :func:`handeye.states.probes.probe`; no such target or site.
    """
    chosen = _chosen(targets, names)
    # Of three, two are left to choose within: what the chain needs, before the work begins.
    within("folds", folds, 3, len({one.group for one in chosen}))
    for site in sites:
        if site not in store.sites:
            raise OptionError(f"no site {site!r} was captured{allowed(site, store.sites)}")
    # Before the long work: states beside may lack what is needed of them.
    published = list(_published(store, chosen, beside or {}, seed))
    others = {name: one for name, one in (beside or {}).items() if name != UNASKED}
    reading = _Reading(store, layers, tokens, folds, flips, seed, others, embed, progress)
    reading.read(chosen, sites or store.sites)
    settings = {"seed": seed, "folds": folds, "flips": flips}
    every = Probe(tuple(reading.found), reading.left_out, settings)
    whole = _chain(store, chosen, layers, folds, seed, progress)
    return {
        "states": _about(store),
        **every.to_dict(),
        "controls": msgspec.to_builtins(reading.controls),
        "chain": whole and whole.to_dict(),
        "said": whole and [sentence_of(way.claims) for way in whole.ways],
        "knows_says": [_knows_says(one, store, chosen, seed) for one in _premises(every)],
        "published": published,
        "accepted": _accepted(store, chosen),
        "acting": list(_acting(store, targets, actions, tokens, seed)) if actions else [],
        "rows": [row for one in every.found for row in one.rows()],
    }


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


def _chain(
    store: Store,
    targets: Sequence[Target],
    layers: Sequence[str] | None,
    folds: int,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
) -> Chain | None:
    """The chain of questions with letters; None where there are none."""
    rows = _rejectable(targets)
    if not rows or "last" not in store.sites:
        return None
    details = [one for one in targets if one.target.partition(":")[0] == DETAIL]
    seen = DETAIL if details and "media" in store.sites else ""
    done = 0

    def told(what: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(f"chain, {what}", done, done)

    return chain(
        store, [*rows, *details], seen=seen, layers=layers, folds=folds, seed=seed, progress=told
    )


def _rejectable(targets: Sequence[Target]) -> list[Target]:
    """Questions with letters, of the strata in which one option rejects, rightly or not."""
    rows = [one for one in targets if one.target == PREMISE and one.rejection >= 0 and one.roles]
    labels: dict[str, set[int]] = {}
    for one in rows:
        labels.setdefault(one.stratum, set()).add(one.label)
    return [one for one in rows if len(labels[one.stratum]) > 1]


def _premises(every: Probe) -> list[Probed]:
    return [one for one in every.found if one.target == PREMISE and one.site == "last"]


def _knows_says(one: Probed, store: Store, targets: Sequence[Target], seed: int) -> dict[str, Any]:
    """The fourfold table of a stratum: what the probe tells, and what the letters say."""
    by_id = {target.item_id: target for target in targets if target.target == PREMISE}
    rows = [by_id[item] for item in one.item_ids]
    kept = [k for k, row in enumerate(rows) if row.roles]
    if not kept:
        return {"stratum": one.stratum}
    said, sureness = _said(store, [rows[k] for k in kept])
    groups = np.unique([one.groups[k] for k in kept], return_inverse=True)[1]
    found = knows_says(
        one.says[kept], np.isin(said, REJECTIONS), one.labels[kept] == 1, groups, seed=seed
    )
    names = ("both", "knows", "says", "neither", "by_chance", "unsaid")
    sure = selective(
        sureness,
        said == np.array([rows[k].right for k in kept]),
        groups,
        seed=seed,
    )
    told = {"curve": sure.curve} | estimates(
        {name: getattr(sure, name) for name in ("area", "half", "whole", "best", "gained")}
    )
    return {
        "stratum": one.stratum,
        "n": found.n,
        **estimates({name: getattr(found, name) for name in names}),
        "selective": told,
    }


def _published(
    store: Store, targets: Sequence[Target], beside: Mapping[str, States], seed: int
) -> Iterator[dict[str, Any]]:
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
            yield told
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
            names = ("lad", "noticed", "cs", "pleased", "split", "by_chance", "beyond")
            told |= estimates({name: getattr(found, name) for name in names})
        else:
            needs["LAD and CS"] = "siblings: the same words about a clip of which they are true"
        unseen = next((beside[name] for name in UNSEEN if name in beside), None)
        if unseen is None:
            needs["VNS"] = f"--beside '{UNSEEN[1]}=FOLDER' (captured with --blank both)"
            needs["PHI"] = "the same"
        else:
            (blind,) = premises(unseen, rows, seen="")
            told["vns"] = estimates(visual_necessity(own.letters, blind.letters, groups, seed=seed))
        if UNASKED not in beside:
            needs["PHI"] = needs.get("PHI", "") + (
                f"{', and ' if unseen is None else ''}--beside '{UNASKED}=FOLDER' (captured with "
                "--blank both --variant no-question)"
            )
        elif unseen is not None:
            (nothing,) = premises(beside[UNASKED], rows, seen="")
            right = np.arange(len(rows)), [one.right for one in rows]
            asked, unasked = blind.letters[right], nothing.letters[right]
            told["phi"] = estimates(prior_harnessing(asked, unasked, groups, seed=seed))
        yield told


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
    if not rows:
        return []
    said, _ = _said(store, rows)
    return [
        one.item_id for one, role in zip(rows, said.tolist(), strict=True) if role not in REJECTIONS
    ]


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
) -> Iterable[dict[str, Any]]:
    names = sorted({one.target for one in targets if "grid" in one.sites})
    grid = "grid" in store.sites and bool(names)
    shape = (0, 0)
    if grid:
        rows = [one for one in targets if "grid" in one.sites]
        shape = token_shape(store, rows, tokens)
    return knows(store, targets, actions, pictures=names if grid else (), tokens=shape, seed=seed)


def _about(store: Store) -> dict[str, Any]:
    settings = store.record.settings
    kept = ("suite", "model", "family", "checkpoint", "items_sha256")
    return {
        "items": store.record.items,
        "clips": store.record.clips,
        "layers": len(store.layers),
        "sites": list(store.sites),
        **{name: settings[name] for name in kept if name in settings},
        "media_tokens": store.record.checks.get("media_tokens", {}),
    }


def write_probed(folder: Path, found: Mapping[str, Any]) -> None:
    """Write what :func:`probed` found, both files or none.

    Raises:
        OSError: they cannot be written.
    """
    import polars as pl

    rows = BytesIO()
    pl.DataFrame(found["rows"]).write_parquet(rows)
    told = {name: value for name, value in found.items() if name != "rows"}
    write_all({folder / PROBE: _json(told), folder / ROWS: rows.getvalue()})


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


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
) -> tuple[dict[str, Any], Adjuster]:
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
    rows = [one for one in _rejectable(targets) if one.right >= 0]
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
    found = {
        "states": _about(store),
        "settings": {"alpha": alpha, "level": level, "folds": folds, "seed": seed},
        "gate": made.gate,
        "promise": msgspec.to_builtins(made.promise),
        "layer": made.layer,
        "evaluated": ours.evaluated,
        "families": ours.families,
        "ours": estimates(
            {
                "raw": ours.raw.tree(),
                "adjusted": ours.adjusted.tree(),
                "over_raw": ours.over_raw.tree(),
                "ablations": {name: one.tree() for name, one in ours.ablations.items()},
                "gain": {"balanced": ours.gain},
                "routing": {
                    name: getattr(ours.routing, name)
                    for name in ("routed", "letters", "said", "raw")
                },
            }
        )
        | {
            "best": ours.best,
            "opened": ours.opened,
            "gates": {name: list(gates) for name, gates in ours.gates.items()},
            "reliability": [list(one) for one in ours.reliability],
        },
        "pgla": estimates(
            {
                "raw": theirs.raw.tree(),
                "nested": theirs.nested.tree(),
                "over_raw": theirs.over_raw.tree(),
                "gain": {"balanced": theirs.gain},
            }
        )
        | {
            "layer": layer or made.layer,
            "folds": _chosen_of(theirs.folds),
            "on_test": _chosen_of(theirs.on_test),
            "optimism": theirs.optimism,
            "capped": {f"{cap:g}": _chosen_of(one) for cap, one in theirs.capped.items()},
            "ablations": {
                name: {"nested": _chosen_of(nested), "on_test": _chosen_of(on_test)}
                for name, (nested, on_test) in theirs.ablations.items()
            },
            "best": theirs.best,
            "front": [[standard, misleading] for _, standard, misleading in theirs.front],
            "weights": list(theirs.weights),
            "trained": theirs.trained,
            "evaluated": theirs.evaluated,
            "siblings": theirs.siblings,
        },
    }
    return found, made


def _chosen_of(one: Any) -> dict[str, float]:
    return {name: getattr(one, name) for name in ("standard", "misleading", "balanced")}


def _rejecting(rows: Sequence[Target]) -> dict[int, str]:
    """The words of each rejecting option, as the prompts show them behind its letter."""
    out: dict[int, str] = {}
    for one in rows:
        shown = shown_options(one.texts.get("prompt", ""))
        if len(shown) == len(one.roles):
            out.setdefault(one.rejection, shown[one.roles.index(one.rejection)])
    return out


def write_adjusted(folder: Path, found: Mapping[str, Any], made: Adjuster) -> None:
    """Write what :func:`adjusted` found and made, both files or none.

    Raises:
        OSError: they cannot be written.
    """
    write_all({folder / ADJUST: _json(found), folder / ADJUSTER: _json(made)})


def results(folder: Path) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What was found in a folder before: of probes, and of adjusting; None: not yet.

    Raises:
        DataError: a file cannot be read.
    """
    there = [folder / PROBE, folder / ADJUST]
    probe_told, adjust_told = (read_json(one) if one.is_file() else None for one in there)
    return probe_told, adjust_told


@contextmanager
def read_back(folder: Path) -> Iterator[None]:
    """Show what was found; values that are not what was written end in words.

    Raises:
        DataError: a file of results was changed.
    """
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, UndefinedError) as error:
        what = f"{type(error).__name__}: {error}"
        raise DataError(
            f"{folder}: {PROBE}, {ADJUST} or {CAUSAL} is not as it was written ({what}); make it "
            f"again with: handeye states probe {folder}, or adjust, or causal"
        ) from error


# ---- causal checks


def write_causal(store: Store, asked: Told, found: Told) -> None:
    """Write what changes of states did to answers.

    Args:
        store: of the states whose directions were tried.
        asked: the options, and what tells one check from another.
        found: plain values of :class:`handeye.states.causal.Causal`.

    Raises:
        OSError: it cannot be written.
    """
    told = {"states": _about(store), "asked": dict(asked), **found}
    write_all({store.folder / CAUSAL: _json(told)})


def causal_of(folder: Path) -> dict[str, Any] | None:
    """What changes of states did to answers; None: not asked yet.

    Raises:
        DataError: the file cannot be read.
    """
    place = folder / CAUSAL
    return read_json(place) if place.is_file() else None
