"""Prediction and metadata files of a few lines."""

import json
from pathlib import Path


def answer(n=1, text="COUNT(1)", **changes):
    return {"item_id": f"I{n}", "raw_text": text, **changes}


def write(path: Path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"\n".join(parts))
    return path
