"""What else could tell what a probe tells: readers without the states, and alarms.

Every reader goes through the folds of the probe, chooses by the same inner folds and has a null of
its own, so that areas can be subtracted group by group. Beside the area stands what the states add
to it: the held-out log-loss, in bits a row, of the reader alone less that of a probe which is given
the reader's logit as an offset.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError
from handeye.scores.estimate import Estimate
from handeye.shown import Shown, Words
from handeye.states.figures import Floats, areas, estimate, fold_area, gained, mean_of
from handeye.states.parts import Piece, kept
from handeye.states.probes import Probe, Probed, null_of, reader
from handeye.states.search import NO_NULL, Search, Setup, null_labels, search
from handeye.states.solver import Design
from handeye.states.store import States, Store
from handeye.states.targets import Target
from handeye.states.texts import crossed, format_of, one_hot, roles_of, tf_idf
from handeye.stats.intervals import difference

Embed = Callable[[Sequence[str]], NDArray[Any]]
"""Texts to vectors (n, d)."""

DRAWS = 50
"""Draws of each control's null; none where the probe has none."""
ALARM = 4.0
"""Deviations of its null by which a reader must lie above it to be said to tell something.

One draw in 30,000 does so by chance: fifty sets with ten readers each stay silent.
"""
LIKE = 1e-2
"""Relative difference below which a clip's states under two questions are the same (bfloat16)."""
_EARLY = 0.15
_PAIRS = 64
# The rows of TF-IDF are units and not standardised: weaker penalties are needed.
_CS_OF_UNITS = (1e-1, 1.0, 10.0, 100.0)
# A null without spread (a constant reader) is taken to have this much.
_LEAST_DEVIATION = 5e-3
_TASKS = 10


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A reader beside the probe.

    Attributes:
        name: what it reads.
        auroc: mean area of the folds.
        above: by how many deviations of its null, see :data:`ALARM`; 0 where it has no null.
        difference: area of the probe less this one.
        bits: what the states add to it, in bits a row of held-out log-loss; None for readers that
            are states of another kind.
    """

    name: str
    auroc: Estimate
    above: float
    difference: Estimate
    bits: Estimate | None = None


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must not be (``alarm``), or that a claim must name (``note``)."""

    level: str
    name: str
    said: str


class Controlled(msgspec.Struct, frozen=True, kw_only=True):
    """A probe's controls.

    Attributes:
        target: of the probe.
        stratum: of the probe.
        site: of the probe.
        crossed: every text stands with either label equally often, so that words tell nothing.
        controls: the readers.
        selectivity: area of the probe less that of the same probe on random labels of its texts
            (Hewitt and Liang 2019, EMNLP, section 2): what is told beyond what can be learnt by
            heart.
        alarms: in the order of the page.
    """

    target: str
    stratum: str
    site: str
    crossed: bool
    controls: tuple[Control, ...]
    selectivity: float
    alarms: tuple[Alarm, ...]

    def of(self, name: str) -> Control:
        """A control by name.

        Raises:
            KeyError: there is none.
        """
        for one in self.controls:
            if one.name == name:
                return one
        raise KeyError(name)


