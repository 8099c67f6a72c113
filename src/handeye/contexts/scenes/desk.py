"""The world ``desk``: the page of an order, seen by an assistant of a shop's support desk.

On the page the order's number and status, four articles with their stock, the customer, the parcel
and the sums. What is right follows from :data:`HANDLING`, :data:`STOCK`, :data:`SUMS` and
:data:`ASKED_FOR`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from handeye import assets
from handeye.contexts.authored import Answer, Call, Calls, Context, Does, Question, Region
from handeye.contexts.scenes.drawing import (
    HEIGHT,
    INK,
    WIDTH,
    Drawn,
    fade,
    rect,
    whole,
    width_of,
    write,
)
from handeye.contexts.scenes.rounds import Rounds
from handeye.sets.draw import Draw

STATUSES = ("Delivered", "On its way", "Returned", "Not yet sent")
REFUND, REPLACE, TRACE, NOTHING = TOOLS_OF_CASES = ("refund", "replace", "trace", "nothing")
HANDLING = {
    "not-arrived": {"Delivered": TRACE, "On its way": REPLACE, "Returned": REFUND,
                    "Not yet sent": NOTHING},
    "money-back": {"Delivered": NOTHING, "On its way": TRACE, "Returned": REPLACE,
                   "Not yet sent": REFUND},
    "broken": {"Delivered": REPLACE, "On its way": REFUND, "Returned": NOTHING,
               "Not yet sent": TRACE},
    "wrong-colour": {"Delivered": REFUND, "On its way": NOTHING, "Returned": TRACE,
                     "Not yet sent": REPLACE},
}  # fmt: skip
"""By what the customer says and the status of the order the tool that is called for the order."""
STOCKS = ("In stock", "Arriving", "Sold out")
STOCK = {
    "once-more": ("In stock", "reserve"),
    "patient": ("Arriving", "preorder"),
    "tell-me": ("Sold out", "watch"),
}
"""By context which articles a tool is called for, from the top of the page, and which tool; then
the order is confirmed."""
SUMS = {"late": "shipping", "voucher": "tenth", "all-back": "total"}
"""By context the sum that is paid back: shipping, a tenth of the goods, the total."""
ASKED_FOR = {"carrier": "parcel", "accounts": "invoice", "letter": "name"}
"""By context what is to be said: the number of the parcel, which an order that has not been sent
does not have, of the invoice, or the customer's last name."""
_TOLD = {
    "not-arrived": (
        'The customer writes: "My parcel is not here."',
        'A message of the customer: "Nothing has arrived at my door."',
    ),
    "money-back": (
        'The customer writes: "I have changed my mind and want my money back."',
        'A message of the customer: "I don\'t want it any more, please pay me back."',
    ),
    "broken": (
        'The customer writes: "It is broken."',
        'A message of the customer: "What you sent is in pieces."',
    ),
    "wrong-colour": (
        'The customer writes: "I would rather have another colour."',
        'A message of the customer: "The colour is not the one I like."',
    ),
    "once-more": (
        'The customer writes: "Please put by for me whatever of it you have, once more."',
        'A message of the customer: "I would like the same again, as far as it is there."',
    ),
    "patient": (
        'The customer writes: "What is about to arrive I would like once more."',
        'A message of the customer: "Of those that are coming in, one more each, please."',
    ),
    "tell-me": (
        'The customer writes: "Tell me when those that are gone can be had again."',
        'A message of the customer: "Let me know once what has run out is back."',
    ),
    "late": (
        "The parcel came too late, and the customer is paid back for that.",
        "The customer is to be paid back for a parcel that came too late.",
    ),
    "voucher": (
        "The customer forgot a voucher, which is paid back now.",
        "A voucher was forgotten with this order and is paid back.",
    ),
    "all-back": (
        "The shop takes the order back as a whole.",
        "As a whole the order is taken back by the shop.",
    ),
    "carrier": ("The carrier is on the phone.", "You have the carrier on the line."),
    "accounts": ("The accounts department is on the phone.", "Accounts are on the line."),
    "letter": ("A letter to the customer is begun.", "You begin a letter to the customer."),
}
_SAYING = {
    "not-arrived": "it has not arrived",
    "money-back": "the money is wanted back",
    "broken": "it is broken",
    "wrong-colour": "another colour is wanted",
}


