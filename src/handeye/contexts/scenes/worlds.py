"""The worlds of the box: what of each makes a scene, and which scene of a set is of which world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from handeye.contexts.authored import Context, Question, Region, Scene
from handeye.contexts.scenes import aisle, desk, kitchen
from handeye.contexts.scenes.drawing import Drawn
from handeye.contexts.scenes.rounds import ROUND, Rounds


class World(NamedTuple):
    """A world.

    Attributes:
        name: group of its scenes.
        title: for people.
        state: what a picture shows.
        drawn: the picture of it, and where its things are.
        sees: what every rule needs to know of it, given regions by name of a thing.
        contexts: what is to be done, likewise.
    """

    name: str
    title: str
    state: Callable[[Rounds], Any]
    drawn: Callable[[Any], Drawn]
    sees: Callable[[Any, dict[str, Region]], Iterator[Question]]
    contexts: Callable[[Any, dict[str, Region]], Iterator[Context]]


WORLDS = tuple(
    World(name, title, room.state, room.drawn, room.sees, room.contexts)
    for name, title, room in (
        ("kitchen", "a kitchen counter", kitchen),
        ("desk", "the page of an order", desk),
        ("aisle", "an aisle of a warehouse", aisle),
    )
)
"""In the order in which they take turns."""
WHOLE = len(WORLDS) * ROUND
"""Scenes over which every world is balanced."""


class Made(NamedTuple):
    """A scene of a set as it is made: its id, its world, what it shows, its picture."""

    name: str
    world: World
    shows: Any
    drawn: Drawn

    def scene(self, picture: str, split: str, sha256: str = "") -> Scene:
        """The scene as people would write it."""
        regions = {name: _region(corners) for name, corners in self.drawn.places.items()}
        return Scene(
            id=self.name,
            group=self.world.name,
            media=(picture,),
            sha256={picture: sha256} if sha256 else {},
            split=split,
            sees=tuple(self.world.sees(self.shows, regions)),
            contexts=tuple(self.world.contexts(self.shows, regions)),
        )


def made(seed: int, split: str, number: int) -> Made:
    """Which scene one of a set is: a pure function of these."""
    turn, place = divmod(number, len(WORLDS))
    world = WORLDS[place]
    shows = world.state(Rounds(seed, split, world.name, turn))
    return Made(name_of(split, number), world, shows, world.drawn(shows))


def name_of(split: str, number: int) -> str:
    """The id of a scene."""
    return f"{split}-{WORLDS[number % len(WORLDS)].name}-{number:05d}"


def _region(corners: tuple[tuple[float, float], ...]) -> Region:
    """Of two corners a box, of more a polygon."""
    if len(corners) == 2:
        (left, top), (right, bottom) = corners
        return Region(box=(left, top, right, bottom))
    return Region(polygon=corners)
