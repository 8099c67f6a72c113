"""A kitchen counter, drawn: a thing on a board, eggs in a rack, fruits in a bowl, a cloth.

SVG by resvg, without fonts, so that the same state gives the same pixels on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

import resvg_py

WIDTH, HEIGHT = 640, 420
"""Of a picture, in pixels."""
THINGS = ("knife", "glass", "loaf of bread", "pan")
SIDES = ("left", "right")
FRUITS = ("lemon", "tomato", "pear", "plum")
CLOTHS = {"red": "#c8453b", "blue": "#3f6fb5", "green": "#4b8f57", "yellow": "#e2b53b"}
"""Colours of the cloth, by name."""
MOST_EGGS = 6
_BOARD = (190, 300)
"""Width of the board, and the line of the counter that things stand on."""
Box = tuple[int, int, int, int]


class Counter(NamedTuple):
    """What a picture shows.

    Attributes:
        thing: on the board, one of :data:`THINGS`.
        side: on which the board lies.
        eggs: in the rack, 1 to :data:`MOST_EGGS`.
        fruits: in the bowl, of :data:`FRUITS`, in their order.
        cloth: its colour, a name of :data:`CLOTHS`.
    """

    thing: str
    side: str
    eggs: int
    fruits: tuple[str, ...]
    cloth: str


def draw(counter: Counter) -> bytes:
    """A picture as a PNG of :data:`WIDTH` x :data:`HEIGHT` pixels."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg(counter), skip_system_fonts=True))


def thing_box(counter: Counter) -> Box:
    """Where the thing on the board is: left, top, right, bottom, in pixels."""
    x = _board_x(counter.side)
    left, top, right, bottom = _BOXES[counter.thing]
    return x + left, top, x + right, bottom


def svg(counter: Counter) -> str:
    """A picture as SVG."""
    x = _board_x(counter.side)
    other = WIDTH - x - _BOARD[0]  # where the bowl stands
    parts = [
        _ROOM,
        _cloth(CLOTHS[counter.cloth], other + 20),
        _board(x),
        f'<g transform="translate({x} 0)">{_THINGS[counter.thing]}</g>',
        _rack(counter.eggs),
        _bowl(counter.fruits, other),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{_DEFS}{"".join(parts)}</svg>'
    )


def _board_x(side: str) -> int:
    return 28 if side == "left" else WIDTH - 28 - _BOARD[0]


_DEFS = """<defs>
<linearGradient id="wall" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#eef2ee"/>
<stop offset="1" stop-color="#dde5df"/></linearGradient>
<linearGradient id="top" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#d9b48a"/>
<stop offset="1" stop-color="#c39a6c"/></linearGradient>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#a9d4ee"/>
<stop offset="1" stop-color="#e3f3fa"/></linearGradient>
<linearGradient id="steel" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f4f6f8"/>
<stop offset="1" stop-color="#aeb7c0"/></linearGradient>
<radialGradient id="egg" cx=".4" cy=".35" r=".7"><stop offset="0" stop-color="#fff6ea"/>
<stop offset="1" stop-color="#e6c9a6"/></radialGradient>
</defs>"""
_TILES = "".join(
    f'<rect x="{64 * column + 2}" y="{52 * row + 2}" width="60" height="48" rx="3" fill="#fff" '
    'opacity=".45"/>'
    for row in range(5)
    for column in range(10)
)
_ROOM = f"""<rect width="640" height="270" fill="url(#wall)"/>{_TILES}
<rect x="238" y="22" width="164" height="128" rx="4" fill="#fff"/>
<rect x="246" y="30" width="148" height="112" fill="url(#sky)"/>
<circle cx="366" cy="56" r="13" fill="#f8dc7a"/>
<path d="M246 142V118q30-22 62-6t86-8v38z" fill="#8fb98a"/>
<path d="M320 30v112M246 86h148" stroke="#fff" stroke-width="5"/>
<rect x="228" y="148" width="184" height="9" rx="3" fill="#e9e4dc"/>
<rect y="250" width="640" height="118" fill="url(#top)"/>
<path d="M0 268h640M0 302h640M0 338h640" stroke="#b98f61" stroke-width="1.4" opacity=".45"/>
<rect y="366" width="640" height="10" fill="#a87e52"/>
<rect y="376" width="640" height="44" fill="#7f8f8a"/>
<path d="M213 376v44M427 376v44" stroke="#6d7c77" stroke-width="3"/>
<rect x="84" y="390" width="44" height="6" rx="3" fill="#d4dad7"/>
<rect x="298" y="390" width="44" height="6" rx="3" fill="#d4dad7"/>
<rect x="512" y="390" width="44" height="6" rx="3" fill="#d4dad7"/>"""