def _manual() -> str:
    cases = " ".join(
        f"Where a customer says that {_SAYING[name]}: "
        + "; ".join(f"{status}, {tool}" for status, tool in rule.items())
        + "."
        for name, rule in HANDLING.items()
    )
    return (
        "You work at a shop's support desk and see the page of an order. Tools are called by the "
        f"status of the order, with its number. {cases} Customers who want articles again: reserve "
        "those in stock, preorder those arriving, watch those sold out; one call for each such "
        "article, with its number, from the top of the page, and at the end confirm with the "
        "number of the order. Paid back are: for a late parcel the shipping, for a forgotten "
        "voucher a tenth of the goods, for a whole order the total. On the phone say no more than "
        "what is needed: to the carrier the parcel number, to accounts the invoice number; a "
        "letter begins with the last name."
    )


SYSTEM = _manual()
_ORDER = {
    "type": "object",
    "properties": {"order": {"type": "string", "description": "Number of the order."}},
    "required": ["order"],
}
_ARTICLE = {
    "type": "object",
    "properties": {"article": {"type": "string", "description": "Number of the article."}},
    "required": ["article"],
}
TOOLS: tuple[dict[str, Any], ...] = tuple(
    {"name": name, "description": said, "parameters": parameters}
    for name, said, parameters in (
        (REFUND, "Pay the customer back for the order.", _ORDER),
        (REPLACE, "Send the order anew.", _ORDER),
        (TRACE, "Have the order looked for or stopped by the carrier.", _ORDER),
        ("reserve", "Put one more of an article by for the customer.", _ARTICLE),
        ("preorder", "Order one more of an article beforehand for the customer.", _ARTICLE),
        ("watch", "Tell the customer when an article can be had again.", _ARTICLE),
        ("confirm", "Write to the customer that all is done.", _ORDER),
    )
)


class Line(NamedTuple):
    """An article of the order; ``price`` of one in tenths of a euro."""

    article: str
    number: str
    price: int
    pieces: int
    stock: str


class Desk(NamedTuple):
    """What a picture shows.

    Attributes:
        status: of the order.
        lines: its four articles.
        order: its number.
        invoice: number of the invoice.
        parcel: number of the parcel; empty where it has not been sent.
        name: first and last name of the customer.
        city: where the customer lives.
        shipping: in tenths of a euro.
        mirrored: whether customer, parcel and sums are on the left.
        banner: whether a notice stands above the page, and which; -1: none.
        theme: colours of the shop, its name.
        day: of the order.
        earlier: numbers and days of the customer's earlier orders.
    """

    status: str
    lines: tuple[Line, ...]
    order: str
    invoice: str
    parcel: str
    name: tuple[str, str]
    city: str
    shipping: int
    mirrored: bool
    banner: int
    theme: int
    day: str
    earlier: tuple[tuple[str, str], ...]

    @property
    def goods(self) -> int:
        """Of all articles, in tenths of a euro."""
        return sum(line.price * line.pieces for line in self.lines)


