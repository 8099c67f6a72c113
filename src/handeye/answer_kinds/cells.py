"""Cells of a grid: ``CLICK(R3,C1); CLICK(R6,C8); DONE``, ``DONE`` alone where there are none.

Strict is the grammar of clicks (:mod:`handeye.answer_kinds.clicks`). Leniently the form is forgiven
(code fences, words around, a missing end, other ways to name a cell, JSON, tables) and never the
content: where an answer can be read in two ways, or part of it cannot be read, nothing is taken.
Reasoning may come first: what counts is the last complete answer, not everything that was
mentioned. Two answers that differ leave open which is meant, unless words say so. Rows and columns
are those that were written, whatever the grid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from handeye.answer_kinds.clicks import Cell, parse
from handeye.answer_kinds.conventions import TURNS, Kept, find
from handeye.answer_kinds.coordinates import AS_ASKED, CONVENTIONS, Convention
from handeye.answer_kinds.number import WORDS
from handeye.answer_kinds.reading import Reading, folded
from handeye.answer_kinds.structured import read_clicks_in_json, read_table

Shown = Sequence[Set[Cell]]
"""What the examples of a question name; an answer that begins with one repeats it."""
# An answer is at the end of what was written; a longer text is read from there.
_LONGEST = 50_000


class Clicks(NamedTuple):
    """Cells in the order of the answer, and the number submitted, None if none was."""

    cells: tuple[Cell, ...]
    number: int | None


def read(text: str, shown: Shown = ()) -> Reading[tuple[Cell, ...]] | None:
    """The cells of an answer, in its order and with repeats; None where that is not definite.

    Args:
        text: the answer.
        shown: examples of the question.
    """
    parsed = parse(text, "CLICK")
    if parsed.format_valid:
        return Reading(parsed.clicks, True)
    found = forgiving(folded(text)[-_LONGEST:], shown)
    return None if found is None else Reading(found.cells, False)


def score(found: Reading[tuple[Cell, ...]] | None, gold: Iterable[Cell]) -> float:
    """1 where the cells are those of the gold, each once and in any order; else 0."""
    return float(found is not None and Counter(found.value) == Counter(gold))


class Given(NamedTuple):
    """Cells of an answer, and what was wanted: by them conventions are told.

    ``grid`` is its rows and columns; ``scene`` is what the answer is about.
    """

    cells: frozenset[Cell]
    gold: frozenset[Cell]
    grid: tuple[int, int]
    scene: str


def conventions(answers: Sequence[Given]) -> Kept[Convention]:
    """Which ways to count rows and columns a run's answers keep to; none where it cannot be told.

    Looked for are both axes counted from 0, either from its other end, columns before rows, and
    these together.

    Args:
        answers: those that name cells where some were wanted, equal ones about one scene once.
    """
    alike = [way for way in CONVENTIONS if way.rows.first == way.cols.first != 2]

    def right(way: Convention, at: int, other: int) -> bool:
        meant = {way.translate(*cell, *answers[other].grid) for cell in answers[at].cells}
        return meant == answers[other].gold

    def beside(way: Convention, at: int) -> float:
        one = answers[at]
        moved = [(cell, way.translate(*cell, *one.grid)) for cell in one.cells]
        turned = [
            {
                (r + c * (u - r) - s * (v - k), k + s * (u - r) + c * (v - k))
                for (r, k), (u, v) in moved
            }
            for c, s in TURNS
        ]
        return sum(cells == one.gold for cells in turned) / len(turned)

    return find([AS_ASKED, *alike], [one.scene for one in answers], right, beside)


def forgiving(text: str, shown: Shown = ()) -> Clicks | None:
    """The cells and the number that a text gives, whatever its form; None if not definite.

    Args:
        text: an answer without thoughts, its compatibility characters folded.
        shown: examples of the question.
    """
    told = plain(text)
    if not told:
        return None
    said = read_clicks_in_json(text, lambda part: _cells_in_text(part, shown))
    if said is not None:
        return None if said.cells is None else Clicks(said.cells, said.number)
    if cells := read_table(text):
        return Clicks(cells, None)
    return read_clicks(told, shown)


def _cells_in_text(text: str, shown: Shown) -> tuple[Cell, ...] | None:
    """The cells of a text inside JSON; None where it names none, or something that is no cell."""
    found = read_clicks(plain(text), shown)
    return found.cells if found else None


# ---- markup

_FLAGS = re.IGNORECASE
NUMBER_WORDS = WORDS[:13]
NUMBERS = {
    **{word: value for value, word in enumerate(NUMBER_WORDS)},
    **dict.fromkeys(("none", "nothing", "no"), 0),
}
"""Numbers of cells in words, and what says that there are none."""
_FENCE = re.compile(r"(?:```|~~~)[\w-]*[ \t]*(?=\n|$)|```")
_MARKUP = re.compile(
    r"[*`#$]+|\\boxed|\\text\w*|</?[a-z_]+>|^[ \t]*>+", re.IGNORECASE | re.MULTILINE
)
_COMMENT = re.compile(
    r"/\*(?:(?!CLICK|COUNT|SUBMIT|DONE).){0,200}?\*/|"
    r"(?<=[)\]},;\d\"]) ?(?://|#)(?![^\n]*\b(?:CLICK|COUNT|SUBMIT|DONE|R ?\d))[^\n]*",
    re.IGNORECASE | re.DOTALL,
)
_TEXT_MARKUP = re.compile(r"\\(?:text|math|operatorname)\w*\{([^{}\n]{0,80})\}")
_INDEX = re.compile(r"\b([RC])_?[{<]?(\d{1,15})[}>]?(?=\s*[,;)\]}])", re.IGNORECASE)
_ELEMENT = re.compile(r"<(row|col|column|r|c)>\s*(\d{1,15})\s*</\1>", re.IGNORECASE)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»‹›‘’‚‛´", '"'))
_CALL = re.compile(r"\b(CLICK|COUNT|SUBMIT)(\s?)[(\[{]([^()\[\]{}\n]{0,60})[)\]}]", re.IGNORECASE)


def plain(text: str) -> str:
    """An answer without fences, markup and comments, a cell named in one way.

    Runs of white space become one space or line break, which also keeps the patterns linear.
    """
    text = _TEXT_MARKUP.sub(r"\1", text.translate(_QUOTES))
    text = _ELEMENT.sub(r" \1 \2 ", _INDEX.sub(r"\1\2", text))
    text = _MARKUP.sub(" ", _COMMENT.sub(" ", _FENCE.sub("\n", text)))
    text = _CALL.sub(_call, text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _call(found: re.Match[str]) -> str:
    """A call with its argument without quotes, names and number words."""
    inner = re.sub(
        r"\b(?:n|number|count)\s*[=:]\s*", "", found[3].replace('"', "").replace("'", "")
    )
    value = NUMBERS.get(inner.strip().lower()) if found[1].upper() == "COUNT" else None
    return f"{found[1]}{found[2]}({inner if value is None else value})"


# ---- which of several answers is meant

NONE = re.compile(
    r"\bnothing\b(?!\s+else)|^\W*none\b|^\W*no\b\W*$|\bnone\s+of\b|\bnot\s+a\s+single\b|"
    r"\bno\s+(?!other|more|further|additional)"
    r"(?:differ\w+|odd\b|exceptions?\b|(?:\w+\s+){0,3}(?:cells?|clicks?|targets?)\b)|"
    r"\bthere\s+(?:is|are)\s+none\b",
    _FLAGS,
)

"""Words that say that there are none."""
# "this or that" leaves open which one is meant, and so does one after the other without a word.
_OR = re.compile(r"[\s)\].;,]*(?:\bor\b|/|\|)[\s:]*", _FLAGS)
_NO_WORD = re.compile(r"[\W_]*")
# An answer was given at once; another further on replaces it only where words say so.
_AT_ONCE = re.compile(r"\W*(?:(?:the|my|final)\s+)*(?:answer(?:\s+is)?)?\W*", _FLAGS)
_GIVEN = re.compile(r"[ .!;]*(?:[(\[\n]|$|(?<=[.!;]) )", _FLAGS)
_REPLACES = re.compile(
    r"\b(?:wait|no|not|nope|oops|hmm|actually|correct\w*|instead|rather|sorry|mistak\w*|wrong|"
    r"check\w*|verif\w*|again|final\w*|answer|so|therefore|thus|hence|total|mine|my|result|"
    r"conclu\w+|but|however|look\w*|re-?(?:count|check|exam|consider|think|vis|look|do)\w*)\b",
    _FLAGS,
)


def is_open(text: str, answers: Sequence[tuple[int, int, object]], shown: Sequence[object]) -> bool:
    """Whether a text leaves open that the last of its complete answers is meant.

    Args:
        text: without markup.
        answers: the complete ones: start, end, what each says.
        shown: what the question's examples say; one that comes first is repeated.
    """
    said = list(answers)
    while len(said) > 1 and said[0][2] in shown:
        del said[0]
    if len(said) < 2 or said[0][2] == said[-1][2] == said[-2][2]:
        return False
    (start, end, first), (_, before, other), (after, _, last) = said[0], said[-2], said[-1]
    between = text[before:after]
    if other != last and (_OR.fullmatch(between) or _NO_WORD.fullmatch(between)):
        return True
    return (
        first != last
        and _AT_ONCE.fullmatch(text[:start]) is not None
        and _GIVEN.match(text, end) is not None
        and _REPLACES.search(text[end:after]) is None
    )


# ---- cells in words


class _Token(NamedTuple):
    """A piece of the text; ``act`` tells that a cell is named as a click."""

    kind: Literal["cell", "nothing", "end", "unreadable"]
    start: int
    end: int
    cell: Cell | None = None
    act: bool = False
    number: int | None = None


@dataclass(slots=True)
class _Run:
    """Tokens that follow each other; ``announced`` as the answer by the words before."""

    tokens: list[_Token] = field(default_factory=list)
    announced: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(token.cell for token in self.tokens if token.cell is not None)

    @property
    def number(self) -> int | None:
        return next((t.number for t in reversed(self.tokens) if t.number is not None), None)

    @property
    def complete(self) -> bool:
        return self.tokens[-1].kind == "end"

    @property
    def acts(self) -> bool:
        """Whether it is made of clicks, not only of cells that are mentioned."""
        return any(token.act or token.kind in ("nothing", "unreadable") for token in self.tokens)

    @property
    def lone_end(self) -> bool:
        return all(token.kind == "end" for token in self.tokens)

    @property
    def readable(self) -> bool:
        return all(token.kind != "unreadable" for token in self.tokens)


# More digits than any coordinate has; Python refuses to read far longer ones.
_D = r"(\d{1,15})(?!\d)"
_ACT = r"(\bCLICK(?:S|ED)?\s*(?:ON|AT)?\s*(?:CELL)?\s*[:=]?\s*)?[(\[{]{0,4}\s*"
_ROW = r"\"?(?<![a-z])r(?:ow)?\"?\s*[:=]?\s*"
_COL = r"\"?c(?:ol(?:umn)?)?\"?\s*[:=]?\s*"
_MIDDLE = r"\s*[,;:./|&-]?\s*(?:and\s+)?"
_ROW_FIRST = re.compile(rf"{_ACT}{_ROW}{_D}{_MIDDLE}{_COL}{_D}\s*[)\]}}]?", _FLAGS)
_COL_FIRST = re.compile(
    rf"{_ACT}(?<![a-z]){_COL}{_D}{_MIDDLE}\"?r(?:ow)?\"?\s*[:=]?\s*{_D}\s*[)\]}}]?", _FLAGS
)
_PAIR = re.compile(rf"(\bCLICK(?:S|ED)?\s*)?[(\[]\s*{_D}\s*[,;]\s*{_D}\s*[)\]]", _FLAGS)
_NOTHING = re.compile(r"\bCLICK\s*\(\s*(?:none|nothing)?\s*\)", _FLAGS)
_DONE = re.compile(r"\bDONE\b(?:\s*\(\s*\))?", _FLAGS)
_SUBMIT = re.compile(
    rf"\bSUBMIT(?:TED)?\"?\s*[(:=]*\s*{_D}\s*\)?|\"(?:count|number|total|n)\"\s*:\s*{_D}", _FLAGS
)
_UNREADABLE = re.compile(r"\b(?:CLICK|SUBMIT)\s*\([^)\n]{0,40}\)?", _FLAGS)

# What may stand between two tokens of one sequence, numbering of lists included.
_SEPARATOR = re.compile(
    r"(?:[\s;,.:&|/•·\"'()\[\]{}–—-]|\band\b|\bthen\b|\bcells?\b|(?<![\w(])\d{1,2}[.)](?=\s|$))*",
    _FLAGS,
)
_WIDEST_GAP = 80
_ANNOUNCED = re.compile(
    r"\b(?:answer|result|conclusion|output|therefore)\b[^.\n]{0,40}\W*$", _FLAGS
)


def read_clicks(text: str, shown: Shown = ()) -> Clicks | None:
    """The clicks that a text gives as its answer, None if not definite.

    Args:
        text: :func:`plain`.
        shown: examples of the question.

    Returns:
        No cells where the answer says that there is nothing to click; the number is then 0.
    """
    runs = list(_runs(text))
    says_none = NONE.search(text) is not None
    if not runs:
        return Clicks((), 0) if says_none else None
    chosen = _chosen(runs, says_none, text, shown)
    if chosen is None or not chosen.readable:
        return None
    return Clicks(chosen.cells, chosen.number)


def _chosen(runs: list[_Run], says_none: bool, text: str, shown: Shown) -> _Run | None:
    """The sequence that is the answer, None where that is open."""
    complete = [place for place, run in enumerate(runs) if run.complete]
    if complete:
        last = complete[-1]
        if last and runs[last - 1].cells != runs[last].cells:
            between = text[runs[last - 1].tokens[-1].end : runs[last].tokens[0].start]
            if _OR.fullmatch(between):
                return None
        places = [
            (runs[k].tokens[0].start, runs[k].tokens[-1].end, frozenset(runs[k].cells))
            for k in complete
        ]
        if is_open(text, places, shown):
            return None
        if any(run.acts for run in runs[last + 1 :]):
            return None
        # An end without cells says "nothing", unless cells were named in words before.
        named = any(run.cells and not run.complete for run in runs)
        return None if runs[last].lone_end and named else runs[last]
    acting = [run for run in runs if run.acts]
    candidates = acting or runs
    if len(candidates) == 1 or candidates[-1].announced:
        # "R3C4 looks odd at first, but nothing is" is no click.
        return None if says_none and not acting else candidates[-1]
    same = all(run.cells == candidates[0].cells for run in candidates)
    return candidates[0] if same and all(run.readable for run in candidates) else None


def complete(text: str) -> list[Clicks]:
    """Every complete answer that a text holds, whichever of them is meant.

    Args:
        text: :func:`plain`.
    """
    return [Clicks(run.cells, run.number) for run in _runs(text) if run.complete]


def _runs(text: str) -> Iterator[_Run]:
    """Sequences of the text in order; an end closes one."""
    run = _Run()
    before = 0
    for token in _tokens(text):
        gap = text[before : token.start]
        follows = len(gap) <= _WIDEST_GAP and _SEPARATOR.fullmatch(gap) is not None
        closed = bool(run.tokens) and run.complete and _begins(token, run, gap)
        # Cells named in a sentence are no part of the clicks that follow it.
        closed = closed or (token.act and bool(run.cells) and not run.acts)
        if run.tokens and (closed or not follows):
            yield run
            run = _Run()
        if not run.tokens:
            run.announced = (
                _ANNOUNCED.search(text[max(0, token.start - 120) : token.start]) is not None
            )
        run.tokens.append(token)
        before = token.end
    if run.tokens:
        yield run


def _begins(token: _Token, run: _Run, gap: str) -> bool:
    """Whether a token after a complete answer begins another.

    An end may be given in two ways ("DONE; SUBMIT(1)"); the same way again, in a line of its own
    or with another number, is an answer without cells.
    """
    if token.kind != "end":
        return True
    if token.number is None:
        return "\n" in gap and any(t.kind == "end" and t.number is None for t in run.tokens)
    return run.number not in (None, token.number)


def _tokens(text: str) -> Iterator[_Token]:
    """Tokens in order; where several fit, the one that begins first, then the most telling."""
    found: list[tuple[int, _Token]] = []
    for pattern, turned in ((_ROW_FIRST, False), (_COL_FIRST, True), (_PAIR, False)):
        for match in pattern.finditer(text):
            act, first, second = match.groups()
            row, col = (second, first) if turned else (first, second)
            cell = Cell(int(row), int(col))
            found.append((0, _Token("cell", *match.span(), cell, act is not None)))
    found += [(1, _Token("nothing", *match.span())) for match in _NOTHING.finditer(text)]
    found += [(1, _Token("end", *match.span())) for match in _DONE.finditer(text)]
    for match in _SUBMIT.finditer(text):
        number = int(match[1] or match[2])
        found.append((1, _Token("end", *match.span(), number=number)))
    found += [(2, _Token("unreadable", *match.span())) for match in _UNREADABLE.finditer(text)]
    end = 0
    for _, token in sorted(found, key=lambda entry: (entry[1].start, entry[0])):
        if token.start >= end:
            yield token
            end = token.end
