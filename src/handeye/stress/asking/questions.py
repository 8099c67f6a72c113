"""How a set is asked: in which form, with which picture, in which order of options and cue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from handeye.answer_kinds.choice import LETTERS
from handeye.errors import DataError, OptionError, allowed
from handeye.media.sent import data_url, hashed, png_of, refuse_changed
from handeye.media.view import read_view
from handeye.printing import blank
from handeye.run.answers import Answer
from handeye.run.choices import check_order
from handeye.run.letters import ASKED_FOR, tells_letters
from handeye.run.questions import Media, Opening, PictureLoad, Question, Turn
from handeye.stress.asking import prompts
from handeye.stress.asking.detection import Detections, Detector, name_of
from handeye.stress.item_set import ItemSet
from handeye.stress.items import Item
from handeye.stress.scoring.predictions import (
    ABLATIONS,
    FORMS,
    FREE,
    PLAIN,
    WAYS,
    Ablation,
    Form,
    Way,
    form_of,
)

if TYPE_CHECKING:
    from inspect_ai.model import GenerateConfig

GREY = 128
"""Shade of the picture that is shown in place of one."""
NOTED = ("form", "order", "ablation", "state_first", "way")
"""What scoring reads of how an item was asked, from the identity of its question."""
DETECTOR_SECONDS = "detector_seconds"
"""What answers remember of how long a detector took over their picture."""
SMALL = "handeye/stress-small"
# Characters of a likely answer.
_LETTER, _WORD, _STATED, _TOLD = 1, 5, 60, 300


@dataclass(frozen=True, slots=True)
class Asking:
    """How pictures are shown and asked about; every item in a conversation of its own.

    Attributes:
        form: of answers, ``free`` or ``letters``.
        option_order: ``set`` or ``shuffle:SEED``.
        cue_order: where cues of words stand: ``set``, ``before`` or ``behind`` the question.
        state_first: ask the model for what it sees before it answers.
        way: how a question is put (:data:`handeye.stress.scoring.predictions.Way`).
        detector: what finds things where that is ``detector``; None takes the set's own boxes.
        ablation: what is shown in place of the picture: ``grey``, or by ``swap`` one of another
            group, the same to both items of a prompt; empty: nothing.
        letters: whether the provider is asked for log-probabilities of the options; None: where it
            is known to give them. What comes unasked is kept.
    """

    form: Form = FREE
    option_order: str = "set"
    cue_order: prompts.CueOrder = "set"
    state_first: bool = False
    way: Way = PLAIN
    detector: Detector | None = None
    ablation: Ablation = ""
    letters: bool | None = None
    scenes_held: ClassVar[int | None] = None
    sends: ClassVar[frozenset[str]] = frozenset({"image"})

    def __post_init__(self) -> None:
        """Refuse values that are not allowed.

        Raises:
            OptionError: names the option, what is allowed and what came.
        """
        if self.form not in FORMS:
            raise OptionError(f"form is {self.form!r}{allowed(self.form, FORMS)}")
        check_order(self.option_order, "set")
        prompts.check_cue_order(self.cue_order)
        if self.ablation not in ABLATIONS:
            names = [name for name in ABLATIONS if name]
            raise OptionError(f"ablation is {self.ablation!r}{allowed(self.ablation, names)}")
        if self.way not in WAYS:
            raise OptionError(f"way is {self.way!r}{allowed(self.way, WAYS)}")
        if self.way != PLAIN and self.state_first:
            raise OptionError(
                f"the way {self.way} has its own place for what is seen: leave out state_first"
            )
        if self.way == "detector" and self.ablation:
            raise OptionError("a detector sees the item's own picture: leave out grey and swap")
        if self.detector is not None and self.way != "detector":
            raise OptionError("a detector is for the way detector alone")
        if self.detector is not None and not callable(self.detector):
            raise OptionError(
                f"detector must be a function of a picture, got {type(self.detector).__name__}; "
                "without one the set's own boxes are told"
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what makes two runs ask the same."""
        return {
            "form": self.form,
            **({} if self.form == FREE else {"option_order": self.option_order}),
            **({} if self.cue_order == "set" else {"cue_order": self.cue_order}),
            **({"state_first": True} if self.state_first else {}),
            **({} if self.way == PLAIN else {"way": self.way}),
            **({"detector": name_of(self.detector)} if self.way == "detector" else {}),
            **({"ablation": self.ablation} if self.ablation else {}),
            **({} if self.form == FREE else {"letters": self.letters}),
            "prompt_version": prompts.VERSION,
        }

    def fitted(self, model: str) -> Self:
        """The asking as the model's provider can take it."""
        if self.letters is not None or self.form == FREE:
            return self
        # The small model of the suite is asked as any local one is.
        return replace(self, letters=tells_letters(model) or model == SMALL)

    def prompt(self, item: Item, found: str = "") -> str:
        """The words that go out first with an item's picture.

        Args:
            item: that is asked.
            found: what a detector found in its picture, in words.

        Raises:
            DataError: the question has a tag of the written form.
            OptionError: a letter is asked for, and the item has no options; or the words hang on
                a detector, and nothing is known of what it found.
        """
        if self.way == "agent":
            return self._steps(item)[0]
        how: dict[str, Any] = {"cue_order": self.cue_order}
        asked = (item, self.form, prompts.order_of(item, self.option_order))
        if self.way == "written":
            return prompts.written_of(*asked, **how)
        words = prompts.prompt_of(*asked, state_first=self.state_first, **how)
        if self.way != "detector":
            return words
        if not found:
            raise OptionError("what is asked hangs on what a detector finds: ask in another way")
        return f"{found}\n\n{words}"

    def _steps(self, item: Item) -> tuple[str, ...]:
        order = prompts.order_of(item, self.option_order)
        return prompts.steps_of(item, self.form, order, cue_order=self.cue_order)

    def questions(self, items: ItemSet) -> Iterator[Question]:
        """One question an item; reads each file once, for its hash.

        Raises:
            DataError: a file cannot be read.
            OptionError: a letter is asked for of items without options; with ``swap``, a set of
                one group.
        """
        known: dict[Path, str] = {}
        swapped = _swaps(items) if self.ablation == "swap" else {}
        # An agent's letters are asked for in its last turn.
        asked, config = self.as_dict(), None if self.way == "agent" else self._config()
        grey = GREY if self.ablation == "grey" else None
        detections = Detections(items, self.detector) if self.way == "detector" else None
        for item in items:
            form = form_of(item, self.form)
            if not item.picture and self.way in ("detector", "agent"):
                raise DataError(
                    f"item {item.item_id} is asked without a picture: no {self.way} can look at it"
                )
            found, took = ("", None) if detections is None else detections.of(item)
            words = self.prompt(item, found)
            order = () if form == FREE else prompts.order_of(item, self.option_order)
            if not item.picture:
                yield self._of_words(item, words, order, asked, config)
                continue
            shown = swapped.get(item.scene_id, item)
            path = items.path(shown)
            sha256 = hashed(path, known)
            identity = {
                **asked,
                **({"order": list(order)} if order else {}),
                **({"steps": list(self._steps(item))} if self.way == "agent" else {}),
                "image": sha256,
                "parts": [None, words],
            }
            note = {
                **{name: identity[name] for name in NOTED if name in identity},
                "media_sha256": sha256,
                **({"picture": shown.picture_id} if shown is not item else {}),
                **({} if took is None else {DETECTOR_SECONDS: round(took, 4)}),
            }
            load = None if grey is None else partial(_load, path, sha256)
            yield Question(
                item.item_id,
                item.scene_id,
                identity,
                (Media(path, "image", sha256, load),),
                partial(_opening, item.item_id, path, sha256, shown.sha256, grey, words, note),
                config=config,
                likely=self._likely(identity, form),
                letters=() if self.way == "agent" else tuple(LETTERS[: len(order)]),
            )

    def _likely(self, identity: Mapping[str, Any], form: Form) -> tuple[Turn, ...]:
        """How long the turns of a question and their answers are, in characters."""
        answer = _WORD if form == FREE else _LETTER
        if self.way == "agent":
            first, second, last = map(len, identity["steps"])
            return Turn(first, _TOLD), Turn(second, _TOLD), Turn(last, answer)
        answer = _STATED if self.state_first else _TOLD if self.way == "written" else answer
        return (Turn(len(identity["parts"][-1]), answer),)

    def _of_words(
        self,
        item: Item,
        words: str,
        order: tuple[int, ...],
        asked: Mapping[str, Any],
        config: GenerateConfig | None,
    ) -> Question:
        """A question that a published set asks without a picture."""
        identity = {**asked, **({"order": list(order)} if order else {}), "parts": [words]}
        note = {name: identity[name] for name in NOTED if name in identity}
        return Question(
            item.item_id,
            item.scene_id,
            identity,
            (),
            partial(_words_alone, item.item_id, words, note),
            config=config,
            likely=self._likely(identity, form_of(item, self.form)),
            letters=tuple(LETTERS[: len(order)]),
        )

    def follow_up(self, asked: Question, answer: Answer) -> Question | None:
        """An agent's next step; nothing after its last, or where it says nothing, or refuses."""
        steps = asked.identity.get("steps", ())
        number = len(asked.turns) // 2 + 1
        if number >= len(steps) or answer.state == "refused" or blank(answer.raw_text):
            return None
        turns = (*asked.turns, answer.raw_text, steps[number])
        last = number + 1 == len(steps)
        return replace(
            asked,
            identity={**asked.identity, "parts": [None, steps[0], *turns]},
            turns=turns,
            config=self._config() if last else None,
            letters=tuple(LETTERS[: len(asked.identity.get("order", ()))]) if last else (),
        )

    def _config(self) -> GenerateConfig | None:
        """Log-probabilities, where they are asked for."""
        if not self.letters or self.form == FREE:
            return None
        from inspect_ai.model import GenerateConfig

        return GenerateConfig(logprobs=True, top_logprobs=ASKED_FOR)