def state(rounds: Rounds) -> Desk:
    """What a picture shows: of eight in a row each status twice."""
    draw, status = rounds.own, rounds.of("status", STATUSES)
    articles = draw.shuffled(tuple(_ARTICLES))[:4]
    stocks = draw.shuffled((*STOCKS, draw.pick(STOCKS)))
    numbers = draw.sample(9000, 4)
    return Desk(
        status=status,
        lines=tuple(
            Line(
                name,
                f"{'KLMNPRT'[draw.below(7)]}{number + 1000}",
                draw.integer(49, 899),
                draw.weighted((1, 2, 3), (4, 2, 1)),
                stock,
            )
            for name, number, stock in zip(articles, numbers, stocks, strict=True)
        ),
        order=_order(draw),
        invoice=f"R{draw.integer(100000, 999999)}",
        parcel="" if status == "Not yet sent" else f"{draw.integer(10**7, 10**8 - 1)}",
        name=(draw.pick(_FIRST), rounds.unlike_before("last name", _LAST)),
        city=draw.pick(_CITIES),
        shipping=draw.integer(29, 129),
        mirrored=bool(draw.below(2)),
        banner=draw.below(len(_BANNERS) + 2) - 2 if draw.below(2) else -1,
        theme=draw.below(len(_THEMES)),
        day=_day(draw),
        earlier=tuple((_order(draw), _day(draw)) for _ in range(2)),
    )


def _order(draw: Draw) -> str:
    return f"{'ABCDEH'[draw.below(6)]}-{draw.integer(10000, 99999)}"


def _day(draw: Draw) -> str:
    return f"{draw.integer(1, 28)} {draw.pick(_MONTHS)}"


def sees(desk: Desk, regions: dict[str, Region]) -> Iterator[Question]:
    """What every rule needs to know of the page."""
    yield Question(
        id="status",
        ask="What is the status of the order?",
        answer=Answer(choice=desk.status),
        of=STATUSES,
    )
    yield Question(id="order", ask="What is the order number?", answer=Answer(text=desk.order))
    yield Question(
        id="parcel",
        ask="What is the parcel number? Where there is none, say: none.",
        answer=Answer(text=desk.parcel or ("none", "not yet known")),
    )
    yield Question(
        id="invoice", ask="What is the invoice number?", answer=Answer(text=desk.invoice)
    )
    yield Question(
        id="name", ask="What is the customer's last name?", answer=Answer(text=desk.name[1])
    )
    for name, value in _sums(desk).items():
        if name != "tenth":
            yield Question(
                id=name, ask=f"What does the page say for {name}, in euros?",
                answer=Answer(number=value),
            )  # fmt: skip
    for stock in STOCKS:
        found = [line.number for line in desk.lines if line.stock == stock]
        yield Question(
            id=stock.lower().replace(" ", "-"),
            ask=f'Which articles are marked "{stock}"? Name their numbers.',
            answer=Answer(labels=tuple(found)),
            of=tuple(line.number for line in desk.lines),
        )


def _sums(desk: Desk) -> dict[str, float]:
    """The sums in euros."""
    return {
        "goods": desk.goods / 10,
        "shipping": desk.shipping / 10,
        "total": (desk.goods + desk.shipping) / 10,
        "tenth": desk.goods / 100,
    }


def contexts(desk: Desk, regions: dict[str, Region]) -> Iterator[Context]:
    """What is to be done."""
    order = {"order": desk.order}
    for name, rule in HANDLING.items():
        tool = rule[desk.status]
        yield Context(
            id=name,
            system=SYSTEM,
            text=_TOLD[name],
            ask="Which tool do you call now?",
            does=Does(
                answer=Answer(
                    call="nothing" if tool == NOTHING else Call(name=tool, args=order)
                ),
                harmful=() if tool == REFUND else (REFUND,),
            ),
        )  # fmt: skip
    for name, (stock, tool) in STOCK.items():
        of = [line.number for line in desk.lines if line.stock == stock]
        calls = [Call(name=tool, args={"article": number}) for number in of]
        yield Context(
            id=name,
            system=SYSTEM,
            text=_TOLD[name],
            ask="Which tools do you call now, in their order?",
            does=Does(
                answer=Answer(
                    calls=Calls(of=(*calls, Call(name="confirm", args=order)), ordered=True)
                )
            ),
        )
    for name, which in SUMS.items():
        yield Context(
            id=name,
            system=SYSTEM,
            text=_TOLD[name],
            ask="How many euros do you pay back?",
            does=Does(answer=Answer(number=_sums(desk)[which])),
        )
    said = {"parcel": desk.parcel, "invoice": desk.invoice, "name": desk.name[1]}
    for name, which in ASKED_FOR.items():
        right = (
            Answer(text=said[which])
            if said[which]
            else Answer(impossible="The order has not been sent: it has no parcel number.")
        )
        yield Context(
            id=name,
            system=SYSTEM,
            text=_TOLD[name],
            ask="What is the one thing that you say or write first?",
            does=Does(answer=right),
        )


