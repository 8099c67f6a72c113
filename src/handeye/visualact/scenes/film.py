"""What an event kind makes: a clip as a value, before a pixel is drawn.

A kind is a function ``(draw, backward) -> Film``: it draws the numbers of one clip, and everything
else (the picture at a time, the true actions, where the evidence lies) follows from them. Its rules
for the true actions are data, so that the documentation and the checks read the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from handeye.sets.draw import Draw
from handeye.visualact.records import Action
from handeye.visualact.scenes.drawing.canvas import Canvas

Paint = Callable[[Canvas, float], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One action that a kind of event may call for.

    Args:
        texts: at least two wordings, the first is the main one; ``{name}`` stands for a fact of
            the clip.
        proactive: averts or prepares for something still to come; otherwise it answers what has
            happened or what somebody asks for.
        levels: Action Prioritization Level (0..4) to the condition under which it holds.
        why: the reason, for the documentation.
    """

    texts: tuple[str, ...]
    proactive: bool
    levels: Mapping[int, str]
    why: str

    def at(self, level: int, **facts: str) -> Action:
        """The action of this rule at one of its levels.

        Raises:
            ValueError: the rule has no such level.
        """
        if level not in self.levels:
            raise ValueError(f"level {level} is not among {sorted(self.levels)}: {self.texts[0]}")
        first, *others = (text.format(**facts) for text in self.texts)
        return Action(first, level, self.proactive, tuple(others))


@dataclass(frozen=True, slots=True)
class Film:
    """One clip as a value.

    Attributes:
        seconds: length.
        evidence: first and last second between which what calls for the actions can be seen.
        actions: what ought to be done.
        facts: the numbers and words that the levels follow from, for the clip's record.
        backdrop: draws what stands still, once.
        paint: draws what moves, at a time in seconds.
    """

    seconds: float
    evidence: tuple[float, float]
    actions: tuple[Action, ...]
    facts: Mapping[str, float | str]
    backdrop: Callable[[Canvas], None]
    paint: Paint
    distractors: tuple[str, ...] = ()


Make = Callable[[Draw, bool], Film]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event: how to make a film of it, and its rules.

    ``reversible`` kinds come in pairs: the backward film is the forward one from its last frame to
    its first, and calls for other actions. ``backward_rules`` are those of the backward film.
    """

    name: str
    scenario: str
    shows: str
    make: Make
    rules: Sequence[Rule] = ()
    backward_shows: str = ""
    backward_rules: Sequence[Rule] = field(default=())

    @property
    def reversible(self) -> bool:
        """Whether only the direction of time tells what is called for."""
        return bool(self.backward_shows)

    @property
    def idle(self) -> bool:
        """Whether it never calls for anything."""
        return not self.rules and not self.backward_rules