@dataclass(frozen=True, slots=True, repr=False)
class Controls(Shown):
    """Controls of all entries of a probe, in its order."""

    found: tuple[Controlled, ...]

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those of level ``alarm``, each once."""
        told = [one for entry in self.found for one in entry.alarms if one.level == "alarm"]
        return tuple(dict.fromkeys(told))

    def to_dict(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return {"found": msgspec.to_builtins(self.found)}

    def _words(self) -> Words:
        figures = {
            f"{entry.target} · {entry.stratum} · {entry.site}: {one.name}": one.auroc.text(
                "line", "plain"
            )
            for entry in self.found
            for one in entry.controls
        }
        return Words(
            f"Controls of {len(self.found)} probes (AUROC)",
            figures,
            "; ".join(one.said for one in self.alarms),
        )

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        for entry in self.found:
            for one in entry.controls:
                base = {"target": entry.target, "stratum": entry.stratum, "site": entry.site}
                yield {**base, "control": one.name, "auroc": one.auroc.value, "above": one.above}


def controls(
    states: States,
    targets: Sequence[Target],
    probed: Probe,
    *,
    embed: Embed | None = None,
    others: Mapping[str, States] | None = None,
    media_first: bool = True,
    progress: Callable[[int, int], None] | None = None,
    piece: Piece | None = None,
) -> Controls:
    """Set every probe beside what else could tell the same.

    Args:
        states: that were probed.
        targets: that were probed.
        probed: what was found.
        embed: sentences to vectors, for a reader of meaning without a picture.
        others: further states of the same items by name: ``without media``, ``blank media``,
            ``swapped media``, ``random weights``, ``text model``; read at the layers that the probe
            chose where they have them, else at their last one.
        media_first: the mask is causal and media come before the question, so that a clip's own
            states cannot hang on it.
        progress: told of how many entries of the probe the controls are read, and of how many.
        piece: keeps what is beside each entry until all are done.

    Raises:
        DataError: targets of the probe are not there, or states are missing.
    """
    parts: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        parts.setdefault((target.target, target.stratum), []).append(target)
    out = []
    for done, found in enumerate(probed.found):
        if progress is not None:
            progress(done, len(probed.found))
        rows = parts.get((found.target, found.stratum), [])
        if tuple(row.item_id for row in rows) != found.item_ids:
            raise DataError(f"{found.name}: these are not the targets that were probed")
        make = partial(
            _controlled, states, rows, found, probed.settings, embed, others or {}, media_first
        )
        out.append(kept(piece, f"controls of {found.name}", Controlled, make))
    if progress is not None:
        progress(len(out), len(out))
    return Controls(tuple(out))


def _controlled(
    states: States,
    rows: Sequence[Target],
    found: Probed,
    given: Mapping[str, Any],
    embed: Embed | None,
    others: Mapping[str, States],
    media_first: bool,
) -> Controlled:
    draws = DRAWS if given["flips"] else 0
    setup = Setup.of(rows, tuple(given["cs"]), given["folds"], given["inner"], draws, given["seed"])
    beside = _Beside(states, found, replace(setup, splits=setup.splits[: setup.folds]))
    return beside.controlled(embed, others, media_first)


class _Beside:
    """The readers beside one entry of a probe."""

    def __init__(self, states: States, found: Probed, setup: Setup) -> None:
        self.states, self.found, self.setup = states, found, setup
        self.rows = setup.targets
        self.truth = setup.labels[0].astype(bool)
        self.group = np.unique(found.groups, return_inverse=True)[1]
        self.layers = tuple(
            name for name in states.layers if name in {one.layer for one in found.choices}
        )
        self.area = partial(
            fold_area, positive=self.truth, group=self.group, fold=found.fold, seed=setup.seed
        )
        self.own = self.area(found.logits)
        self.controls: list[Control] = []
        self.alarms: list[Alarm] = []
        self.mute: dict[str, list[str]] = {}

    def controlled(
        self, embed: Embed | None, others: Mapping[str, States], media_first: bool
    ) -> Controlled:
        names = list(dict.fromkeys(name for row in self.rows for name in row.texts))
        texts = {name: [row.texts.get(name, "") for row in self.rows] for name in names}
        open_texts = {name: own for name, own in texts.items() if not crossed(own, self.truth)}
        self._structure(media_first)
        for name, own in open_texts.items():
            self._words(name, own, embed)
        self._features()
        for name, other in others.items():
            self._states(name, other, not open_texts)
        self._residual()
        kept, told = self._selectivity(next(iter(texts.values()), list(self.found.groups)))
        self._early()
        if self.mute:
            why = "; ".join(f"{', '.join(names)}: {why}" for why, names in self.mute.items())
            self._say("note", "mute", f"no alarm could be raised by {why}")
        if told > 0.5 + (self._value - 0.5) / 2 and self._value > 0.55:
            self._say(
                "note", "learnt by heart", f"random labels of the texts are told by {told:.2f}"
            )
        return Controlled(
            target=self.found.target,
            stratum=self.found.stratum,
            site=self.found.site,
            crossed=not open_texts,
            controls=tuple(self.controls),
            selectivity=kept,
            alarms=tuple(self.alarms),
        )

    @property
    def _value(self) -> float:
        return float(self.found.auroc.value or 0.0)

    def _say(self, level: str, name: str, said: str) -> None:
        self.alarms.append(Alarm(level=level, name=name, said=f"{self.found.name}: {said}"))

    # ---- readers

    def _above(self, name: str, read: Search, value: float, *, may_ring: bool = True) -> float:
        """Deviations above its null, if a reader has one; those that none can exceed are noted."""
        null = null_of(read)
        spread = max(null.deviation, _LEAST_DEVIATION) if null else np.inf
        mean = null.mean if null else 0.5
        if may_ring and mean + ALARM * spread >= 1:
            self._mute(name, null is not None)
        return (value - mean) / spread

    def _mute(self, name: str, drawn: bool) -> None:
        """Note a reader whose alarm could not be raised, whether or not it has a null."""
        why = (
            f"of {len(np.unique(self.group))} groups, even an AUROC of 1 lies less than {ALARM:g} "
            "deviations above what chance gives"
            if drawn
            else "no labels that say nothing could be drawn"
            if self.found.no_null or self.setup.how == NO_NULL
            else "no null was drawn (--flips 0)"
        )
        self.mute.setdefault(why, []).append(name)

    def _add(self, name: str, read: Search, *, bits: bool, may_ring: bool = True) -> Control:
        logits = read.logits[self.found.fold, np.arange(len(self.rows))]
        own = self.area(logits)
        control = Control(
            name=name,
            auroc=estimate(own),
            above=self._above(name, read, float(own.values[0]), may_ring=may_ring),
            difference=estimate(difference(self.own, own)),
            bits=self._bits(read) if bits else None,
        )
        self.controls.append(control)
        return control

    def _features(self) -> None:
        """Readers of what stands beside the picture and the words."""
        rows = self.rows
        keys = list(dict.fromkeys(key for row in rows for key in [*row.strata][1:]))
        numbers = list(dict.fromkeys(name for row in rows for name in row.numbers))
        found = {
            "format": format_of(rows),
            "letters": roles_of(rows),
            "numbers": np.array(
                [[row.numbers.get(name, 0.0) for name in numbers] for row in rows], float
            ).reshape(len(rows), -1),
            **{key: one_hot([row.strata.get(key, "") for row in rows]) for key in keys},
        }
        for name, matrix in found.items():
            varied = matrix[:, np.ptp(matrix, axis=0) > 0]
            if varied.shape[1]:
                read = _read(varied, self.setup)
                control = self._add(name, read, bits=True)
                if control.above > ALARM:
                    self._tells(name, f"{name} alone", control)

    def _words(self, name: str, texts: list[str], embed: Embed | None) -> None:
        units = replace(self.setup, cs=_CS_OF_UNITS)
        read = _read(tf_idf(texts), units, standardise=False)
        readers = [self._add(f"words of {name}", read, bits=True)]
        if embed is not None:
            distinct = list(dict.fromkeys(texts))
            place = {text: row for row, text in enumerate(distinct)}
            vectors = np.asarray(embed(distinct), np.float32)[[place[text] for text in texts]]
            read = _read(vectors, self.setup)
            readers.append(self._add(f"meaning of {name}", read, bits=True))
        best = max(readers, key=lambda control: control.above)
        if best.above > ALARM:
            self._tells("words", best.name, best)

    def _states(self, name: str, other: States, by_design: bool) -> None:
        """States of the same items, made otherwise."""
        layers = [layer for layer in self.layers if layer in other.layers] or [other.layers[-1]]
        site = self.found.site if self.found.site in other.sites else other.sites[0]
        read = search(reader(other, self.rows, site), layers, layers, self.setup)
        control = self._add(name, read, bits=True)
        if control.above <= ALARM:
            return
        low = control.difference.low
        if (by_design and name != "random weights") or low is None or low <= 0:
            self._tells(name, f"the model with {name}" if "media" in name else name, control)
        else:
            self._say("note", name, f"{name} tell {_figure(control)} of it")

    def _tells(self, name: str, who: str, control: Control) -> None:
        added = control.bits.text("line", "plain") if control.bits else "unknown"
        said = f"{who} tells it too ({_figure(control)}); the states add {added} bits a row"
        self._say("alarm", name, said)

    def _residual(self) -> None:
        """The same probe on what a linear reader of the format leaves of the states."""
        features = format_of(self.rows)
        features = features[:, np.ptp(features, axis=0) > 0]
        if features.shape[1]:
            basis, _ = np.linalg.qr(features - features.mean(axis=0))
            plain = reader(self.states, self.rows, self.found.site)
            read = search(
                lambda layer: _without(plain(layer), basis), self.layers, self.layers, self.setup
            )
            self._add("states less format", read, bits=False, may_ring=False)

    def _selectivity(self, texts: Sequence[str]) -> tuple[float, float]:
        kinds, place = np.unique(np.asarray(texts, dtype=str), return_inverse=True)
        words = np.random.PCG64(np.random.SeedSequence([self.setup.seed, 3]))
        drawn = np.stack(
            [
                # Half of the texts, so that no draw has a single label.
                (np.argsort(np.argsort(words.random_raw(len(kinds)))) < len(kinds) / 2)[place]
                for _ in range(_TASKS)
            ]
        )
        labels = np.concatenate([self.setup.labels[:1], drawn.astype(np.uint8)])
        setup = replace(self.setup, labels=labels)
        read = search(
            reader(self.states, self.rows, self.found.site), self.layers, self.layers, setup
        )
        told = float(mean_of(read.held.T)[1:].mean())
        return self._value - told, told

    def _bits(self, read: Search) -> Estimate:
        """What the states add to a reader's logit, at the layers that the probe chose."""
        plain = reader(self.states, self.rows, self.found.site)
        gain = np.zeros(len(self.rows))
        for layer in self.layers:
            design = plain(layer)
            for fold, choice in enumerate(self.found.choices):
                if choice.layer == layer:
                    split = self.setup.splits[fold]
                    own = _gain(design, read.logits[fold], self.truth, split.inner, self.setup.cs)
                    gain[split.held] = own[split.held]
        return estimate(gained(gain, self.group, self.setup.seed))

    # ---- what cannot be

    def _structure(self, media_first: bool) -> None:
        states, rows = self.states, self.rows
        group_of = {row.item_id: row.group for row in rows}
        apart = [
            (row.item_id, other)
            for row in rows
            for other in row.siblings.values()
            if group_of.get(other, row.group) != row.group
        ]
        if apart:
            self._say(
                "alarm",
                "siblings",
                f"{apart[0][0]} and its sibling {apart[0][1]} are of different groups "
                f"({len(apart)} such pairs), so folds may part them",
            )
        self._copies()
        self._known_by_name()
        if "embedding" in states.layers and "last" in states.sites:
            read = search(reader(states, rows, "last"), ["embedding"], ["embedding"], self.setup)
            value = float(mean_of(read.held[:1].T)[0])
            if self._above("embedding", read, value) > ALARM:
                self._say(
                    "alarm",
                    "embedding",
                    f"the embedding of the last token tells it, which saw nothing ({value:.2f})",
                )
        pairs = [
            (row.item_id, row.siblings["question"]) for row in rows if "question" in row.siblings
        ]
        if media_first and pairs and "media" in states.sites:
            some = pairs[:: max(1, len(pairs) // _PAIRS)]
            for layer in states.layers:
                one, two = (
                    states.states(layer, "media", [pair[side] for pair in some]).astype(float)
                    for side in (0, 1)
                )
                size = np.maximum(np.abs(one).max(axis=1), 1e-12)
                off = np.abs(one - two).max(axis=1) / size
                if not (off <= LIKE).all():
                    at = int(off.argmax())
                    self._say(
                        "alarm",
                        "media",
                        f"media of {some[at][0]} and {some[at][1]} are one clip and differ by "
                        f"{off[at]:.2g} in {layer}, though the question comes after it",
                    )
                    break

    def _copies(self) -> None:
        """Equal states in different groups: one item twice, or one clip on both sides of folds."""
        last, site = self.layers[-1], self.found.site
        of_clip = site in ("media", "grid")
        # Elsewhere families may rightly share a state: of one question before any clip is seen.
        if not (of_clip or (site.startswith(("last", "answer")) and last != "embedding")):
            return
        ids, places = list(self.found.item_ids), None
        if site == "grid":
            # The first tokens of two pictures may be alike; the last one has seen all of it.
            ends: dict[str, int] = {}
            for row in self.rows:
                ends[row.item_id] = max(ends.get(row.item_id, 0), row.place or 0)
            if isinstance(self.states, Store):
                told = self.states.tokens(site, [*ends])
                ends = {item: count - 1 for item, count in zip(ends, told, strict=True)}
            places = [ends[item] for item in ids]
        held: dict[bytes, set[str]] = {}
        for start in range(0, len(ids), 1024):
            own = slice(start, start + 1024)
            part = self.states.states(last, site, ids[own], places and places[own])
            for state, group in zip(part, self.found.groups[own], strict=True):
                held.setdefault(state.tobytes(), set()).add(group)
        copies = sum(len(groups) > 1 for groups in held.values())
        if copies and len(held) > 1:
            why = (
                "folds part what is asked of one clip, and its label can be learnt by heart: "
                "give all questions of a clip one group"
                if of_clip
                else "items are there twice"
            )
            self._say("alarm", "copies", f"{copies} states stand in several groups: {why}")

    def _known_by_name(self) -> None:
        """What can be learnt by heart: the label of a clip of which folds part the questions.

        At the media of a clip, states themselves are copies. Behind its questions they are not, but
        which clip it is they hold all the same. Where no text is given to read, the label of a
        prompt likewise, which other clips may rightly share.
        """
        ids, groups = self.found.item_ids, self.found.groups
        if not self.found.site.startswith(("media", "grid")):
            clips = self._clips()
            within: dict[Hashable, set[str]] = {}
            for clip, group in zip(clips, groups, strict=True):
                within.setdefault(clip, set()).add(group)
            apart = sum(len(own) > 1 for clip, own in within.items() if clip)
            # Of one clip alone, or none, nothing is told by which it is.
            if apart and len(within) > 1:
                told = self._by_heart("clip", clips)
                said = f"folds part what is asked of {apart} clips"
                if told is not None:
                    self._say(
                        "alarm",
                        "clip",
                        f"{said}, and which clip it is tells it ({told:.2f}), so its label can be "
                        "learnt by heart: give all questions of a clip one group",
                    )
                else:
                    self._say("note", "clip", f"{said}; which clip it is does not tell it")
        if isinstance(self.states, Store) and not any(row.texts for row in self.rows):
            told = self._by_heart("prompt", self.states.told("prompt_sha256", ids))
            if told is not None:
                self._say(
                    "alarm",
                    "prompt",
                    f"which prompt it is tells it ({told:.2f}), whatever is shown: give the texts "
                    "of the targets, so that it is known what the states add to words",
                )

    def _clips(self) -> Sequence[Hashable]:
        """What stands for the clip of each row; empty where that is not known."""
        ids, states = list(self.found.item_ids), self.states
        if isinstance(states, Store) and any(shown := states.told("media_sha256", ids)):
            return shown
        if "media" in states.sites and not (
            isinstance(states, Store) and set(ids) - set(states.having("media"))
        ):
            out: list[Hashable] = []
            for start in range(0, len(ids), 1024):
                part = states.states(states.layers[-1], "media", ids[start : start + 1024])
                out += [state.tobytes() for state in part]
            return out
        return states.told("scene_id", ids) if isinstance(states, Store) else [""] * len(ids)

    def _by_heart(self, name: str, keys: Sequence[Hashable]) -> float | None:
        """Area of what rows of one key say of those in other folds; None: no more than chance.

        Of the rows whose key was learnt from alone, so that some such keys are found among many.
        """
        setup = self.setup
        place = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        key = np.array([place[one] for one in keys])
        # Drawn here, where the probe may have none: nothing is fitted to them.
        _, drawn = null_labels(setup.labels[0], self.found.groups, DRAWS, setup.seed)
        labels = np.concatenate([setup.labels[:1], drawn]).astype(float)
        score, known = np.zeros(labels.shape), np.zeros(len(key), bool)
        for fold in np.unique(self.found.fold):
            held = self.found.fold == fold
            counts = np.bincount(key[~held], minlength=len(place))
            known |= held & (counts[key] > 0)
            for row, own in enumerate(labels):
                apart = own[~held] - own[~held].mean()
                sums = np.bincount(key[~held], weights=apart, minlength=len(place))
                score[row, held] = (sums / (counts + 1))[key[held]]
        told = areas(score[:, known].T, labels[:, known].T.astype(bool))
        null = told[1:][~np.isnan(told[1:])]
        if np.isnan(told[0]):
            return None
        spread = max(float(null.std(ddof=1)), _LEAST_DEVIATION) if len(null) > 1 else np.inf
        mean = float(null.mean()) if len(null) else 0.5
        if mean + ALARM * spread >= 1:
            self._mute(name, len(null) > 1)
        return float(told[0]) if told[0] > mean + ALARM * spread else None

    def _early(self) -> None:
        null = self.found.null
        for point in self.found.curve:
            value = point.auroc.value
            if null is None or value is None or point.depth > _EARLY:
                continue
            if (value - null.mean) / max(null.deviation, _LEAST_DEVIATION) > ALARM:
                self._say(
                    "note",
                    "early",
                    f"{point.layer}, at {100 * point.depth:.0f} % of the depth, tells it already "
                    f"({value:.2f})",
                )


def _figure(control: Control) -> str:
    return f"AUROC {control.auroc.text('line', 'plain')}"


def _read(matrix: NDArray[Any], setup: Setup, *, standardise: bool = True) -> Search:
    return search(lambda _: Design(matrix, standardise=standardise), ["all"], ["all"], setup)


def _without(design: Design, basis: Floats) -> Design:
    """The matrix less what lies along columns (n, p), orthonormal and of mean 0."""
    along = design.sums(basis.T.astype(design.kind))

    def parts() -> Iterator[NDArray[Any]]:
        for own, part in design.parts():
            yield part - basis[own].astype(design.kind) @ along

    return Design(parts)


def _gain(
    design: Design,
    logits: Floats,
    positive: NDArray[np.bool_],
    inner: NDArray[np.int64],
    cs: Sequence[float],
) -> Floats:
    """Bits that states add to a reader's logit in each row, learnt from the rows with a fold.

    The logit is recalibrated on its inner held-out values (Cox 1958); C is chosen by the inner
    folds' log-loss, among others one so small that the states say next to nothing.
    """
    learnt = inner >= 0
    y = positive[:, None].astype(np.uint8)
    line = Design(logits[:, None].astype(np.float64)).fit(y, learnt[:, None], 10.0)
    offset = np.asarray(line.logits(logits[:, None].astype(np.float64)))
    strengths = np.array([1e-6, *cs])
    folds = int(inner.max()) + 1
    weights = np.stack([learnt & (inner != fold) for fold in range(folds + 1)], axis=1)
    m = (folds + 1) * len(strengths)
    found = design.fit(
        np.repeat(y, m, axis=1),
        np.repeat(weights, len(strengths), axis=1),
        np.tile(strengths, folds + 1),
        offset=np.repeat(offset, m, axis=1),
    )
    z = (design.logits(found) + offset).reshape(len(y), folds + 1, len(strengths))
    sign = np.where(positive, -1.0, 1.0)
    loss = np.logaddexp(0, sign[:, None, None] * z) / np.log(2)
    held = [loss[inner == fold, fold] for fold in range(folds)]
    best = int(np.concatenate(held).mean(axis=0).argmin())
    alone = np.logaddexp(0, sign * offset[:, 0]) / np.log(2)
    return np.asarray(alone - loss[:, folds, best])