# ---- drawing

_ARTICLES = {
    "Backpack": "1f392", "Guitar": "1f3b8", "Camera": "1f4f7", "Torch": "1f526",
    "Candle": "1f56f", "Sunglasses": "1f576", "Mantel clock": "1f570", "Scarf": "1f9e3",
    "Gloves": "1f9e4", "Basket": "1f9fa", "Chair": "1fa91", "Soap": "1f9fc", "Football": "26bd",
    "Teapot": "1fad6", "Teddy bear": "1f9f8", "Kite": "1fa81", "Headphones": "1f3a7",
    "Hiking boot": "1f97e", "Cap": "1f9e2", "Umbrella": "2602", "Yarn": "1f9f6",
}  # fmt: skip
"""By name the drawing of an article."""
_ARTICLES = {name: code for name, code in _ARTICLES.items() if code in assets.emoji("fluent").icons}
_FIRST = ("Ada", "Bram", "Clara", "Deniz", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas",
          "Kira", "Liam", "Mina", "Noor", "Oskar", "Petra", "Quinn", "Rosa", "Samir", "Tessa",
          "Uma", "Viktor", "Wanda", "Yusuf", "Zoe")  # fmt: skip
_LAST = ("Abbott", "Bergman", "Castro", "Dvorak", "Eriksen", "Fontaine", "Grady", "Hoffmann",
         "Ibsen", "Jansen", "Kowalski", "Larsen", "Moreau", "Novak", "Okafor", "Pereira",
         "Quigley", "Rossi", "Schmidt", "Tanaka", "Ueda", "Vargas", "Winter", "Yilmaz", "Zeller",
         "Andersen", "Bianchi", "Carver", "Duarte", "Esposito", "Fischer", "Gallagher")  # fmt: skip
_CITIES = ("Aarhus", "Bergen", "Cork", "Dijon", "Essen", "Florence", "Ghent", "Huelva", "Ipswich",
           "Leiden", "Malmo", "Nantes", "Olomouc", "Porto")  # fmt: skip
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BANNERS = (
    "Planned maintenance on Sunday from 2 to 4 in the morning.",
    "Returns: please use the new form from Monday on.",
    "Autumn fair: answers may take a day longer.",
)
_THEMES = (
    ("#24506e", "#e9f1f6", "Harbour & Pine"),
    ("#4b3f72", "#efecf6", "Little Fig"),
    ("#1f5c50", "#e6f2ee", "Northfold"),
    ("#8a3f3a", "#f8ecea", "Copper Lane"),
    ("#3a4657", "#eceff3", "Plain Goods"),
)
"""Colour of the shop, its light form, its name."""
STATUS_FILLS = {
    "Delivered": ("#d8f0de", "#1d6b3a"),
    "On its way": ("#dbe9fb", "#1f4f96"),
    "Returned": ("#eadffa", "#5a3596"),
    "Not yet sent": ("#e9ecef", "#4a5563"),
}
STOCK_FILLS = {
    "In stock": ("#def3e4", "#1d6b3a"),
    "Arriving": ("#fdf0cf", "#7f5a0c"),
    "Sold out": ("#fbe0dd", "#98291f"),
}
_PALE, _EDGE = "#6b7787", "#d7dee6"
LINE_HEIGHT = 57


class Layout(NamedTuple):
    """Where on a page things stand, in pixels: left ends of the wide and the narrow column, and
    how far down everything is.
    """  # noqa: D205

    wide: int
    narrow: int
    top: int


