"""What handeye makes is what it made at c3636de, file by file, request by request.

A value may change in a commit that names it: make it anew with
``python -m tests.test_frozen`` and say in the commit which files changed and why.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.frozen import differences, hashes, libraries, normalized, request_keys
from tests.support.frozen_recipe import RUNS, make

EXPECTED = Path(__file__).parent / "frozen" / "expected.json"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EXPECTED.read_text("utf-8"))
    others = {
        name: f"{was} when frozen, {libraries().get(name)} now"
        for name, was in found["libraries"].items()
        if libraries().get(name) != was
    }
    if others:
        # Encoders, drawing and the last digits of sums belong to these.
        pytest.skip(f"frozen with other libraries: {others}")
    return found


@pytest.fixture(scope="module")
def made(expected: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frozen") / "made"
    make(folder)
    return folder


def test_every_file_says_what_it_said(expected: dict[str, Any], made: Path) -> None:
    wrong = differences(_flat(expected["files"]), hashes(made))
    texts = made.parent / "changed"
    for line in wrong:
        path = made / line.partition(":")[0]
        if path.is_file():
            text = texts / path.relative_to(made).with_name(f"{path.name}.txt")
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(normalized(path, made), encoding="utf-8")
    assert not wrong, "\n".join(
        [
            *wrong,
            f"What they say now, normalized, lies under {texts}; for what they said, make the same "
            "with the code before: python -m tests.test_frozen --texts FOLDER",
        ]
    )


def test_every_request_is_filed_under_the_key_it_had(expected: dict[str, Any], made: Path) -> None:
    for run in RUNS:
        assert request_keys(made / run) == expected["requests"][run], run


def freeze(folder: Path) -> dict[str, Any]:
    """What ``expected.json`` holds, from a folder that :func:`make` made."""
    grouped: dict[str, dict[str, str]] = {}
    for name, digest in hashes(folder).items():
        suite, step, *_ = name.split("/")
        grouped.setdefault(f"{suite}/{step}", {})[name] = digest
    requests = {run: request_keys(folder / run) for run in RUNS}
    return {"libraries": libraries(), "files": grouped, "requests": requests}


def _flat(grouped: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: digest for group in grouped.values() for name, digest in group.items()}


def _write_texts(folder: Path, to: Path) -> None:
    for name in hashes(folder):
        text = to / f"{name}.txt"
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text(normalized(folder / name, folder), encoding="utf-8")


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        made_now = Path(temporary) / "made"
        make(made_now)
        if sys.argv[1:2] == ["--texts"]:
            _write_texts(made_now, Path(sys.argv[2]))
        else:
            EXPECTED.write_text(json.dumps(freeze(made_now), indent=1) + "\n", encoding="utf-8")
