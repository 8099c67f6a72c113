"""Dynamic Navigation: streets on which nothing is called for."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import person, some_look, walking
from handeye.visualact.scenes.drawing.motion import between, lerp, ramp
from handeye.visualact.scenes.drawing.vehicles import PAINTS, front, side, van
from handeye.visualact.scenes.events.road import KERB, ROAD, ground, size, some_street
from handeye.visualact.scenes.events.street import crossing, traffic_light
from handeye.visualact.scenes.events.windscreen import drive
from handeye.visualact.scenes.film import Film, Kind


def quiet_drive(draw: Draw, backward: bool) -> Film:
    """A drive on which nothing is called for: traffic in its own lanes, people on the pavement."""
    speed, seconds = between(draw, 5, 10), between(draw, 3.2, 4.8)
    street = some_street(draw, speed)
    shown = draw.pick(("parked van", "walker", "oncoming", "green light"))
    look, color = some_look(draw), draw.pick(PAINTS)
    away = between(draw, 6, 10)

    def paint(c: Canvas, t: float) -> None:
        z = away + speed * (seconds - t)
        if shown == "parked van":
            x, y = ground(KERB + 0.95, z)
            van(c, x, y, size(1.95, z), color)
        elif shown == "walker":
            x, y = ground(4.0, z)
            person(c, x, y, size(1.7, z), look, walking(2.0 * t, 0))
        elif shown == "oncoming":
            z = away + 1.6 * speed * (seconds - t)
            x, y = ground(-3.6, z)
            front(c, x, y, size(1.8, z), color)
        else:
            crossing(c, z)
            traffic_light(c, *ground(KERB + 0.3, z - 0.8), size(1.0, z - 0.8), "green")

    return drive(draw, seconds, street, paint, [], (0.0, seconds), {"shown": shown, "speed": speed})


def waits_at_red(draw: Draw, backward: bool) -> Film:
    """We stand at a red light as we should, and the cross traffic passes before us."""
    seconds = between(draw, 3.2, 4.8)
    street, z = some_street(draw, 0.0), between(draw, 6.6, 7.6)
    cars = [
        (draw.pick((-1, 1)), draw.pick(PAINTS), between(draw, 0.0, 0.5), between(draw, 6, 9))
        for _ in range(draw.integer(1, 2))
    ]
    look, walks = some_look(draw), draw.below(2) == 1
    paved = between(draw, 2.4, 2.6)

    def paint(c: Canvas, t: float) -> None:
        near, beyond = z + 3.6, z + 11.5
        c.poly([ground(-40, near), ground(-40, beyond), ground(40, beyond), ground(40, near)], ROAD)
        crossing(c, z)
        for i, (way, color, wait, speed) in enumerate(cars):
            far = z + 9.0 - 3.2 * i
            x = way * (-9.0 - 4.0 * i + speed * max(0.0, t - wait))
            side(c, *ground(x, far), size(4.2, far), color, way, x / 1.9)
        if walks:
            px, py = ground(lerp(paved, paved + 0.6, ramp(t, 0, seconds)), z + 1.5)
            person(c, px, py, size(1.7, z + 1.5), look, walking(0.6 * t, 1, stride=0.6))
        traffic_light(c, *ground(KERB + 0.3, z - 0.8), size(1.0, z - 0.8), "red")

    facts: dict[str, float | str] = {"cars": len(cars), "walker": "yes" if walks else "no"}
    return drive(draw, seconds, street, paint, [], (0.0, seconds), facts, oncoming=False)


KINDS = (
    Kind("quiet_drive", "navigation", "nothing that concerns us", quiet_drive),
    Kind("waits_at_red", "navigation", "we stand at a red light, others pass", waits_at_red),
)
