"""A table is said once: CSV, LaTeX and terminal give the same figures."""

from __future__ import annotations

import csv
import io

import pytest

from handeye.scores.estimate import Estimate
from handeye.scores.tables import Column, Row, Table, csv_files, table_of, tex_rows
from handeye.terminal.console import Console
from handeye.terminal.tables import print_table

TREE = {
    "all": {"right": Estimate(0.5, 0.4, 0.6, 9), "gap": Estimate(-0.05, -0.1, 0.0, 9)},
    "answered": {"n": 7, "right": Estimate(None, None, None, 0)},
}
COLUMNS = (Column("Right", name="right"), Column("Gap", "in points", name="gap"))


def said(**more: object) -> Table:
    return table_of("t", ("items", "figure"), TREE, COLUMNS, file="t.csv", **more)  # type: ignore[arg-type]


def printed(table: Table, encoding: str = "utf-8", width: int = 80, **options: object) -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_table(Console(file=out, width=width), table, **options)  # type: ignore[arg-type]
    out.flush()
    return out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


def test_columns_come_as_they_are_known_and_others_after_what_precedes_them() -> None:
    table = said()
    assert [column.key for column in table.columns] == ["n", "right", "gap"]
    assert table.line("answered") == {"n": 7, "right": Estimate(None, None, None, 0)}
    assert table.line("nowhere") == {}
    turned = table.turned()
    assert [row.label for row in turned.rows] == ["n", "Right", "Gap"]
    assert [column.head for column in turned.columns] == ["all", "answered"]


def test_csv_has_every_figure_with_how_its_interval_was_made() -> None:
    more = table_of("u", ("items", "figure"), {"": {"x": 3}}, file="t.csv")
    files = csv_files([said(), more, Table("v", "", (), ())], interval="B = 9", note="partial")
    assert list(files) == ["t.csv"]
    rows = list(csv.DictReader(io.StringIO(files["t.csv"])))
    found = {(row["items"], row["figure"]): row for row in rows}
    assert found["all", "gap"]["value"] == "-0.05"
    assert found["all", "gap"]["interval"] == "B = 9"
    assert found["answered", "n"] == {
        "items": "answered", "figure": "n", "value": "7", "low": "", "high": "", "n": "",
        "interval": "", "note": "partial",
    }  # fmt: skip
    assert found["answered", "right"]["value"] == ""
    assert found["", "x"]["value"] == "3"
    assert len(rows) == 5


def test_latex_has_its_own_minus_and_says_what_the_columns_are() -> None:
    text = tex_rows("a_b", said().line("all"), ["percent"])
    assert text.splitlines() == [
        "% columns: Model & right & gap",
        "% percent",
        r"a\_b & 50.0 & $-$5.0 \\",
        r" & [40.0, 60.0] & [$-$10.0, 0.0] \\",
    ]


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("[2em] a", "{}[2em] a"),
        ("*", "{}*"),
        ("\n [x]", "{}[x]"),
        ("a\n\\input{b}\u2028%c", r"a \textbackslash{}input\{b\} \%c"),
        ("a\0\x1b[31m\x85\x9b\u202e\r$^~", r"a[31m\$\textasciicircum{}\textasciitilde{}"),
    ],
)
def test_no_name_leaves_its_cell_of_latex(label: str, cell: str) -> None:
    text = tex_rows(label, said().line("all"), [f"of {label}"])
    assert len(text.split("\n")) == 5
    columns, comment, row, _, end = text.split("\n")
    assert columns.startswith("% ")
    assert comment.startswith("% of")
    assert row == cell + r" & 50.0 & $-$5.0 \\"
    assert not end


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_terminals_that_cannot_show_the_minus_get_a_hyphen(encoding: str) -> None:
    minus = "−" if encoding == "utf-8" else "-"
    text = printed(said(caption="caption [bold]stays[/] text"), encoding)
    assert f"{minus}5.0 ({minus}10.0 to 0.0)" in text
    assert "[bold]stays[/]" in text


def test_many_columns_stand_on_several_lines_and_fit_80_characters() -> None:
    columns = tuple(Column(f"column {k}") for k in range(5))
    cells = (Estimate(0.5, 0.4, 1.0, 9),) * 5
    rows = (Row("a name that is longer than there is room", cells, group="a heading"),)
    text = printed(Table("t", "caption", columns, rows))
    assert max(map(len, text.splitlines())) <= 80
    lines = [line.split("│")[2].strip() for line in text.splitlines() if line.startswith("│")]
    assert lines[1:4] == ["50.0", "(40.0 to", "100.0)"]
    assert "a heading" in text
    assert "40.0" not in printed(Table("t", "", columns, rows), intervals=False)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("intervals", [True, False])
def test_narrow_terminals_break_the_table_and_no_word(width: int, intervals: bool) -> None:
    heads = ("P", "R", "F1", "weighted F1", "scale")
    labels = ("Dynamic Navigation", "Human-Machine Interaction", "mean of classes")
    cells = tuple(Estimate(k / 10, 0.025, 1.0, 9) for k in range(5))
    rows = tuple(Row(label, cells, basis="1 of 4 clips") for label in labels)
    table = Table("t", "percent", tuple(map(Column, heads)), rows, row_head="class")
    lines = printed(table, width=width, caption="how", intervals=intervals).splitlines()
    drawn = [line for line in lines if line[0] in "┏┃┡│└├"]
    assert max(map(len, lines)) <= width
    assert all(line[-1] in "┓┃┩│┘┤" for line in drawn), "the right border"
    text = " ".join(" ".join(drawn).replace("│", " ").replace("┃", " ").split())
    for word in " ".join([*heads, *labels]).replace("-", " ").split():
        assert word in text, word
    for k in range(5):
        assert text.count(f"{10 * k}.0 ") >= 3, "every figure of every row"
    assert (lines.count("percent".ljust(len(lines[0]))), text.count("…")) == (1, 0)