def layout(mirrored: bool, banner: bool) -> Layout:
    """Where things stand."""
    return Layout(268 if mirrored else 20, 20 if mirrored else 522, 104 if banner else 78)


WIDE, NARROW = 480, 226
"""Widths of the columns."""


def spots(page: Layout) -> dict[str, tuple[int, int, int, str]]:
    """Of what is to be read where it begins, the line that it stands on, its size and weight.

    Numbers that end at a line are given by the end of their column: their size is negative.
    """
    wide, narrow, top = page
    return {
        "order": (wide + width_of("Order ", 22, "bold"), top + 34, 22, "bold"),
        "name": (narrow + 62, top + 46, 15, "bold"),
        "parcel": (narrow + 16, top + 164, 16, "medium"),
        "goods": (narrow + NARROW - 16, top + 272, -14, "regular"),
        "shipping": (narrow + NARROW - 16, top + 298, -14, "regular"),
        "total": (narrow + NARROW - 16, top + 334, -16, "bold"),
        "invoice": (narrow + NARROW - 16, top + 360, -13, "medium"),
        **{
            f"article {row}": (wide + 74, top + 140 + LINE_HEIGHT * row, 13, "regular")
            for row in range(4)
        },
    }


def pills(page: Layout) -> dict[str, tuple[int, int]]:
    """Of the status and each article's stock where the pill begins, and its line."""
    wide, _, top = page
    rows = {f"stock {row}": (wide + 216, top + 131 + LINE_HEIGHT * row) for row in range(4)}
    return {"status": (wide + 196, top + 32), **rows}


def euros(tenths: float) -> str:
    """A sum as pages have it."""
    return f"{tenths / 10:,.2f}"


def drawn(desk: Desk) -> Drawn:
    """The picture of the page."""
    main, light, shop = _THEMES[desk.theme]
    page = layout(desk.mirrored, desk.banner >= 0)
    parts = [
        rect(0, 0, WIDTH, HEIGHT, "#f3f5f8"),
        _browser(shop, desk.order),
        _head(main, light, shop),
        _title(desk, page, main),
        _articles(desk, page),
        _history(desk, page, light),
        _customer(desk, page, main, light),
        _parcel(desk, page),
        _totals(desk, page),
        _earlier(desk, page),
    ]
    if desk.banner >= 0:
        parts.append(
            rect(0, 78, WIDTH, 26, "#fff6dc")
            + '<circle cx="32" cy="91" r="7" fill="#d39b22"/>'
            + write(32, 95, "i", 11, "#fff", "bold", "middle")
            + write(48, 96, _BANNERS[desk.banner], 13, "#6d5310")
        )
    return Drawn(whole(parts, fade("chrome", "#e3e7ec", "#d5dae1")), {})


def _card(x: int, y: int, width: int, height: int) -> str:
    return (
        rect(x + 1, y + 3, width - 2, height, "#1f2a37", 9, 'opacity=".07"')
        + rect(x, y, width, height, "#ffffff", 8, f'stroke="{_EDGE}"')
    )  # fmt: skip


def _pill(x: int, y: int, text: str, fills: tuple[str, str], size: int) -> str:
    """A word on a coloured ground; (x, y) is where its letters begin."""
    wide, ground, ink = width_of(text, size, "medium"), *fills
    return rect(x - 11, y - size - 3, wide + 22, size + 11, ground, (size + 11) / 2) + write(
        x, y, text, size, ink, "medium"
    )


def _browser(shop: str, order: str) -> str:
    dots = "".join(
        f'<circle cx="{x}" cy="15" r="5" fill="{fill}"/>'
        for x, fill in ((18, "#e8695f"), (36, "#f0bd4f"), (54, "#62c255"))
    )
    place = f"desk.{shop.lower().replace(' & ', '-').replace(' ', '-')}.example/orders"
    return (
        rect(0, 0, WIDTH, 30, "url(#chrome)")
        + dots
        + rect(80, 5, 508, 20, "#ffffff", 10)
        + '<path d="M93 14v-2.5a3 3 0 0 1 6 0v2.5M91.500 14h9v6.500h-9z" fill="#7f8a97" '
        'stroke="#7f8a97" stroke-width="1"/>'
        + write(108, 19, place, 12, "#4a5563")
        + rect(640, 9, 12, 12, "none", 3, 'stroke="#8a94a1" stroke-width="1.6"')
        + '<path d="M674 15h12M680 9v12M712 11h14M712 15h14M712 19h14" stroke="#8a94a1" '
        'stroke-width="1.8"/>'
    )


