"""Where the authors' metadata and the parity cases lie; tests that need them skip without them."""

import json
import os
from pathlib import Path

import pytest

FOLDER = Path(
    os.environ.get("HANDEYE_ROSE_DATA", Path(__file__).parents[3] / "../shared/rose-v0.1")
).resolve()
PARITY = FOLDER / "parity"
needs_parity = pytest.mark.skipif(not PARITY.is_dir(), reason="the parity cases are not here")


def rows(name):
    with (PARITY / name).open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def differences(expected, got, path=""):
    """Every place where ``got`` differs: other keys, other values, floats beyond 1e-12."""
    if isinstance(expected, dict) and isinstance(got, dict):
        found = [f"{path}: keys {sorted(set(expected) ^ set(got))}"] * (set(expected) != set(got))
        for key in expected.keys() & got.keys():
            found += differences(expected[key], got[key], f"{path}/{key}")
        return found
    if isinstance(expected, list) and isinstance(got, list):
        same = sorted(expected) == sorted(got)
    elif isinstance(expected, float) and isinstance(got, int | float):
        same = abs(expected - got) <= 1e-12
    else:
        same = expected == got
    return [] if same else [f"{path}: expected {expected!r}, got {got!r}"]
