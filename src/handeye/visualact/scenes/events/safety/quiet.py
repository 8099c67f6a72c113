"""Safety and Monitoring: places where nothing is called for, though something moves."""

from __future__ import annotations

from handeye.sets.draw import Draw
from handeye.visualact.scenes.drawing.canvas import Canvas
from handeye.visualact.scenes.drawing.figures import Look, Pose, person, some_look, walking
from handeye.visualact.scenes.drawing.motion import between, lerp, ramp, wave
from handeye.visualact.scenes.events.safety.camera import watch
from handeye.visualact.scenes.events.safety.indoors import corridor
from handeye.visualact.scenes.film import Film, Kind


def quiet_corridor(draw: Draw, backward: bool) -> Film:
    """Somebody mops the floor of a corridor or walks along it with a folder."""
    seconds, place = between(draw, 3.6, 4.8), corridor(draw)
    look, other = some_look(draw), some_look(draw)
    shown = draw.pick(("cleaner", "walkers", "cleaner and walker"))
    x, y = between(draw, 120, 160), between(draw, 216, 236)
    first, last = between(draw, 152, 164), between(draw, 196, 214)

    def paint(c: Canvas, t: float) -> None:
        if "walker" in shown:
            row = lerp(first, last, ramp(t, 0, seconds))
            _walker(c, 232 + 0.3 * (row - 150), row, 1.72 * place.metre(row), other, t)
        if shown == "walkers":
            row = lerp(last + 14, first, ramp(t, 0, seconds))
            tall = 1.66 * place.metre(row)
            pose = walking(1.7 * t, 0)
            c.shadow(146, row, 0.2 * tall, 0.05 * tall)
            away = Pose(pose.step, pose.stride, pose.left, pose.right, eyes=False)
            person(c, 146, row, tall, look, away)
        else:
            _cleaner(c, x, y, 1.7 * place.metre(y), look, t)

    return watch(draw, seconds, place, paint, [], (0.0, seconds), {"shown": shown}, busy=True)


def _walker(c: Canvas, x: float, y: float, tall: float, look: Look, t: float) -> None:
    """Somebody who comes along with a folder under the arm."""
    c.shadow(x, y, 0.2 * tall, 0.05 * tall)
    person(c, x, y, tall, look, walking(1.7 * t, 0))
    c.rect(x + 0.08 * tall, y - 0.6 * tall, 0.17 * tall, 0.12 * tall, "#e9d9a8", round=1)


def _cleaner(c: Canvas, x: float, y: float, tall: float, look: Look, t: float) -> None:
    """Somebody who wipes the floor, with a bucket and a yellow warning sign."""
    c.shadow(x, y, 0.24 * tall, 0.05 * tall)
    wipe = 0.16 * wave(t, 1.4)
    head = (x + (0.34 + wipe) * tall, y + 0.06 * tall)
    person(c, x, y, tall, look, Pose(left=(0.1, 0.12), right=(0.16 + wipe / 3, 0.22), lean=5))
    c.stroke([(x + 0.18 * tall, y - 0.62 * tall), head], 2.6, "#b98a4e")
    c.oval(*head, 0.13 * tall, 0.035 * tall, "#e8e4da")
    bx, by = x - 0.42 * tall, y + 0.05 * tall
    c.poly([(bx - 12, by - 20), (bx + 12, by - 20), (bx + 9, by), (bx - 9, by)], "#4c86b8")
    sx, sy = x + 0.85 * tall, y + 0.08 * tall
    c.poly([(sx, sy - 30), (sx + 12, sy), (sx - 12, sy)], "#f0c437")
    c.rect(sx - 1.2, sy - 20, 2.4, 10, "#2b2f36")
    c.disc(sx, sy - 6, 1.6, "#2b2f36")


KINDS = (Kind("quiet_corridor", "safety", "somebody mops or walks a corridor", quiet_corridor),)