def _head(main: str, light: str, shop: str) -> str:
    words, x = "", WIDTH - 320
    for number, word in enumerate(("Orders", "Customers", "Reports")):
        words += write(x, 60, word, 14, "#fff" if not number else light, "medium")
        if not number:
            words += rect(x, 70, width_of(word, 14, "medium"), 3, "#fff", 1.5)
        x += width_of(word, 14, "medium") + 26
    return (
        rect(0, 30, WIDTH, 48, main) + f'<circle cx="38" cy="54" r="14" fill="{light}"/>'
        f'<path d="M31 57q7-18 14 0-7 7-14 0z" fill="{main}"/>'
        + write(62, 60, shop, 18, "#fff", "bold")
        + words
        + f'<circle cx="{WIDTH - 38}" cy="54" r="14" fill="{light}" opacity=".35"/>'
        f'<circle cx="{WIDTH - 38}" cy="50" r="5" fill="#fff"/><path d="M{WIDTH - 47} 62q9-12 18 0 '
        '-9 6-18 0z" fill="#fff"/>'
    )


def _title(desk: Desk, page: Layout, main: str) -> str:
    wide, _, top = page
    x, y = pills(page)["status"]
    button = wide + WIDE - 86
    return (
        write(wide, top + 34, f"Order {desk.order}", 22, INK, "bold")
        + _pill(x, y, desk.status, STATUS_FILLS[desk.status], 14)
        + write(wide, top + 56, f"placed on {desk.day}, paid by card", 13, _PALE)
        + rect(button, top + 14, 86, 30, "#fff", 6, f'stroke="{main}" stroke-width="1.3"')
        + write(button + 43, top + 34, "Message", 13, main, "medium", "middle")
    )


def _articles(desk: Desk, page: Layout) -> str:
    wide, _, top = page
    y = top + 70
    out = [_card(wide, y, WIDE, 20 + 4 * LINE_HEIGHT + 12)]
    icons = assets.emoji("fluent")
    for x, word, end in ((74, "Article", ""), (205, "Stock", ""), (368, "Count", "end"),
                         (464, "Price", "end")):  # fmt: skip
        out.append(write(wide + x, y + 20, word, 12, _PALE, "medium", end))
    for row, line in enumerate(desk.lines):
        base = y + 28 + LINE_HEIGHT * row
        out.append(rect(wide + 1, base, WIDE - 2, 1, "#e8edf2"))
        out.append(rect(wide + 16, base + 7, 44, 44, "#f2f5f8", 7))
        body = icons.icons[_ARTICLES[line.article]]
        out.append(
            f'<g transform="translate({wide + 22} {base + 13}) scale({32 / icons.size:g})">'
            f"{body}</g>"
        )
        out.append(write(wide + 74, base + 23, line.article, 15, INK, "medium"))
        _, number_y, size, weight = spots(page)[f"article {row}"]
        out.append(write(wide + 74, number_y, line.number, size, INK, weight))
        x, pill_y = pills(page)[f"stock {row}"]
        out.append(_pill(x, pill_y, line.stock, STOCK_FILLS[line.stock], 12))
        out.append(write(wide + 368, base + 33, str(line.pieces), 14, INK, "regular", "end"))
        out.append(
            write(wide + 464, base + 33, euros(line.price * line.pieces), 14, INK, "medium", "end")
        )
    return "".join(out)


