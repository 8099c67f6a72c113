"""YAML 1.2 and JSON with the line of every value, and structs made of them."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, strategies as st

from handeye.placed import (
    MOST_ALIASED,
    MisplacedError,
    build,
    key_of,
    read_json_line,
    read_yaml,
)


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    size: float = 1.0


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    version: Literal[1]
    kind: Literal["red", "blue"] = "red"
    parts: tuple[Inner, ...] = ()
    pair: tuple[int, int] | None = None
    more: str | Inner | tuple[str, ...] = ""
    free: dict[str, Any] = {}


SCALARS = {
    "yes": "yes", "on": "on", "No": "No", "~": None, "": None, "null": None, "NULL": None,
    "true": True, "FALSE": False, "tRue": "tRue", "12": 12, "+3": 3, "-0": 0, "017": 17,
    "0o17": 15, "0x1F": 31, "0b11": "0b11", "1_000": "1_000", "1e3": 1000.0, "1e-4": 1e-4,
    ".5": 0.5, "3.": 3.0, ".": ".", "-.5E+2": -50.0, ".inf": float("inf"), "-.INF": -float("inf"),
    "12:30": "12:30", "2026-11-30": "2026-11-30", "'12'": "12", '"true"': "true",
    "!!str 3": "3", "!!float 3": 3, "!!int 0x10": 16,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    found = read_yaml(f"a: {text}".encode()).plain()["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' stands twice"),
        ("a: &x\n  - *x", 2, "the alias *x stands within itself"),
        ("a: *gone", 1, "the alias *gone is named nowhere"),
        ("x: 1\n<<: {a: 1}", 2, "<< merges in YAML 1.1 alone"),
        ("a: !!python/object:os.system x", 1, "is no !!python/object"),
        ("a: !own x", 1, "the tag !own is not read"),
        ("a: !!timestamp 2026-01-01", 1, "is no !!timestamp"),
        ("a: !!set {x, y}", 1, "is not read"),
        ("[a]: 1", 1, "a key must be a plain text"),
        ("--- 1\n--- 2", 2, "a second document"),
        ("a: [", 2, "not YAML"),
        ("a: !!int yes", 1, "is no !!int"),
        ("[" * 70 + "]" * 70, 1, "nested deeper than"),
        ("[" * 100_000, 1, "nest"),
        ("a:\n\tb: 1", 2, "not YAML"),
    ],
)
def test_what_is_not_read_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(MisplacedError, match="") as caught:
        read_yaml(text.encode())
    assert said in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value.within("f.yaml")).startswith(f"f.yaml:{line}: ")


def test_aliases_stand_for_what_they_name_and_no_bomb_goes_off() -> None:
    assert read_yaml(b"a: &x {k: [1, 2]}\nb: [*x, *x]").plain()["b"] == [{"k": [1, 2]}] * 2
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(MisplacedError, match=f"more than {MOST_ALIASED:,} values"):
        read_yaml("\n".join(lines).encode())


@pytest.mark.parametrize("data", [b"\xff", b"a: \x00", b"%YAML 9.9\n--- 1"])
def test_bytes_that_are_no_yaml(data: bytes) -> None:
    with pytest.raises(MisplacedError):
        read_yaml(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert read_json_line(json.dumps(value).encode(), 1).plain() == value


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', "NaN", "[1, Infinity]", "{", "[" * 2000, '"\\ud800', "[" * 100]
)
def test_json_that_is_refused(text: str) -> None:
    with pytest.raises(MisplacedError, match="not JSON"):
        read_json_line(text.encode(), 3)


def test_structs_are_built_and_numbers_may_be_texts() -> None:
    text = b"version: 1\nkind: blue\npair: [1, 2]\nparts: [{name: 007, size: 2}, {name: yes}]\n"
    found = build(read_yaml(text + b"more: 3.10\nfree: {a: [1, x]}"), Outer)
    assert found.parts == (Inner(name="007", size=2.0), Inner(name="yes"))
    assert (found.more, found.free) == ("3.10", {"a": [1, "x"]})
    assert build(read_yaml(b"version: 1\nmore: [1, b]"), Outer).more == ("1", "b")
    assert build(read_yaml(b"version: 1\nmore: {name: n}"), Outer).more == Inner(name="n")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("version: 1\nparts:\n  - nam: x", 3, "parts[0].nam: there is no such key; allowed: name"),
        ("version: 1\nparts:\n  - size: 2", 3, "parts[0]: 'name' is missing"),
        ("version: 2", 1, "version: is '2'; allowed: 1"),
        ("version: 1\nkind: bleu", 2, "did you mean blue?"),
        ("version: 1\npair: [1]", 2, "pair: must have 2 entries, got 1"),
        ("version: 1\npair: [1, x]", 2, "pair[1]: expected `int`, got `str`"),
        ("version: 1\nparts: x", 2, "parts: must be a list, got 'x'"),
        ("version: 1\nkind: [red]", 2, "kind: must be one plain value, got a list"),
        ("[]", 1, "must be a mapping, got a list"),
    ],
)
def test_what_does_not_fit_a_struct_is_told(text: str, line: int, said: str) -> None:
    with pytest.raises(MisplacedError) as caught:
        build(read_yaml(text.encode()), Outer)
    assert said in str(caught.value)
    assert caught.value.line == line


def test_paths() -> None:
    placed = read_yaml(b"a:\n  - b: 1\n    c:\n      - x")
    assert placed.at(["a", 0, "c", 0]).line == 4
    assert placed.at(["a", 0, "gone", 3]).line == 2
    assert key_of(("a", 0, "c")) == "a[0].c"
