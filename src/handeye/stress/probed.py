"""What is asked of hidden states about a set: the answer to :class:`handeye.suite.Probed`.

``value: red`` is which of the two values is true of the picture, asked of groups that have it.
``cue false`` is whether a cue, in words or drawn, is false of the picture; ``not there`` whether
what a question presupposes is missing. The set is crossed: of one prompt each is so of one picture
and not of the other, so the words alone tell nothing. ``thing`` and ``colour: red`` are what a
patch of the picture shows, asked of the picture's own tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from handeye.answer_kinds.choice import LETTERS
from handeye.errors import OptionError
from handeye.scores.run_folder import ScoredRun
from handeye.sets.draw import Draw
from handeye.states.acting import Action
from handeye.states.protocol import Fixed
from handeye.states.regions import Evidence, Region, box_region
from handeye.states.targets import Target
from handeye.stress.asking.prompts import order_of, with_cue
from handeye.stress.asking.questions import Asking
from handeye.stress.item_set import ItemSet
from handeye.stress.items import NO_SUCH, Item, Picture
from handeye.stress.scoring.predictions import FREE, form_of

PATCHES = 16
"""A picture is asked about by so many times so many patches, whatever the model cuts it into: by
those that show things, and by as many of the ground."""
_CUE, _OTHER = 0, 1
"""Roles of the options under a cue: what it says, and the other value; the others follow."""


class StressProbed:
    """Targets of pictures that differ by one edit."""

    # Families whose questions have four options: a chain wants as many of all.
    fixed = Fixed(
        made={"families": "attribute,count,text,grid,odd,part", "cues": "context,leading"},
        asked={"form": "letters"},
        sites="last,media",
        targets=("cue false", "value"),
        letters=True,
    )

    def targets(self, items: ItemSet, asking: Asking | None = None) -> Iterator[Target]:
        """Targets item by item, and those of patches picture by picture.

        Siblings by role: ``media`` has the same prompt about the picture of the other truth,
        ``question`` asks about the same picture with the other cue in words, ``other`` in the same
        words about a picture of the same truth with the other label or companion. Strata of
        ``value`` begin with the family, those of the others with the sort of cue. Patches are left
        out where the set has no masks.

        Args:
            items: of any set.
            asking: how they are asked; None: freely.

        Raises:
            DataError: a mask cannot be read.
            OptionError: a letter is asked for of an item without options.
        """
        asked = asking or Asking()
        siblings = _Siblings(items.items)
        shown: set[str] = set()
        for item in items:
            prompt = asked.prompt(item)
            one = Target(
                item_id=item.item_id,
                target=f"value: {item.truth}",
                label=1,
                group=item.scene_id,
                strata={"family": item.family, "cue": item.cue or "none", **_level(item)},
                texts={"question": item.question, "prompt": prompt},
                spans=_spans(item, asked),
                siblings=siblings.of(item),
            )
            one = replace(one, sites=("last", *(f"span:{name}" for name in one.spans)))
            if item.picture_id not in shown:
                shown.add(item.picture_id)
                yield from _patches(items, item, one)
            if item.cue == "other":
                yield replace(
                    one, target="not there", label=int(item.gold == NO_SUCH), strata=_sort(item)
                )
                continue
            for value in item.values:
                yield replace(one, target=f"value: {value}", label=int(value == item.truth))
            if item.cue:
                yield _cue_false(item, one, asked)

    def actions(self, run: ScoredRun) -> Iterator[Action]:
        """None: items have no cells."""
        yield from ()

    def evidence(self, items: ItemSet, asking: Asking | None = None) -> Iterator[Evidence]:
        """The box in which a picture differs from the one of the other truth, by family.

        With it goes the set's control box, which tells nothing; where the set found no room for
        one, the evidence is moved elsewhere, and may cover a part of what is asked about. Compared
        are the letters of all options, or the two values of a free answer; none where what is seen
        is to be said first. Left out are items about something beside what is asked (``other``),
        and pictures of which the set does not say.

        Raises:
            OptionError: another picture is shown, or none.
        """
        asked = asking or Asking()
        if asked.ablation:
            raise OptionError(
                "where evidence lies is known of the items' own pictures: leave out --grey, --swap"
            )
        for item in items:
            picture = items.pictures.get(item.picture_id)
            if picture is None or item.cue == "other":
                continue
            right, options = _compared(item, asked)
            yield Evidence(
                item_id=item.item_id,
                group=item.scene_id,
                stratum=item.family,
                region=_box(picture, picture.evidence),
                control=None if picture.control is None else _box(picture, picture.control),
                right=right,
                options=options,
            )


def _box(picture: Picture, box: tuple[int, int, int, int]) -> Region:
    wide, tall = picture.width, picture.height
    return box_region((box[0] / wide, box[1] / tall, box[2] / wide, box[3] / tall))


def _compared(item: Item, asked: Asking) -> tuple[str, tuple[str, ...]]:
    """How the right answer begins, and how those do that it is compared with."""
    if asked.state_first:
        return "", ()
    if form_of(item, asked.form) == FREE:
        return item.truth, item.values
    order = order_of(item, asked.option_order)
    letters = tuple(LETTERS[: len(order)])
    return letters[order.index(item.options.index(item.gold))], letters


def _cue_false(item: Item, one: Target, asked: Asking) -> Target:
    """Whether the cue is false of the picture; then the other value is right, and not what it says.

    Letters have the roles of what they are to the cue.
    """
    false = item.cue_value != item.truth
    roles: tuple[int, ...] = ()
    if asked.form == "letters":
        others = [value for value in item.values if value != item.cue_value]
        said = list(dict.fromkeys([item.cue_value, *others, *item.options]))
        order = order_of(item, asked.option_order)
        roles = tuple(said.index(item.options[place]) for place in order)
    return replace(
        one,
        target="cue false",
        label=int(false),
        strata=_sort(item),
        roles=roles,
        rejection=_OTHER if roles else -1,
        right=(_OTHER if false else _CUE) if roles else -1,
    )


def _sort(item: Item) -> dict[str, str]:
    sort = "drawn" if item.cue_is_drawn else "words"
    return {"sort": sort, "cue": item.cue, "family": item.family, **_level(item)}


def _level(item: Item) -> dict[str, str]:
    return {} if item.level is None else {"level": str(item.level)}


def _spans(item: Item, asked: Asking) -> dict[str, str]:
    """The question, and the cue in it, as they stand in a prompt."""
    out = {"question": with_cue(item, asked.cue_order)}
    if item.cue_span is not None:
        start, end = item.cue_span
        out["cue"] = item.question[start:end]
    return out


def _patches(items: ItemSet, item: Item, one: Target) -> Iterator[Target]:
    """What the patches of a picture show; any item about it has the states of its tokens."""
    picture = items.pictures.get(item.picture_id)
    if picture is None:
        return
    # So large that no more than these patches cover it; the last ones may be cut off.
    patch = -(-max(picture.width, picture.height) // PATCHES)
    classes = items.patch_classes(picture, patch)
    inks = ["", *(str(thing.get("colour", "")) for thing in picture.objects)]
    seen = sorted({inks[number] for number in classes.ravel().tolist()} - {""})
    one = replace(
        one, strata={"family": item.family}, texts={}, spans={}, siblings={}, sites=("grid",)
    )
    kinds = classes.ravel().tolist()
    ground = [place for place, kind in enumerate(kinds) if not kind]
    room = min(len(ground), len(kinds) - len(ground))
    drawn = Draw(0, "probed patches", item.picture_id).sample(len(ground), room)
    left_out = {*ground} - {ground[number] for number in drawn}
    for place, kind in enumerate(kinds):
        if place in left_out:
            continue
        row, col = divmod(place, classes.shape[1])
        x, y = ((at + 0.5) * patch for at in (col, row))
        cell = replace(
            one,
            target="thing",
            label=int(kind > 0),
            place=place,
            spot=(min(1.0, x / picture.width), min(1.0, y / picture.height)),
            numbers={"row": row, "col": col},
        )
        yield cell
        for colour in seen if kind else ():
            yield replace(cell, target=f"colour: {colour}", label=int(inks[kind] == colour))


class _Siblings:
    """Items that differ from one in a single thing."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._prompts: dict[str, list[Item]] = defaultdict(list)
        self._cues: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
        for item in items:
            if item.prompt_id:
                self._prompts[item.prompt_id].append(item)
            if item.cue_value:
                self._cues[item.scene_id, item.cue, item.truth].append(item)

    def of(self, item: Item) -> dict[str, str]:
        """Item by role."""
        out: dict[str, str] = {}
        for other in self._prompts.get(item.prompt_id, ()):
            if other.gold != item.gold and other.cue_value == item.cue_value:
                out.setdefault("media", other.item_id)
        for other in self._cues.get((item.scene_id, item.cue, item.truth), ()):
            if item.cue_value and other.cue_value != item.cue_value:
                out.setdefault("other" if item.cue_is_drawn else "question", other.item_id)
        return out