def _board(x: int) -> str:
    return (
        f'<ellipse cx="{x + 96}" cy="333" rx="100" ry="9" fill="#7a5a38" opacity=".35"/>'
        f'<path d="M{x + 16} 286h158l16 34q1 8-8 8H{x + 8}q-9 0-8-8z" fill="#b57f4c"/>'
        f'<path d="M{x + 16} 284h158l16 32H{x}z" fill="#d6a66f"/>'
        f'<path d="M{x + 14} 296h162M{x + 8} 306h174" stroke="#c4925c" stroke-width="1.5"/>'
    )


_THINGS = {
    "knife": """<path d="M26 306q58-16 100-10l3 9q-48 10-103 1z" fill="url(#steel)"
 stroke="#8b949d" stroke-width="1.2"/><path d="M34 305q48-8 92-5" stroke="#fff" fill="none"
 stroke-width="1.6"/><path d="M126 294l42-6q8-1 9 5t-6 8l-43 6z" fill="#2f2a28"/>
<circle cx="142" cy="298" r="2.4" fill="#b9c0c6"/><circle cx="158" cy="296" r="2.4"
 fill="#b9c0c6"/>""",
    "glass": """<ellipse cx="95" cy="308" rx="30" ry="6" fill="#7a5a38" opacity=".3"/>
<path d="M64 212h62l-7 94q-1 4-6 4H77q-5 0-6-4z" fill="#dff1f8" opacity=".75"/>
<path d="M67 246h56l-4 58q-1 3-5 3H76q-4 0-5-3z" fill="#86c3e4" opacity=".75"/>
<ellipse cx="95" cy="246" rx="28" ry="5" fill="#b5dff2"/>
<ellipse cx="95" cy="212" rx="31" ry="6" fill="none" stroke="#8fb3c4" stroke-width="2.4"/>
<path d="M64 212l7 94q1 4 6 4h36q5 0 6-4l7-94" fill="none" stroke="#8fb3c4"
 stroke-width="2.4"/><path d="M77 222l4 74" stroke="#fff" stroke-width="4" opacity=".8"/>""",
    "loaf of bread": """<ellipse cx="95" cy="310" rx="66" ry="7" fill="#7a5a38" opacity=".3"/>
<path d="M32 286q-6-36 28-40h72q34 4 28 40l-4 18q-2 6-9 6H45q-7 0-9-6z" fill="#b9743a"/>
<path d="M36 276q0-26 26-28h66q26 2 26 28-58 12-118 0z" fill="#d7954f"/>
<path d="M60 252l14 22M86 250l12 25M112 250l10 24" stroke="#f0cf9b" stroke-width="6"
 stroke-linecap="round"/>""",
    "pan": """<ellipse cx="88" cy="310" rx="62" ry="7" fill="#7a5a38" opacity=".35"/>
<path d="M132 268l50-18q7-2 9 4t-5 8l-50 18z" fill="#3a3330"/>
<path d="M26 264h124l-10 38q-2 8-11 8H47q-9 0-11-8z" fill="#4a4f55"/>
<ellipse cx="88" cy="264" rx="62" ry="13" fill="#5d646b"/>
<ellipse cx="88" cy="266" rx="52" ry="9" fill="#2b2f33"/>
<path d="M52 262q30-8 70 0" stroke="#8b949c" stroke-width="2.2" fill="none" opacity=".8"/>""",
}
_BOXES: dict[str, Box] = {
    "knife": (25, 287, 178, 311),
    "glass": (63, 205, 127, 311),
    "loaf of bread": (31, 245, 161, 311),
    "pan": (25, 249, 192, 311),
}


