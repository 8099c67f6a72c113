"""The charts of a page as pictures of their own: for notebooks, papers and slides.

On a page the style sheet says how a chart looks; here the same rules are written into the elements,
in the colours of the light page, so that a picture needs nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from handeye.atomic import write_bytes
from handeye.errors import OptionError, did_you_mean

_SVG = "http://www.w3.org/2000/svg"
_NAMES = f"{{{_SVG}}}"
_PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"([a-z]*)((?:\.[\w-]+)*)(?::is\(([a-z]+)\))?")
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")
# What is said of a drawing; the rest of a sheet is about where it stands on the page.
_DRAWN = re.compile(
    r"--|fill|stroke|opacity|font|paint-order|text-anchor|dominant-baseline|letter-spacing"
)


class Svg(str):
    """A chart as SVG: a text, a picture where a notebook shows it, a file where it is saved.

    It may be called, and gives itself: ``run.plot.gap`` and ``run.plot.gap()`` are the same.
    """

    __slots__ = ()

    def __call__(self) -> Svg:
        """The chart itself."""
        return self

    def _repr_svg_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"<a chart as SVG, {len(self):,} characters: save(FILE), str()>"

    def save(self, file: str | PathLike[str]) -> Path:
        """Write it to a file, in one step.

        Raises:
            OptionError: it cannot be written.
        """
        path = Path(file)
        try:
            write_bytes(path, self.encode())
        except OSError as error:
            raise OptionError(f"{path}: cannot be written: {error.strerror}") from None
        return path


class Plots:
    """The charts that there are, by name; each is drawn when it is asked for.

    Args:
        charts: name to what draws it, as on the page: of several drawings the first is taken.
        sheets: the style sheets behind the frame's, as texts.
    """

    def __init__(self, charts: Mapping[str, Callable[[], str]], sheets: Sequence[str] = ()) -> None:
        self._charts = dict(charts)
        self._sheets = tuple(sheets)

    def __dir__(self) -> list[str]:
        return list(self._charts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._charts)

    def __len__(self) -> int:
        return len(self._charts)

    def __getitem__(self, name: str) -> Svg:
        if name not in self._charts:
            hint = did_you_mean(name, self._charts)
            raise KeyError(f"no chart {name!r}; there are: {', '.join(self._charts)}{hint}")
        return alone(self._charts[name](), self._sheets)

    def __getattr__(self, name: str) -> Svg:
        if name.startswith("_") or name not in self._charts:
            known = ", ".join(self._charts)
            raise AttributeError(f"no chart {name!r}; there are: {known or 'none'}")
        return self[name]

    def __repr__(self) -> str:
        return f"Charts: {', '.join(self._charts) or 'none'}"


def alone(drawn: str, sheets: Sequence[str] = ()) -> Svg:
    """The first drawing of a page's markup, with its style in it."""
    found = _PICTURE.search(drawn)
    if found is None:
        raise OptionError("there is nothing to draw: the figures of this chart are missing")
    text = found[0].replace("<svg", f'<svg xmlns="{_SVG}"', 1)
    root = ElementTree.fromstring(text)
    rules = [rule for sheet in (*_frame_sheets(), *sheets) for rule in _rules(sheet)]
    variables = {name: value for rule in rules if rule.root for name, value in rule.said}
    drawn_by = sorted((rule for rule in rules if not rule.root), key=lambda rule: rule.weight)
    _style(root, (), drawn_by, variables)
    _, _, width, height = root.attrib["viewBox"].split()
    root.attrib |= {"width": width, "height": height}
    paper = ElementTree.Element(
        f"{_NAMES}rect",
        {"width": "100%", "height": "100%", "fill": variables.get("--page", "#fff")},
    )
    root.insert(0, paper)
    ElementTree.register_namespace("", _SVG)
    return Svg(ElementTree.tostring(root, encoding="unicode"))


class _Part(NamedTuple):
    """What an element must be: its name (any if empty) and classes."""

    name: str
    classes: frozenset[str]


class _Rule(NamedTuple):
    """Declarations for the elements at the end of a path of parts."""

    path: tuple[_Part, ...]
    said: tuple[tuple[str, str], ...]
    root: bool

    @property
    def weight(self) -> tuple[int, int]:
        return sum(len(p.classes) for p in self.path), sum(bool(p.name) for p in self.path)

    def hits(self, element: _Part, above: Sequence[_Part]) -> bool:
        *others, last = self.path
        if not _is(element, last):
            return False
        left = list(above)
        while others and left:
            if _is(left.pop(), others[-1]):
                others.pop()
        return not others


def _is(element: _Part, wanted: _Part) -> bool:
    return wanted.name in ("", element.name) and wanted.classes <= element.classes


@cache
def _frame_sheets() -> tuple[str, ...]:
    folder = files("handeye.pages") / "templates"
    names = ("report.css", "diagnosis.css", "compare.css")
    return tuple((folder / name).read_text("utf-8") for name in names)


@cache
def _rules(sheet: str) -> tuple[_Rule, ...]:
    """The rules of a sheet that can be about drawings, for the light page on a screen."""
    out = []
    for heads, body in _RULE.findall(_without_media(_COMMENTS.sub("", sheet))):
        pairs = (line.partition(":") for line in body.split(";"))
        said = tuple((n.strip(), v.strip()) for n, _, v in pairs if _DRAWN.match(n.strip()))
        for head in heads.split(","):
            root = head.strip() == ":root"
            parts = [_COMPOUND.fullmatch(word) for word in head.replace(">", " ").split()]
            known = [p for p in parts if p is not None and p[0]]
            if said and (root or (known and len(known) == len(parts))):
                path = tuple(_Part(p[1] or p[3] or "", _classes(p[2])) for p in known)
                out.append(_Rule(path, said, root))
    return tuple(out)


def _classes(text: str) -> frozenset[str]:
    return frozenset(text.replace(".", " ").split())


def _without_media(sheet: str) -> str:
    """The sheet without its blocks for some media only."""
    out, depth, skip = [], 0, 0
    for piece in re.split(r"(@media[^{]*\{|[{}])", sheet):
        depth += piece.endswith("{") - (piece == "}")
        if piece.startswith("@media") and not skip:
            skip = depth
        elif not skip:
            out.append(piece)
        elif depth < skip:
            skip = 0
    return "".join(out)


def _style(
    element: ElementTree.Element,
    above: tuple[_Part, ...],
    rules: Sequence[_Rule],
    variables: Mapping[str, str],
) -> None:
    """Write what the rules, in order of weight, say of an element and all in it into them."""
    names = element.attrib.pop("class", "")
    here = _Part(element.tag.removeprefix(_NAMES), frozenset(names.split()))
    said: dict[str, str] = {}
    for rule in rules:
        if rule.hits(here, above):
            said |= rule.said
    known = dict(variables)
    known |= {n: _meant(v, known) for n, v in said.items() if n.startswith("--")}
    own = {n: _meant(v, known) for n, v in said.items() if not n.startswith("--")}
    if own:
        element.set("style", ";".join(f"{name}:{value}" for name, value in own.items()))
    for child in element:
        _style(child, (*above, here), rules, known)


def _meant(value: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1], "currentColor"), value)