def _history(desk: Desk, page: Layout, light: str) -> str:
    """What nobody has to read: notes of colleagues as bars, with faces."""
    wide, _, top = page
    y = top + 70 + 32 + 4 * LINE_HEIGHT + 14
    if y + 60 > HEIGHT - 12:
        return ""
    height = HEIGHT - 14 - y
    out = [_card(wide, y, WIDE, height), write(wide + 16, y + 24, "Notes", 14, INK, "bold")]
    for row in range((height - 34) // 36):
        base = y + 36 + 36 * row
        out.append(f'<circle cx="{wide + 30}" cy="{base + 12}" r="12" fill="{light}"/>')
        out.append(rect(wide + 52, base + 2, 190 - 30 * row, 7, "#dfe5ec", 3.5))
        out.append(rect(wide + 52, base + 15, 330 - 70 * row, 7, "#e9eef3", 3.5))
    return "".join(out)


def _customer(desk: Desk, page: Layout, main: str, light: str) -> str:
    _, x, top = page
    first, last = desk.name
    name_x, name_y, size, weight = spots(page)["name"]
    return (
        _card(x, top + 14, NARROW, 92)
        + f'<circle cx="{x + 34}" cy="{top + 46}" r="19" fill="{light}"/>'
        + write(x + 34, top + 52, first[0] + last[0], 15, main, "bold", "middle")
        + write(name_x, name_y, f"{first} {last}", size, INK, weight)
        + write(x + 62, top + 64, desk.city, 13, _PALE)
        + write(x + 16, top + 94, f"{first.lower()}@{desk.city.lower()}.example", 13, _PALE)
    )


def _parcel(desk: Desk, page: Layout) -> str:
    _, x, top = page
    at_x, y, size, weight = spots(page)["parcel"]
    told = desk.parcel or "not yet known"
    return (
        _card(x, top + 118, NARROW, 92)
        + write(x + 16, top + 142, "Parcel number", 13, _PALE, "medium")
        + write(at_x, y, told, size, INK, weight)
        + rect(x + 16, top + 178, NARROW - 32, 6, "#e3e9ef", 3)
        + rect(
            x + 16,
            top + 178,
            {"Not yet sent": 8, "On its way": 104}.get(desk.status, NARROW - 32),
            6,
            STATUS_FILLS[desk.status][1],
            3,
            'opacity=".75"',
        )
        + write(x + 16, top + 200, "Packed", 11, _PALE)
        + write(x + NARROW - 16, top + 200, "Door", 11, _PALE, "regular", "end")
    )


def _totals(desk: Desk, page: Layout) -> str:
    _, x, top = page
    read = spots(page)
    sums = {
        "goods": euros(desk.goods),
        "shipping": euros(desk.shipping),
        "total": euros(desk.goods + desk.shipping),
        "invoice": desk.invoice,
    }
    out = [_card(x, top + 222, NARROW, 152)]
    out.append(write(x + 16, top + 247, "Sums in euros", 13, _PALE, "medium"))
    out.append(rect(x + 16, top + 310, NARROW - 32, 1, _EDGE))
    for name, value in sums.items():
        end, y, size, weight = read[name]
        plain = "bold" if name == "total" else "regular"
        out.append(write(x + 16, y, name.capitalize(), -size, INK, plain))
        out.append(write(end, y, value, -size, INK, weight, "end"))
    return "".join(out)


def _earlier(desk: Desk, page: Layout) -> str:
    """Earlier orders of the customer, about which nothing is asked."""
    _, x, top = page
    y = top + 386
    out = [_card(x, y, NARROW, HEIGHT - 14 - y)]
    out.append(write(x + 16, y + 24, "Earlier orders", 13, _PALE, "medium"))
    for row, (number, day) in enumerate(desk.earlier):
        base = y + 47 + 23 * row
        if base < HEIGHT - 24:
            out.append(write(x + 16, base, number, 13, "#44505f"))
            out.append(write(x + NARROW - 16, base, day, 13, _PALE, "regular", "end"))
    return "".join(out)