def _rack(eggs: int) -> str:
    """A rack with places for all eggs, some of them empty."""
    held = []
    for at in range(MOST_EGGS):
        x = 254 + 26.4 * at
        if at < eggs:
            held.append(f'<ellipse cx="{x:g}" cy="270" rx="10.5" ry="14.5" fill="url(#egg)" '
                        'stroke="#cfae85" stroke-width="1"/>')  # fmt: skip
        else:
            held.append(f'<ellipse cx="{x:g}" cy="279" rx="10.5" ry="4.5" fill="#6e7f8c"/>')
    return (
        '<ellipse cx="320" cy="302" rx="90" ry="7" fill="#7a5a38" opacity=".3"/>'
        '<rect x="236" y="270" width="168" height="10" rx="4" fill="#8fa3b2"/>'
        f"{''.join(held)}"
        '<path d="M236 279h168l-8 22q-1 3-5 3H249q-4 0-5-3z" fill="#a9bccb"/>'
        '<path d="M240 288h160" stroke="#8fa3b2" stroke-width="2"/>'
    )


_FRUITS = {
    "lemon": """<ellipse cx="0" cy="0" rx="22" ry="16" fill="#f2d33c"/><path d="M20 -4l9 3-8 6z"
 fill="#e3c02c"/><ellipse cx="-7" cy="-5" rx="7" ry="4" fill="#fbeb94"/>""",
    "tomato": """<circle r="18" fill="#d33f32"/><path d="M-9-14l9 4 9-5-5 9 6 5-10-2-9 3 4-6z"
 fill="#3e7d3c"/><ellipse cx="-7" cy="-2" rx="5" ry="4" fill="#ef8a7d"/>""",
    "pear": """<path d="M0-30q9 0 10 14 9 8 8 18-2 15-18 15t-18-15q-1-10 8-18 1-14 10-14z"
 fill="#9cb83f"/><path d="M0-29l4-10" stroke="#6b4d2b" stroke-width="3"/>
<ellipse cx="-7" cy="2" rx="4" ry="8" fill="#c8dc7f"/>""",
    "plum": """<circle r="16" fill="#5c3a72"/><path d="M1-16q-5 16 0 31" stroke="#452a57"
 stroke-width="2" fill="none"/><ellipse cx="-7" cy="-4" rx="4" ry="6" fill="#8a66a3"/>""",
}


def _bowl(fruits: tuple[str, ...], x: int) -> str:
    """A bowl with one of each fruit, in places of their own."""
    places = {"lemon": (58, 268), "tomato": (97, 262), "pear": (131, 264), "plum": (80, 254)}
    order = [name for name in ("plum", "pear", "tomato", "lemon") if name in fruits]
    drawn = "".join(
        f'<g transform="translate({x + places[name][0]} {places[name][1]})">{_FRUITS[name]}</g>'
        for name in order
    )
    return (
        f'<ellipse cx="{x + 95}" cy="324" rx="62" ry="8" fill="#7a5a38" opacity=".35"/>'
        f'<ellipse cx="{x + 95}" cy="272" rx="76" ry="13" fill="#9fb2bd"/>{drawn}'
        f'<path d="M{x + 19} 272q6 50 52 50h48q46 0 52-50-76 22-152 0z" fill="#e8eef1"/>'
        f'<path d="M{x + 19} 272q76 22 152 0" stroke="#b9c8d0" stroke-width="3" fill="none"/>'
        f'<path d="M{x + 36} 294q8 18 30 22" stroke="#fff" stroke-width="4" fill="none"/>'
    )


def _cloth(colour: str, x: int) -> str:
    """A cloth that hangs over the edge of the counter."""
    return (
        f'<path d="M{x} 340h84l6 30v38q-16 6-32 0t-34 2-30-2v-38z" fill="{colour}"/>'
        f'<path d="M{x + 6} 350h78M{x - 2} 376h88M{x - 4} 396h92" stroke="#fff" '
        'stroke-width="4" opacity=".55"/>'
        f'<path d="M{x + 20} 342l-3 66M{x + 58} 342l4 66" stroke="#000" opacity=".12" '
        'stroke-width="4"/>'
    )