def _swaps(items: ItemSet) -> dict[str, Item]:
    """For every group the first item of another one, whose picture is shown throughout.

    Groups are gone through in the order of the set, from half of it on; the first one of another
    family is taken, or, where all are of one, the first. One picture for a whole group: if each
    were shown another, looking at those might tell the group's own apart.

    Raises:
        OptionError: there is no other group.
    """
    groups: dict[str, Item] = {}
    for item in items:
        if item.picture:
            groups.setdefault(item.scene_id, item)
    names = list(groups)
    if len(names) < 2:
        raise OptionError(f"{items.name}: holds one group, and swapping pictures needs another one")
    several = len({one.family for one in groups.values()}) > 1
    out: dict[str, Item] = {}
    for at, name in enumerate(names):
        turned = (names[(at + len(names) // 2 + step) % len(names)] for step in range(len(names)))
        others = (groups[one] for one in turned if one != name)
        family = groups[name].family
        out[name] = next(one for one in others if not several or one.family != family)
    return out


def _load(path: Path, sha256: str) -> list[PictureLoad]:
    """A grey picture, for the dry run."""
    return [PictureLoad(*read_view(path).size, len(png_of(path, sha256, GREY)))]


def _words_alone(item_id: str, words: str, note: Mapping[str, Any]) -> Opening:
    from inspect_ai.model import ChatMessageUser

    return Opening([ChatMessageUser(content=words, metadata={"item_id": item_id})], note)


def _opening(
    item_id: str,
    path: Path,
    sha256: str,
    expected: str,
    grey: int | None,
    words: str,
    note: Mapping[str, Any],
) -> Opening:
    """The picture and the question, and beside them the item's id, which no provider sends.

    Raises:
        DataError: the file cannot be used, or is not the one that the row was written for.
    """
    from inspect_ai.model import ChatMessageUser, ContentImage, ContentText

    refuse_changed(path, sha256, expected)
    url = data_url(png_of(path, sha256, grey), "image/png")
    message = ChatMessageUser(
        content=[ContentImage(image=url), ContentText(text=words)], metadata={"item_id": item_id}
    )
    return Opening([message], note)
