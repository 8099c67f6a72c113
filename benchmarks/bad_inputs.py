"""Bad inputs, kinds by places: what is refused, and how; the matrix of docs/reliability.md.

    python benchmarks/bad_inputs.py [--most N] [--only WORDS] [--sample N] [--seed S] [--seconds N]
                                    [--minutes N] [--every]

A case is a fresh copy of small sets, runs and a study in which one thing is spoilt, and one command
over it. It is held when the command ends in time and memory, without a traceback, and

    refused   with exit code 2, one line that says what and where, and nothing written or changed
    works     with exit code 0: the kind is no fault, such as a folder called [2026]
    listed    with exit code 1 or 2: a check that lists what is wrong with a set
    served    by a study, which goes on until it is stopped, or refused
    either    refused, or done where the command does not need what was spoilt

Prints places by kinds, held of tried, and every case that was not held; exit code 1 if there is
one. Some ten minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib
import json
import math
import os
import random
import re
import resource
import shlex
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import hostile_media

MEGABYTES = 1500
# Seconds that a case may take; more on a machine that is busy with other things.
PATIENCE = [60]
# Stand for 200,000 brackets, opened alone or closed again, and become them when they are written.
DEEP, CLOSED = "<deep>", "<closed>"
HUGE = "9" * 5000
LONG = "x" * 300
_NO_TEXT = b"caf\xe9"
Spoil = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """``spoil`` works in a fresh copy, which is the working folder; ``words`` are the command."""

    place: str
    kind: str
    words: tuple[str, ...]
    spoil: Spoil = lambda: None
    wanted: str = "refused"
    says: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    most_bytes: int = 0
    stdout: str = ""
    closed: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.place} / {self.kind}: {' '.join(self.words)[:110]!a}"


# ---- what is good


def make(folder: Path) -> None:
    """Sets, runs of all suites, a study with answers, prediction files."""
    os.chdir(folder)
    _must("rose generate set --seed 3 --scenes 4 --sources glyph,pixel-edit --workers 1")
    _must("visualact generate clips --seed 3 --clips 4 --workers 1")
    _must("premise generate families --seed 3 --families 2 --workers 1")
    _must("premise generate apart --seed 3 --families 1 --media picture+sound --workers 1")
    _unhashed("apart")
    shutil.copytree("families", "films")
    _unhashed("films")
    done = apart(_publish)
    assert not done.code, done.warned
    for words in (CLIP_RERUN, RERUN, RERUN_OTHER, CLIP_RERUN_OTHER, SERIES, PREMISE_RERUN,
                  PREMISE_OTHER):  # fmt: skip
        _must(" ".join(words), learn=words is CLIP_RERUN)
    rows = _lines("run/predictions.jsonl")
    write("answers.jsonl", _json_lines([{k: r[k] for k in ("item_id", "raw_text")} for r in rows]))
    rows = _lines("vrun/predictions.jsonl")
    write("vanswers.jsonl", _json_lines([{k: r[k] for k in ("clip_id", "raw_text")} for r in rows]))
    rows = _lines("prun/predictions.jsonl")
    write("panswers.jsonl", _json_lines([{k: r[k] for k in ("item_id", "raw_text")} for r in rows]))
    for name in ("films", "apart"):
        ids = [row["item_id"] for row in _lines(f"{name}/premise_test.jsonl")]
        write(f"{name}.jsonl", _json_lines([{"item_id": one, "raw_text": "A"} for one in ids]))
        _must(f"premise score {name}.jsonl --data {name} --out run-{name}")
    write("prices.json", '{"handeye/pixels": {"input": 1, "output": 2}}')
    write("items.txt", f"{_lines('answers.jsonl')[0]['item_id']}\n")
    clips = _lines("clips/clips_test.jsonl")
    named = [
        {"text": a["text"], "apl": a["apl"], "type": "proactive"}
        for c in clips
        for a in c["actions"]
    ]
    rows = [{"video": c["video"], "scenario": c["scenario"], "actions": named[:1]} for c in clips]
    write("foreign/data.json", json.dumps(rows))
    shutil.copytree("clips/videos", "foreign/videos")
    write("notes/todo.txt", "not ours\n")
    done = apart(_make_study)
    assert not done.code, done.warned
    _must("study agreement study.sqlite --data set --out human.json")


def _unhashed(folder: str) -> None:
    """A set as by others: nobody knows what its files are."""
    path = f"{folder}/premise_test.jsonl"
    rows = [{k: v for k, v in row.items() if k not in ("sha256", "meta")} for row in _lines(path)]
    write(path, _json_lines(rows))
    Path(folder, "generation.json").unlink()


def _publish() -> None:
    """IMAVB's layout: a Parquet for each cell, and two videos."""
    import polars as pl

    videos = sorted(Path("families/videos").glob("*.mp4"))[:2]
    for name in (CELL_A, CELL_B):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        false = "misleading" in name
        rows = [
            {"video_id": video.stem, "question": f"In {video.stem}, what is she wearing?",
             **{f"option_{x}": f"a coat {x}" for x in "abcdef"},
             "correct_answer": "E" if false else "C", "category": "temporal",
             "modality": "vision", "is_misleading": false}
            for video in videos
        ]  # fmt: skip
        pl.DataFrame(rows).write_parquet(name)
    Path("imavb/videos").mkdir()
    for video in videos:
        shutil.copy(video, "imavb/videos")


def _make_study() -> None:
    from handeye.rose.human.people import RosePeople
    from handeye.study.session import Reply, open_study

    study = open_study(RosePeople(), "set", Path("study.sqlite"), items=6, seed=1)
    for name in ("ann", "bob"):
        key = study.join(name)
        for place in range(len(study.practice)):
            study.practise(key, Reply(place, skipped=True))
        for place in range(6):
            board = study.state(key)["item"]
            clicks = [[1, 1]] if board["kind"] == "grid" else []
            number = None if board["number"] is None else 1
            study.answer(key, Reply(place, {"clicks": clicks, "number": number}, 900))
    study.store.close()


ASK = ("run", "rose", "--model", "handeye/simulated", "--data", "set", "--templates")
RERUN = (*ASK, "T1,T3,T4,T5", "--quiet", "--out", "run", "-M", "faults=miss=0.5,garble=0.3")
RERUN_OTHER = (*ASK, "T1,T3,T4,T5", "--quiet", "--out", "other", "-M", "faults=miss=0.5")
ASK_CLIPS = (
    *("run", "visualact", "--model", "handeye/prior", "--data", "clips", "--embedder"),
    *("test:char-ngrams", "--quiet"),
)
CLIP_RERUN = (*ASK_CLIPS, "--out", "vrun")
CLIP_RERUN_OTHER = (*ASK_CLIPS, "--out", "vother", "--frames", "4")
SERIES = (*ASK_CLIPS, "--out", "several", "--frames", "1,2")
SCORE = ("rose", "score", "answers.jsonl", "--data", "set", "--templates", "T1,T3,T4,T5", "--out")
CLIP_SCORE = (
    *("visualact", "score", "vanswers.jsonl", "--data", "clips", "--embedder"),
    *("test:char-ngrams", "--out"),
)
PREMISE_ASK = ("run", "premise", "--data", "families", "--quiet", "--model")
PREMISE_RERUN = (*PREMISE_ASK, "handeye/simulated", "-M", "faults=accept=0.4", "--out", "prun")
PREMISE_OTHER = (*PREMISE_ASK, "handeye/simulated", "-M", "faults=reject=0.4", "--out", "pother")
PREMISE_SCORE = ("premise", "score", "panswers.jsonl", "--data", "families", "--out")
PREMISE_REPORT = ("report", "prun", "--out", "page.html")
PREMISE_READ = (
    PREMISE_REPORT,
    ("compare", "pother", "prun"),
    ("premise", "diagnose", "prun"),
    ("premise", "scenes", "prun"),
)
CELL_A, CELL_B = (f"imavb/data/{cell}_vision.parquet" for cell in ("standard", "misleading"))
REPORT = ("report", "run", "--workers", "1", "--out", "page.html")
READ = (
    REPORT,
    ("compare", "other", "run"),
    ("rose", "diagnose", "run", "--workers", "1"),
    ("rose", "scenes", "run"),
)
CLIP_REPORT = ("report", "vrun", "--out", "page.html")
CLIP_READ = (
    CLIP_REPORT,
    ("compare", "vother", "vrun"),
    ("visualact", "diagnose", "vrun"),
    ("visualact", "scenes", "vrun"),
    ("visualact", "rank", "vother", "vrun"),
)


# ---- how things are spoilt


def write(path: str | Path, data: str | bytes) -> None:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    text = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    place.write_bytes(nested(text))


def nested(text: bytes) -> bytes:
    much = 200_000
    return text.replace(DEEP.encode(), b"[" * much).replace(
        CLOSED.encode(), b"[" * much + b"]" * much
    )


def _lines(path: str) -> list[Any]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def _json_lines(rows: Sequence[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def writing(path: str, data: str | bytes) -> Spoil:
    return lambda: write(path, data)


def _other_kind(path: str, make: Callable[[str], object]) -> Spoil:
    def spoil() -> None:
        Path(path).unlink()
        make(path)

    return spoil


def _nowhere(path: str | Path) -> None:
    Path(path).symlink_to("nowhere/x")


def _circle(path: str | Path) -> None:
    Path(f"{path}.again").symlink_to(Path(path).name)
    Path(path).symlink_to(f"{Path(path).name}.again")


def _socket(path: str | Path) -> None:
    place = os.open(Path(path).parent, os.O_RDONLY)  # a socket's name must be short
    os.fchdir(place)
    socket.socket(socket.AF_UNIX).bind(Path(path).name)


def files(path: str) -> Iterator[tuple[str, Spoil]]:
    """What can be wrong with any file; a pipe has no end, and nobody may write to it."""
    data = Path(path).read_bytes()
    yield "gone", Path(path).unlink
    yield "empty", writing(path, "")
    yield "no text", writing(path, b"\xff\xfe\x00\x9d{" * 50 + b"\n")
    yield "other text", writing(path, "Dear all,\n")
    yield "cut", writing(path, data[: len(data) // 2])
    yield "folder or pipe", _other_kind(path, os.mkdir)
    yield "folder or pipe", _other_kind(path, os.mkfifo)
    yield "links", _other_kind(path, _nowhere)
    yield "links", _other_kind(path, _circle)
    if path.endswith(("json", "jsonl", "txt")):
        for encoding in ("utf-16", "utf-16-le", "utf-32"):
            yield "encodings", writing(path, data.decode().encode(encoding))
    if path.endswith("l"):
        first = data.split(b"\n")[0]
        yield "nested", writing(path, f'{{"a": {DEEP}\n')
        yield "nested", writing(path, b'{"error": ' + DEEP.encode() + b", " + first[1:] + b"\n")
        yield (
            "nested",
            writing(path, b'{"more": ' + CLOSED.encode() + b", " + first[1:] + b"\n"),
        )
    else:
        yield "nested", writing(path, DEEP)
        yield "nested", writing(path, CLOSED)
        yield "nested", writing(path, f'{{"format": {DEEP}')


VALUES = (None, 5, -1, "x", [5], {"a": 1}, True, 1e300, 10**30, "a\0b", "\ud800")


def fields(path: str, values: Sequence[Any] = VALUES) -> Iterator[tuple[str, Spoil]]:
    """Every field of a JSON object, or of the first of many, gone or with another value."""
    lines = Path(path).read_text().splitlines() if path.endswith("l") else [Path(path).read_text()]
    good = json.loads(lines[0])
    for name, value in good.items():
        for other in values:
            if other != value:
                yield (
                    name,
                    writing(path, "\n".join([json.dumps({**good, name: other}), *lines[1:]])),
                )
        less = {key: one for key, one in good.items() if key != name}
        yield name, writing(path, "\n".join([json.dumps(less), *lines[1:]]))
        more = json.dumps({**good, name: "DEEP"}).replace('"DEEP"', CLOSED)
        yield name, writing(path, "\n".join([more, *lines[1:]]))


# ---- the cases


def cases() -> Iterator[Case]:
    for part in (runs, rows, sets, media, given, studies, places, options, surroundings):
        yield from part()


def runs() -> Iterator[Case]:
    for folder, readers in (("run", READ), ("vrun", CLIP_READ), ("prun", PREMISE_READ)):
        for name in ("run.json", "summary.json"):
            path = f"{folder}/{name}"
            for words in readers:
                for kind, spoil in files(path):
                    # With its plan and journal a run without a record is one that is not finished.
                    unfinished = name == "run.json" and kind in ("gone", "links")
                    wanted = "either" if unfinished else "refused"
                    yield Case(name, kind, words, spoil, wanted, folder)
                values = VALUES if words in (REPORT, CLIP_REPORT, PREMISE_REPORT) else ("x", [5])
                for _, spoil in fields(path, values):
                    yield Case(name, "fields", words, spoil, "either", folder)
        hidden = json.loads(Path(f"{folder}/run.json").read_text())
        hidden["data"] = [{"path": "a\0b", "relative": "\0", "sha256": "x"}]
        spoil = writing(f"{folder}/run.json", json.dumps(hidden))
        for words in readers:
            yield Case("run.json", "names", words, spoil, "either")
    for kind, spoil in files("run/predictions.jsonl"):
        for words in READ[:3]:
            yield Case("answers of a run", kind, words, spoil, "either")
    for kind, spoil in files("vrun/predictions.jsonl"):
        for words in (*CLIP_READ[:3], CLIP_READ[4]):
            yield Case("answers of a run", kind, words, spoil, "either")
    for kind, spoil in files("prun/predictions.jsonl"):
        for words in PREMISE_READ[:3]:
            yield Case("answers of a run", kind, words, spoil, "either")
    for path, words in (
        ("run/plan.json", RERUN),
        ("vrun/plan.json", CLIP_RERUN),
        ("prun/plan.json", PREMISE_RERUN),
    ):
        for kind, spoil in files(path):
            yield Case("plan.json", kind, words, spoil)
        for name, spoil in fields(path):
            # How the same items were named, and what plans of before do not have.
            free = name in (
                *("data", "split", "templates", "subsets", "max_scenes", "revision"),
                *("scenes", "order", "asked", "scoring"),
            )
            yield Case("plan.json", "fields", words, spoil, "either" if free else "refused")
    for path, words in (("run/answers.jsonl", RERUN), ("prun/answers.jsonl", PREMISE_RERUN)):
        for kind, spoil in files(path):
            if kind not in ("gone", "empty", "cut"):  # what is missing is asked again
                yield Case("journal", kind, words, spoil, says="answers.jsonl")
    for kind, spoil in files("several/ablation.json"):
        if kind not in ("gone", "links"):
            yield Case("ablation.json", kind, SERIES, spoil)
            yield Case("ablation.json", kind, ("report", "several", "--out", "page.html"), spoil)
    for _, spoil in fields("several/ablation.json"):
        yield Case("ablation.json", "fields", SERIES, spoil, "either")
        report = ("report", "several", "--out", "page.html")
        yield Case("ablation.json", "fields", report, spoil, "either")


def rows() -> Iterator[Case]:
    from handeye.premise.scoring.run_folder import RUN_FORMAT as PREMISE
    from handeye.rose.scoring.run_folder import RUN_FORMAT as ROSE
    from handeye.visualact.scoring.run_folder import RUN_FORMAT as CLIPS

    for folder, form, readers in (
        ("run", ROSE, READ),
        ("vrun", CLIPS, CLIP_READ),
        ("prun", PREMISE, PREMISE_READ),
    ):
        for name, columns in form.rows.items():
            path = f"{folder}/{name}.parquet"
            whole, *others = readers
            for words in readers:
                for kind, spoil in files(path):
                    if kind != "nested" and words[1] != "judge":
                        used = name == "scores" or words is whole
                        yield Case(
                            "score rows", kind, words, spoil, "refused" if used else "either"
                        )
                for seed in range(6):
                    yield Case("score rows", "flipped", words, _flipped(path, seed), "either")
            for column in columns.names:
                spoil = _column(path, column, "drop")
                yield Case("score rows", "columns", whole, spoil, says=column)
                for words in others:
                    yield Case("score rows", "columns", words, spoil, "either")
                needed = column in columns.needed
                for words in readers:
                    strict = "refused" if words is whole and needed else "either"
                    yield Case("score rows", "nulls", words, _column(path, column, "null"), strict)
                    yield Case("score rows", "types", words, _column(path, column, b"x"), "either")
                    yield Case(
                        "score rows", "values", words, _column(path, column, "odd"), "either"
                    )
    for path, column, readers in (
        ("run", "item_id", READ),
        ("vrun", "clip_id", CLIP_READ),
        ("prun", "item_id", PREMISE_READ),
    ):
        for words in readers:
            spoil = _column(f"{path}/scores.parquet", column, "same")
            yield Case("score rows", "equal ids", words, spoil)
    for value in (-1, 0, 10**9):
        for words in (REPORT, READ[2]):
            spoil = _column("run/scores.parquet", "rows", value)
            yield Case("score rows", "values", words, spoil, says="rows")


def _flipped(path: str, seed: int) -> Spoil:
    data = bytearray(Path(path).read_bytes())
    draw = random.Random(seed)
    for _ in range(1 + 5 * seed):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return writing(path, bytes(data))


def _column(path: str, column: str, how: object) -> Spoil:
    def spoil() -> None:
        import polars as pl

        frame = pl.read_parquet(path, glob=False)
        kind = frame.schema[column]
        odd: dict[Any, Any] = {pl.String(): "\x1b[31m\0", pl.Int64(): -(2**62)}
        other: dict[str, pl.Expr] = {
            "null": pl.lit(None, kind),
            "same": pl.col(column).first(),
            "odd": pl.lit(odd.get(kind, float("nan") if kind == pl.Float64() else None)).cast(kind),
        }
        # A pair is a text as it stands, so that no text is taken for the name of a way.
        as_it_is = pl.lit(how[1] if isinstance(how, tuple) else how)
        value = other.get(how, as_it_is) if isinstance(how, str) else as_it_is
        frame = frame.drop(column) if how == "drop" else frame.with_columns(value.alias(column))
        Path(path).unlink()
        frame.write_parquet(path)

    return spoil


def sets() -> Iterator[Case]:
    yield from _rose_sets()
    yield from _clip_sets()
    yield from _premise_sets()
    yield from _published_sets()
    for folder, verify, again in (
        (
            "set",
            ("rose", "verify", "set", "--workers", "1"),
            "rose generate set --seed 3 --scenes 4 --sources glyph,pixel-edit",
        ),
        (
            "clips",
            ("visualact", "verify", "clips", "--workers", "1"),
            "visualact generate clips --seed 3 --clips 4",
        ),
        (
            "families",
            ("premise", "verify", "families", "--workers", "1"),
            "premise generate families --seed 3 --families 2",
        ),
    ):
        make_again = (*again.split(), "--workers", "1")
        path = f"{folder}/generation.json"
        for kind, spoil in files(path):
            if kind not in ("gone", "links"):
                yield Case("generation.json", kind, verify, spoil, "listed", path)
                yield Case("generation.json", kind, make_again, spoil, says=path)
        for _, spoil in fields(path):
            yield Case("generation.json", "fields", verify, spoil, "any")
            yield Case("generation.json", "fields", make_again, spoil, "either")
        record = json.loads(Path(path).read_text())
        for hashes in (
            {"../../etc/passwd": "x"},
            {"/etc/passwd": "x"},
            {"a\0b": "x"},
            {LONG * 9: "x"},
        ):
            spoil = writing(path, json.dumps({**record, "metadata_sha256": hashes}))
            yield Case("generation.json", "names", verify, spoil, "listed")
    record = json.loads(Path("families/generation.json").read_text())
    for name, values in (
        ("families", (10**12, 10**5, 0, -1, "x", [1], None)),
        ("seed", (-1, 10**30, "x", None)),
        ("media", ("smoke", "sound", None, [])),
        ("kinds", ({}, {"vision": ["x"]}, {"vision": 5}, [], "x", {"vision": [5]})),
        ("level", (0, 99, "x", [])),
        ("split", ("", "../x", 5)),
    ):
        for value in values:
            options = {**record["options"], name: value}
            spoil = writing("families/generation.json", json.dumps({**record, "options": options}))
            words = ("premise", "verify", "families", "--workers", "1")
            yield Case("generation.json", "values", words, spoil, "listed")
    record = json.loads(Path("clips/generation.json").read_text())
    for counts in ({"home": 10**12}, {"home": "x"}, {"home": -1}, {"home": [1]}, {"nowhere": 3}):
        options = {**record["options"], "clips": counts}
        spoil = writing("clips/generation.json", json.dumps({**record, "options": options}))
        words = ("visualact", "verify", "clips", "--workers", "1")
        yield Case("generation.json", "values", words, spoil, "listed")


def _rose_sets() -> Iterator[Case]:
    path = "set/metadata_test.jsonl"
    readers = (
        (*SCORE, "new"),
        (*ASK, "T1,T3,T4,T5", "--quiet", "--out", "new"),
        ("rose", "describe", "set"),
        ("study", "serve", "set", "--items", "4", "--port", "0", "--out", "new.sqlite"),
        ("rose", "rerender", path, "new", "--workers", "1"),
    )
    verify = ("rose", "verify", "set", "--workers", "1")
    for kind, spoil in files(path):
        if kind != "gone":
            for words in readers:
                yield Case("rows of a set", kind, words, spoil, says="metadata_test.jsonl")
            yield Case("rows of a set", kind, verify, spoil, "listed", "metadata_test.jsonl")
    for name, spoil in fields(path):
        for words in readers[:1] if name not in _USED else readers:
            yield Case("rows of a set", "fields", words, spoil, "either")
        yield Case("rows of a set", "fields", verify, spoil, "any")
    good = _lines(path)
    first = good[0]
    clicked = next(
        row for row in good if row["region_target_cells"] and row["task_mode"] != "COUNT"
    )
    bad: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("gold", first, {"ground_truth_count": 77}),
        ("gold", first, {"ground_truth_count": -1}),
        ("gold", first, {"region_target_cells": []}),
        ("gold", first, {"region_target_cells": [*first["region_target_cells"]] * 2}),
        ("gold", clicked, {"all_target_cells": []}),
        ("gold", clicked, {"region_target_cells": clicked["region_target_cells"][1:]}),
        ("gold", clicked, {"task_mode": "COUNT"}),
        ("gold", first, {"task_mode": "CLICK"}),
        ("gold", first, {"task_template": "T3_CLICK_LOCAL_NUMERIC"}),
        ("unknown", first, {"rose_subset": "ROSE-Clouds"}),
        ("unknown", first, {"rose_subset": "\0"}),
        ("unknown", first, {"task_template": "T9"}),
        ("unknown", first, {"region_type": "MOON"}),
        ("values", first, {"rows": 10**30}),
        ("values", first, {"rows": 10**9}),
        ("values", first, {"cols": 0}),
        ("values", first, {"rows": -3}),
        ("values", first, {"all_target_cells": [f"R{HUGE},C1"]}),
        ("values", first, {"all_target_cells": ["R0,C1"]}),
        ("values", first, {"region_type": "ROW_RANGE", "region_params": {"r1": 10**40, "r2": 3}}),
        ("values", first, {"region_type": "ROW_RANGE", "region_params": {"r1": "1", "r2": 3}}),
    )
    for kind, row, change in bad:
        spoil = writing(
            path, _json_lines([{**one, **change} if one is row else one for one in good])
        )
        for words in readers:
            yield Case("rows of a set", kind, words, spoil, says="metadata_test.jsonl:")
        yield Case("rows of a set", kind, verify, spoil, "listed", row["item_id"])
    for name in ("../x.png", "/etc/passwd", "a\0b.png", LONG * 20, "", "\ud800.png", LONG):
        spoil = writing(path, _json_lines([{**first, "image": name}, *good[1:]]))
        for words in readers[1:4:2]:
            yield Case("rows of a set", "names", words, spoil)
        yield Case("rows of a set", "names", verify, spoil, "listed")
    spoil = writing(path, _json_lines([first, *good]))
    for words in readers[:4]:
        yield Case("rows of a set", "equal ids", words, spoil, says=first["item_id"])
    for change in (
        *({"cell_size": size} for size in (0, -1, 15, 10**6, 10**30)),
        *({"font_size": size} for size in (0, -5, 10**6, "x")),
        *({"background_char": char} for char in ("", " ", "\0", 5, None)),
        *({"image_id": name} for name in ("../x", "a\0b", LONG * 9)),
        *({"scene_id": name} for name in ("x", "A_0", "A_-1", f"A_{HUGE}", good[-1]["scene_id"])),
        *({"target_cells": cells} for cells in ([], [[0, 0]], [[10**30, 1]], "x", [[1]])),
        *({"primitive_type": name} for name in ("", "CLOUDS", "\0")),
    ):
        spoil = writing(
            path, _json_lines([{**one, **change} if one is first else one for one in good])
        )
        kind = "names" if set(change) & {"image_id", "scene_id"} else "values"
        yield Case("rows of a set", kind, readers[4], spoil, says="metadata_test.jsonl:")


_USED = {"item_id", "scene_id", "task_template", "rows", "cols", "all_target_cells", "image"}


def _any_rows(
    path: str, readers: Sequence[tuple[str, ...]], verify: tuple[str, ...]
) -> Iterator[Case]:
    """Rows broken in every way, and every field of one holding every odd value."""
    name = Path(path).name
    for kind, spoil in files(path):
        if kind != "gone":
            for words in readers:
                yield Case("rows of a set", kind, words, spoil, says=name)
            yield Case("rows of a set", kind, verify, spoil, "listed", name)
    for _, spoil in fields(path):
        for words in readers:
            yield Case("rows of a set", "fields", words, spoil, "either")
        yield Case("rows of a set", "fields", verify, spoil, "any")


def _any_meta(
    path: str,
    good: Sequence[Any],
    first: dict[str, Any],
    verify: tuple[str, ...],
    reader: tuple[str, ...],
) -> Iterator[Case]:
    """Every value of what the generator notes in a row, odd."""
    meta = first["meta"]
    for name in meta:
        for value in (None, "x", -1, 10**30, [], {"a": {}}, True):
            change = {**first, "meta": {**meta, name: value}}
            spoil = writing(path, _json_lines([change if one is first else one for one in good]))
            yield Case("rows of a set", "values", verify, spoil, "any")
            yield Case("rows of a set", "values", reader, spoil, "either")


def _clip_sets() -> Iterator[Case]:
    path = "clips/clips_test.jsonl"
    readers = (
        (*CLIP_SCORE, "new"),
        (*ASK_CLIPS, "--out", "new"),
        ("visualact", "describe", "clips"),
    )
    verify = ("visualact", "verify", "clips", "--workers", "1")
    yield from _any_rows(path, readers, verify)
    good = _lines(path)
    first = next(row for row in good if row["actions"])
    action = first["actions"][0]
    bad: tuple[tuple[str, dict[str, Any]], ...] = (
        ("gold", {"actions": [{**action, "apl": 9}]}),
        ("gold", {"actions": [{**action, "apl": -1}]}),
        ("gold", {"actions": [{**action, "text": " "}]}),
        ("gold", {"actions": [action, action]}),
        ("gold", {"actions": [{**action, "apl": 10**30}]}),
        ("unknown", {"scenario": "moon"}),
        ("unknown", {"split": "other"}),
        *(
            ("names", {"video": name})
            for name in ("../x", "/etc/passwd", "a\0b", LONG * 20, "", LONG)
        ),
    )
    for kind, change in bad:
        spoil = writing(
            path, _json_lines([{**one, **change} if one is first else one for one in good])
        )
        for words in readers:
            yield Case("rows of a set", kind, words, spoil)
        yield Case("rows of a set", kind, verify, spoil, "listed", first["clip_id"])
    yield from _any_meta(path, good, first, verify, readers[0])
    for kind, spoil in files("foreign/data.json"):
        words = ("visualact", "describe", "foreign", "--split", "all")
        yield Case("foreign file", kind, words, spoil)
    for value in VALUES:
        rows = json.loads(Path("foreign/data.json").read_text())
        for name in rows[0]:
            spoil = writing("foreign/data.json", json.dumps([{**rows[0], name: value}, *rows[1:]]))
            words = ("visualact", "describe", "foreign", "--split", "all")
            yield Case("foreign file", "fields", words, spoil, "either")


def _premise_sets() -> Iterator[Case]:
    path = "families/premise_test.jsonl"
    readers = (
        (*PREMISE_SCORE, "new"),
        (*PREMISE_ASK, "handeye/simulated", "--out", "new"),
        ("premise", "describe", "families"),
        ("study", "serve", "families", "--items", "4", "--port", "0", "--out", "new.sqlite"),
    )
    verify = ("premise", "verify", "families", "--workers", "1")
    yield from _any_rows(path, readers, verify)
    good = _lines(path)
    first = good[0]
    bad: tuple[tuple[str, dict[str, Any]], ...] = (
        *(("gold", {"gold": gold}) for gold in (-1, 4, 5, 6, 10**30, 1.5, "0")),
        *(("gold", {"premise": "misleading", "gold": gold}) for gold in (0, 5)),
        *(("gold", {"options": texts}) for texts in (
            ["a", "b", "c"], ["a"] * 4, ["a", "b", "c", " "], [], "abcd", [1, 2, 3, 4])),
        *(("gold", {"order": order}) for order in ([0, 1, 2, 3, 4], [0] * 6, [5, 4, 3, 2, 1, 9])),
        *(("unknown", {"modality": name}) for name in ("smell", "", "Vision", None)),
        *(("unknown", {"premise": name}) for name in ("half", "", None)),
        ("unknown", {"split": "other"}),
        *(("values", {"level": level}) for level in ("x", [1])),
        *(("values", {"sha256": hashes}) for hashes in ({"x": "0" * 64}, {first["video"]: "x"})),
        ("values", {"question": " "}),
        *(("names", {"video": name}) for name in (
            "../x.mp4", "/etc/passwd", "a\0b", LONG * 20, "", LONG)),
        *(("names", {"item_id": name}) for name in ("", "a\nb")),
    )  # fmt: skip
    for kind, change in bad:
        lines = [{**one, **change} if one is first else one for one in good]
        spoil = writing(path, _json_lines(lines))
        for words in readers:
            yield Case("rows of a set", kind, words, spoil, says="premise_test.jsonl:1")
        yield Case("rows of a set", kind, verify, spoil, "listed", "premise_test.jsonl:1")
    for number in ("NaN", "Infinity", "1e999"):
        text = Path(path).read_text().replace(f'"level":{first["level"]}', f'"level":{number}', 1)
        assert number in text
        for words in readers:
            yield Case("rows of a set", "values", words, writing(path, text), says=f"{path}:1")
        yield Case("rows of a set", "values", verify, writing(path, text), "listed", f"{path}:1")
    spoil = writing(path, _json_lines([first, *good]))
    for words in readers:
        yield Case("rows of a set", "equal ids", words, spoil, says=first["item_id"])
    yield from _any_meta(path, good, first, verify, (*PREMISE_REPORT[:-1], "new"))


def _published_sets() -> Iterator[Case]:
    readers = (
        ("premise", "describe", "imavb"),
        ("premise", "verify", "imavb", "--workers", "1"),
        (
            "run",
            "premise",
            "--data",
            "imavb",
            "--model",
            "handeye/simulated",
            "--quiet",
            "--out",
            "new",
        ),
    )
    for kind, spoil in files(CELL_A):
        if kind not in ("gone", "nested"):
            for words in readers:
                yield Case("published file", kind, words, spoil, says=CELL_A)
    for seed in range(6):
        for words in readers:
            yield Case("published file", "flipped", words, _flipped(CELL_A, seed), "any")
    for column in ("video_id", "question", "option_a", "correct_answer"):
        for words in readers:
            yield Case("published file", "columns", words, _column(CELL_A, column, "drop"))
            yield Case("published file", "nulls", words, _column(CELL_A, column, "null"))
            for value in (b"x", 5, 1.5, [1]):
                spoil = _column(CELL_A, column, value)
                yield Case("published file", "types", words, spoil, "either")
            for value in ("", "\x1b[31m\0", LONG * 20, "../x", "/etc/passwd", "G", "A, B"):
                spoil = _column(CELL_A, column, ("text", value))
                yield Case("published file", "values", words, spoil, "any")
    for column in ("modality", "is_misleading", "category"):
        for words in readers:
            for value in (b"x", 5, [1], ("text", "smell"), "null", "drop"):
                spoil = _column(CELL_A, column, value)
                yield Case("published file", "types", words, spoil, "any")
    for words in readers:
        for value in ("", "x", "gold=", "gold=nowhere", "nobody=question", "gold=question", "=x",
                      "item_id=modality", "gold=correct_answer,x"):  # fmt: skip
            yield Case("published file", "maps", (*words, "--map", value))
        videos = sorted(Path("imavb/videos").iterdir())
        # What describes rows opens no videos.
        wanted = "works" if words[1] == "describe" else "refused"
        said = "" if wanted == "works" else videos[0].stem
        yield Case("published file", "media", words, videos[0].unlink, wanted, said)


def media() -> Iterator[Case]:
    """Pictures, videos and sounds of a set that are something else."""
    yield from _hostile_media()
    picture = _lines("set/metadata_test.jsonl")[0]["image"]
    video = _lines("clips/clips_test.jsonl")[0]["video"]
    motion = ("run", "visualact", "--data", "clips", "--quiet", "--out", "new", "--embedder")
    users = (
        (
            f"set/{picture}",
            ("rose", "verify", "set", "--workers", "1"),
            (
                ("run", "rose", "--model", "handeye/pixels", "--data", "set", "--quiet"),
                ("rose", "rerender", "set/metadata_test.jsonl", "new", "--workers", "1"),
                REPORT[:-1],
            ),
        ),
        (
            f"clips/{video}",
            ("visualact", "verify", "clips", "--workers", "1"),
            (
                (*motion, "test:char-ngrams", "--model", "handeye/motion"),
                (*motion, "test:char-ngrams", "--model", "mockllm/model", "--video", "native"),
                (*CLIP_SCORE, "new"),
                CLIP_REPORT,
            ),
        ),
    )
    for path, verify, others in users:
        data = Path(path).read_bytes()
        kinds: tuple[tuple[str, Spoil], ...] = (
            ("gone", Path(path).unlink),
            ("empty", writing(path, "")),
            ("cut", writing(path, data[: len(data) // 2])),
            ("other text", writing(path, "hello\n")),
            ("no text", writing(path, data[:8] + bytes(range(256)) * 40)),
            ("links", _other_kind(path, _nowhere)),
            ("links", _other_kind(path, _circle)),
            ("links", _other_kind(path, lambda name: Path(name).symlink_to("/etc/hostname"))),
            ("folder or pipe", _other_kind(path, os.mkdir)),
            ("folder or pipe", _other_kind(path, os.mkfifo)),
            ("folder or pipe", _other_kind(path, _socket)),
        )
        for kind, spoil in kinds:
            yield Case("pictures and videos", kind, verify, spoil, "listed")
            for words in others:
                words = words if "--out" in words or "new" in words else (*words, "--out", "new")
                words = (*words, "page.html") if words[-1] == "--out" else words
                # Asked in vain, an item has the state error and its reason; the run goes on.
                yield Case("pictures and videos", kind, words, spoil, "asked")


def _hostile_media() -> Iterator[Case]:
    """What ``tests/support/hostile_media.py`` has, in sets that do not say what their files are."""
    film = _lines("films/premise_test.jsonl")[0]["video"]
    row = _lines("apart/premise_test.jsonl")[0]
    ask = ("run", "premise", "--quiet", "--out", "new", "--data")
    for folder, name, what, kinds in (
        ("films", film, "films", hostile_media.FILMS),
        ("films", film, "no files", hostile_media.NO_FILES),
        ("apart", row["sound"], "sounds", hostile_media.SOUNDS),
        ("apart", row["sound"], "no files", hostile_media.NO_FILES),
    ):
        routes = ("native", "frames+audio", "frames", "audio") if folder == "films" else ("auto",)
        asked = [
            (*ask, folder, "--model", "handeye/oracle", "--media-input", route) for route in routes
        ]
        asked += [(*ask, folder, "--model", "handeye/simulated", "--without", "vision")]
        for kind in kinds:

            def spoil(path: str = f"{folder}/{name}", what: str = what, kind: str = kind) -> None:
                hostile_media.put(Path(path), what, kind)

            yield Case("films and sounds", kind, ("premise", "verify", folder, "--workers", "1"),
                       spoil, "any")  # fmt: skip
            yield Case("films and sounds", kind, ("premise", "describe", folder), spoil, "either")
            for words in asked:
                yield Case("films and sounds", kind, words, spoil, "asked")
            score = ("premise", "score", f"{folder}.jsonl", "--data", folder, "--out", "new")
            yield Case("films and sounds", kind, score, spoil, "asked")
            serve = ("study", "serve", folder, "--items", "4", "--port", "0", "--out", "s.db")
            yield Case("films and sounds", kind, serve, spoil, "served")
            report = ("report", f"run-{folder}", "--out", "page.html")
            yield Case("films and sounds", kind, report, spoil, "either")


def given() -> Iterator[Case]:
    for path, words in (
        ("answers.jsonl", (*SCORE, "new")),
        ("vanswers.jsonl", (*CLIP_SCORE, "new")),
        ("panswers.jsonl", (*PREMISE_SCORE, "new")),
        ("human.json", (*REPORT, "--human", "human.json")),
        ("prices.json", (*RERUN, "--prices", "prices.json", "--dry-run")),
        ("prices.json", (*ASK, "T1", "--out", "new", "--quiet", "--prices", "prices.json")),
    ):
        for kind, spoil in files(path):
            yield Case("files given", kind, words, spoil, says=path)
    for kind, spoil in files("items.txt"):
        yield Case("files given", kind, (*SCORE, "new", "--items", "items.txt"), spoil)
    for path, words in (
        ("answers.jsonl", (*SCORE, "new")),
        ("vanswers.jsonl", (*CLIP_SCORE, "new")),
        ("panswers.jsonl", (*PREMISE_SCORE, "new")),
    ):
        for _, spoil in fields(path):
            yield Case("files given", "fields", words, spoil, "either")
        lines = Path(path).read_text().splitlines()
        for more in (lines[0], '{"item_id": "nobody", "clip_id": "nobody", "raw_text": "x"}'):
            yield Case("files given", "equal ids", words, writing(path, "\n".join([*lines, more])))
    for _, spoil in fields("human.json"):
        yield Case("files given", "fields", (*REPORT, "--human", "human.json"), spoil, "either")
    bridge = ("rose", "bridge", "answers.jsonl", "other/predictions.jsonl", "--data", "set")
    for kind, spoil in files("answers.jsonl"):
        yield Case("files given", kind, (*bridge, "--out", "new"), spoil, says="answers.jsonl")


def studies() -> Iterator[Case]:
    path = "study.sqlite"
    serve = ("study", "serve", "set", "--out", path, "--port", "0")
    readers = (
        serve,
        ("study", "export", path, "--out", "new"),
        ("study", "agreement", path, "--data", "set", "--out", "new.json"),
    )
    for kind, spoil in files(path):
        if kind != "nested":
            for words in readers[1:] if kind in ("gone", "empty") else readers:
                yield Case("study file", kind, words, spoil, says=path)
    size = Path(path).stat().st_size
    for start in range(4096, size, 4096):
        for words in readers:  # the pictures are for those who serve them
            wanted = "refused" if words is serve else "either"
            yield Case("study file", "flipped", words, _zeroed(path, start), wanted, path)
    for table in ("answers", "questions", "items", "people", "practice", "practised", "study"):
        for words in readers:
            spoil = _sql(path, f"DROP TABLE {table}")
            yield Case("study file", "columns", words, spoil, says=path)
    for words in readers:
        yield Case("study file", "columns", words, _sql(path, "ALTER TABLE people DROP nickname"))
        for number in (0, 1, 2):
            spoil = _sql(path, f"PRAGMA user_version = {2 + number}")
            yield Case("study file", "values", words, spoil, says=path)
        for query in (
            "UPDATE questions SET item_id = 'nobody' WHERE place = 0",
            "UPDATE items SET item_id = 'nobody-' || item_id",
            "DELETE FROM items",
            "DELETE FROM questions",
            "UPDATE answers SET person = 9 WHERE person = 0 AND place = 1",
        ):
            yield Case("study file", "unknown", words, _sql(path, query), says=path)
        for column, value in (
            *(("response_ms", value) for value in ("'x'", "NULL", "1.5", "x'ff'")),
            *(("raw_text", value) for value in ("x'ff'", "5")),
            *(("answered_at", value) for value in ("5", "x'00'")),
        ):
            spoil = _sql(path, f"UPDATE OR IGNORE answers SET {column} = {value}")
            if words is not serve:  # it reads no answers
                yield Case("study file", "types", words, spoil, "either")
    for words in readers:
        for name in (
            "set_name",
            "set_sha256",
            "items",
            "seed",
            "templates",
            "split",
            "overlap",
            "practice",
        ):
            spoil = _sql(path, f"DELETE FROM study WHERE name = '{name}'")
            yield Case("study file", "fields", words, spoil, says=path)
            for value in ("{", DEEP, "[1]", '{"a": 1}', "null", '"\\ud800"'):
                spoil = _sql(path, "UPDATE study SET value = ? WHERE name = ?", value, name)
                yield Case("study file", "fields", words, spoil, says=path)
        for value in ("-1", "0", "999999999999", "1e9"):
            spoil = _sql(path, "UPDATE study SET value = ? WHERE name = 'items'", value)
            yield Case(
                "study file", "values", words, spoil, "refused" if words is serve else "either"
            )
    for text in ("{", DEEP, "{}", "5"):
        spoil = _sql(path, "UPDATE practice SET item = ? WHERE place = 0", text)
        yield Case("study file", "nested", serve, spoil, says=path)


def _zeroed(path: str, start: int) -> Spoil:
    data = bytearray(Path(path).read_bytes())
    data[start : start + 4096] = bytes(4096)
    return writing(path, bytes(data))


def _sql(path: str, query: str, *values: str) -> Spoil:
    def spoil() -> None:
        with sqlite3.connect(path) as db:
            db.execute(query, [nested(value.encode()).decode() for value in values])
        db.close()

    return spoil


MAKERS = (
    ("rose", "generate", "OUT", "--seed", "1", "--scenes", "2", "--workers", "1"),
    ("rose", "rerender", "set/metadata_test.jsonl", "OUT", "--workers", "1"),
    (*SCORE, "OUT"),
    (*ASK, "T1,T3", "--quiet", "--out", "OUT"),
    ("visualact", "generate", "OUT", "--seed", "1", "--clips", "2", "--workers", "1"),
    (*CLIP_SCORE, "OUT"),
    ("premise", "generate", "OUT", "--seed", "1", "--families", "1", "--workers", "1"),
    (*PREMISE_SCORE, "OUT"),
    (*PREMISE_ASK, "handeye/simulated", "--out", "OUT"),
    (*ASK_CLIPS, "--out", "OUT"),
    (*ASK_CLIPS, "--out", "OUT", "--frames", "1,2"),
    ("study", "export", "study.sqlite", "--out", "OUT"),
)
FILE_MAKERS = (
    ("report", "run", "--workers", "1", "--out", "OUT"),
    ("compare", "other", "run", "--out", "OUT"),
    ("compare", "other", "run", "--json", "OUT"),
    ("study", "agreement", "study.sqlite", "--data", "set", "--out", "OUT"),
    ("study", "serve", "set", "--items", "4", "--port", "0", "--out", "OUT"),
    ("visualact", "rank", "vother", "vrun", "--json", "OUT"),
    ("compare", "other", "run", "--out", "page.html", "--json", "OUT"),
    ("compare", "other", "run", "--json", "figures.json", "--out", "OUT"),
)
ODD = (
    "[2026] runs",
    "a*b",
    "a?b",
    "{x}",
    "year=2026",
    "it's 50 %s",
    "späť 日本",
    "🎬 clips",
    "-x",
    "a\nb",
    "~",
    "$HOME",
)


def places() -> Iterator[Case]:
    for words in (*MAKERS, *FILE_MAKERS):

        def to(out: str, words: tuple[str, ...] = words) -> tuple[str, ...]:
            return tuple(out if word == "OUT" else word for word in words)

        yield Case("where it goes", "under a file", to("items.txt/x"))
        yield Case("where it goes", "too long", to(LONG))
        yield Case("where it goes", "too long", to("/".join([LONG[:200]] * 30)))
        yield Case("where it goes", "read-only", to("/proc/handeye/x"))
        yield Case("where it goes", "read-only", to("/sys/handeye"))
        yield Case("where it goes", "not text", to(os.fsdecode(_NO_TEXT)))
        yield Case("where it goes", "full disk", to("new"), wanted="full", most_bytes=100)
        yield Case("where it goes", "full disk", to("new"), wanted="full or small", most_bytes=2000)
        if words in MAKERS and words[1] != "export":
            yield Case("where it goes", "taken", to("items.txt"))
            yield Case("where it goes", "taken", to("notes"))
        elif words in FILE_MAKERS:
            yield Case("where it goes", "taken", to("notes"))
            yield Case("where it goes", "taken", to("items.txt"))
        for spoil in (lambda: _nowhere("place"), lambda: _circle("place")):
            yield Case("where it goes", "links", to("place"), spoil, says="is a link to")
            yield Case("where it goes", "links", to("place/x"), spoil, says="is a link to")
    # Where bytes are few already: what was there stays, whole.
    for words in ((*SCORE, "run"), READ[2], CLIP_READ[2], (*CLIP_SCORE, "vrun"), RERUN,
                  (*PREMISE_SCORE, "prun"), PREMISE_READ[2], PREMISE_RERUN):  # fmt: skip
        yield Case("where it goes", "full disk", words, wanted="full", most_bytes=100)
        yield Case("where it goes", "full disk", words, wanted="full or small", most_bytes=2000)
    for odd in ODD:
        name = f"./{odd}" if odd.startswith("-") else odd
        for words in (
            (
                "report",
                f"{name}/run",
                f"{name}/other",
                "--out",
                f"{name}/page.html",
                "--workers",
                "1",
            ),
            ("compare", f"{name}/other", f"{name}/run", "--out", f"{name}/cmp.html"),
            ("rose", "diagnose", f"{name}/run", "--workers", "1"),
            ("rose", "scenes", f"{name}/run"),
            (
                "rose",
                "score",
                f"{name}/run/predictions.jsonl",
                "--data",
                f"{name}/set",
                "--out",
                f"{name}/run",
                "--templates",
                "T1,T3,T4,T5",
            ),
            ("rose", "verify", f"{name}/set", "--workers", "1"),
            ("rose", "generate", f"{name}/new", "--seed", "1", "--scenes", "2", "--workers", "1"),
            (
                "run",
                "rose",
                "--model",
                "handeye/simulated",
                "--data",
                f"{name}/set",
                "--templates",
                "T1,T3",
                "--out",
                f"{name}/new",
                "--quiet",
            ),
            ("visualact", "diagnose", f"{name}/vrun"),
            ("report", f"{name}/vrun", "--out", f"{name}/page.html"),
            ("premise", "diagnose", f"{name}/prun"),
            ("premise", "verify", f"{name}/families", "--workers", "1"),
            ("premise", "generate", f"{name}/new", "--seed", "1", "--families", "1"),
            ("run", "premise", "--data", f"{name}/families", "--model", "handeye/oracle",
             "--families", "1", "--out", f"{name}/new", "--quiet"),
            ("report", f"{name}/prun", "--out", f"{name}/page.html"),
            ("study", "export", f"{name}/study.sqlite", "--out", f"{name}/new"),
        ):  # fmt: skip
            yield Case("where it goes", "odd names", words, _moved(odd), "works")
    for words in READ:
        yield Case(
            "where it goes",
            "odd names",
            tuple(w.replace("run", "x*/run") if w == "run" else w for w in words),
            _decoys,
            "works",
            "16 items" if words[0] == "compare" else "",
        )


def _moved(odd: str) -> Spoil:
    def spoil() -> None:
        Path(odd).mkdir()
        for name in ("run", "other", "set", "vrun", "study.sqlite", "prun", "families"):
            Path(name).rename(Path(odd) / name)

    return spoil


def _decoys() -> None:
    """A run in ``x*``, beside ``xy`` with another that the pattern would find too."""
    for name in ("x*", "xy"):
        shutil.copytree("run", f"{name}/run")


WHOLE = ("", "x", "-1", "0", "nan", "inf", "1e999", "1.5", "9" * 25, HUGE)
"""What no count can be; a seed can be 0."""
# Command, option, values; WHOLE stands for those above, SEED for all of them but 0.
OPTIONS = """
rose generate new --scenes 2 --workers 1 | --seed | SEED
rose generate new --seed 1 --workers 1 | --scenes | WHOLE 99999999999
rose generate new --seed 1 --scenes 2 | --workers | WHOLE 999999999
rose generate new --seed 1 --scenes 2 | --sources | '' x glyph,glyph ,
rose generate new --seed 1 --scenes 2 | --grid | WHOLE 5 8:3 0:5 1:99 nan:nan 3:4:5
rose generate new --seed 1 --scenes 2 | --similarity | '' x 2:3 nan:nan 1:0 0.1 -1:2
rose generate new --seed 1 --scenes 2 | --format | '' x
rose generate new --seed 1 | --like | '' x v0.2
rose generate new --seed 1 --scenes 5 | --font | '' nowhere items.txt notes
rose generate new --seed 1 --scenes 5 | --emoji | '' x x= x=nowhere x=items.txt x=notes
rose generate new --seed 1 --sources pixel-edit | --sprites | x items.txt notes
visualact generate new --clips 2 --workers 1 | --seed | SEED
visualact generate new --seed 1 --workers 1 | --clips | WHOLE 999999999999
visualact generate new --seed 1 --clips 2 | --workers | WHOLE 9999999
visualact generate new --seed 1 --clips 2 | --scenarios | x home,home
visualact generate new --seed 1 --clips 2 | --fps | WHOLE 1 1000000
visualact generate new --seed 1 --clips 2 | --split | '' all ../x 'a b'
premise generate new --families 1 --workers 1 | --seed | SEED
premise generate new --seed 1 --workers 1 | --families | WHOLE 99999999999
premise generate new --seed 1 --families 1 | --workers | WHOLE 9999999
premise generate new --seed 1 --families 1 | --media | '' x video,sound
premise generate new --seed 1 --families 1 | --kinds | x colour colour,colour pitch,pitch
premise generate new --seed 1 --families 1 | --level | WHOLE 4
premise generate new --seed 1 --families 1 | --split | '' all ../x
PREMISE | --families | WHOLE
PREMISE | --variant | x
PREMISE | --questions | '' x
PREMISE | --kinds | x colour,colour
PREMISE | --media-input | '' x smell
PREMISE | --frames | WHOLE fps:0 fps:nan seconds: 1,1
PREMISE | --option-order | '' x shuffle: shuffle:x shuffle:-1
PREMISE | --without | '' x both
PREMISE | --blank | '' x
PREMISE | --image-format | '' x
PREMISE | -M | '' x seed=-1 faults=x faults=accept=2 faults=accept=nan letters=x
RUN | --scenes | WHOLE 99999999999999999999999
RUN | --templates | x T1,T1 T9
RUN | --subsets | x glyph,glyph
RUN | --split | nowhere
RUN | --order | '' x
RUN | --max-connections | WHOLE 99999999999
RUN | --max-retries | SEED
RUN | --timeout | WHOLE 99999999999
RUN | --price | '' x 1 1:2:3:4 -1:2 nan:1 inf:1 1:
RUN | -M | '' x =1 seed=-1 seed=x seed=1.5 seed=999999999999999999999999 faults=x temprature=1
RUN | -M | faults=miss=2 faults=miss=nan faults=miss,miss
RUN | --model | '' x no/such handeye/nobody
RUN | --data | '' nowhere items.txt notes hf: hf:nobody/nothing
CLIPS | --frames | WHOLE fps:0 fps:nan seconds: 1,1
CLIPS | --longest-side | x -1 3 nan
CLIPS | --clips | WHOLE
CLIPS | --option | '' x threshold=nan threshold=2 averaging=x threshold=x
CLIPS | --embedder | '' x all-MiniLM-L6-v2=nowhere all-MiniLM-L6-v2=notes
CLIPS | --protocol | '' x
SCORE | --threshold | WHOLE 2
SCORE | --seed | SEED
SCORE | --map | '' x apl= apl=level
rose diagnose run --workers 1 | --seed | SEED
rose diagnose run | --workers | WHOLE 99999999
report run --out page.html | --workers | WHOLE 99999999
compare other run | --seed | SEED
rose scenes run | --points | '' x -1 0 nan inf 1e999 100 1e-320
rose scenes run other | --power | '' x -1 0 nan inf 1e999 1 2
visualact rank vother vrun | --thresholds | x nan 2 0 -1 inf
visualact rank vother vrun | --embedders | x x,x
study agreement study.sqlite --data set | --seed | SEED
study serve set --port 0 --out new.sqlite | --items | WHOLE 99999999
study serve set --port 0 --out new.sqlite | --overlap | '' x nan 2 -1
study serve set --port 0 --out new.sqlite | --seed | x -1 nan
study serve set --out new.sqlite | --port | x -1 99999 nan 99999999999999999999
study serve set --port 0 --out new.sqlite | --host | 0.0.0.0 'x y' 999.1.1.1
study serve set --port 0 --out new.sqlite | --token | '' short
"""


def options() -> Iterator[Case]:
    commands = {
        "RUN": (*ASK, "T1", "--quiet", "--out", "new"),
        "CLIPS": (*ASK_CLIPS, "--out", "new"),
        "PREMISE": (*PREMISE_ASK, "handeye/simulated", "--out", "new"),
        "SCORE": (*CLIP_SCORE, "new"),
    }
    lists = {"WHOLE": WHOLE, "SEED": tuple(value for value in WHOLE if value != "0")}
    for line in OPTIONS.strip().splitlines():
        command, option, given = (part.strip() for part in line.split(" | "))
        words = commands.get(command) or tuple(command.split())
        place = words[0] if words[0] in ("run", "study", "report", "compare") else words[1]
        for value in (one for word in shlex.split(given) for one in lists.get(word, (word,))):
            more = (f"{option}={value}",) if option.startswith("--") else (option, value)
            yield Case(f"options of {place}", _kind(value), (*words, *more))


def _kind(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "empty" if not value else "unknown"
    return "values" if abs(number) < 1e6 else "too large"


def surroundings() -> Iterator[Case]:
    shown = (
        ("rose", "diagnose", "run", "--workers", "1"),
        ("compare", "other", "run"),
        ("rose", "describe", "set"),
        ("rose", "scenes", "run"),
        ("visualact", "diagnose", "vrun"),
        ("visualact", "rank", "vother", "vrun"),
        ("study", "agreement", "study.sqlite", "--data", "set", "--out", "new.json"),
        (*SCORE, "new"),
        ("suites",),
    )
    for words in shown:
        for encoding in ("ascii", "latin-1", "cp1252", "gbk", "cp437", "utf-8"):
            there = {"PYTHONIOENCODING": encoding}
            yield Case("surroundings", "consoles", words, wanted="works", environment=there)
        yield Case("surroundings", "full output", words, wanted="unsaid", stdout="/dev/full")
    for words in (*shown, REPORT, (*ASK, "T1", "--quiet", "--out", "new")):
        for there in (
            *({"COLUMNS": wide} for wide in ("20", "1", "0", "x")),
            {"TERM": "dumb", "LANG": "C", "LC_ALL": "C"},
        ):
            yield Case("surroundings", "terminals", words, wanted="works", environment=there)
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            yield Case("surroundings", "closed streams", words, wanted="works", closed=closed)
    homeless = dict.fromkeys(("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"), "")
    for words in (
        *shown,
        (*ASK, "T1", "--quiet", "--out", "new"),
        (*ASK_CLIPS, "--out", "new"),
        CLIP_REPORT,
    ):
        there = {"HOME": "/proc/none", **homeless}
        yield Case("surroundings", "no home", words, wanted="works", environment=there)
    for words in (REPORT, RERUN, (*SCORE, "new"), shown[2]):
        yield Case("surroundings", "folder not text", words, _unspeakable, says="UTF-8")


def _unspeakable() -> None:
    """Everything moves into a folder whose name is no text; the command starts there."""
    place = Path(os.fsdecode(_NO_TEXT))
    names = [one.name for one in Path().iterdir()]
    place.mkdir()
    for name in names:
        Path(name).rename(place / name)


# ---- trying one


@dataclass(frozen=True)
class Outcome:
    code: int
    said: str
    warned: str
    seconds: float
    megabytes: float
    changed: tuple[str, ...]


def tried(case: Case, good: Path, place: Path) -> Outcome:
    """What a case comes to in a fresh copy."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(good, place)
    folder = place
    done = apart(lambda: _spoil(case, place))
    if done.code:
        raise RuntimeError(f"{case}: could not be spoilt: {done.warned}")
    if case.spoil is _unspeakable:
        folder = place / os.fsdecode(_NO_TEXT)
    before = _snapshot(folder)
    # Who serves goes on.
    patience = min(15, PATIENCE[0]) if case.wanted == "served" else 0
    done = apart(lambda: _command(case, folder), stdout=case.stdout, seconds=patience)
    after = _snapshot(folder)
    names = before.keys() | after.keys()
    changed = tuple(sorted(name for name in names if before.get(name) != after.get(name)))
    return Outcome(done.code, done.said, done.warned, done.seconds, done.megabytes, changed)


def problem(case: Case, found: Outcome) -> str:
    """Why a case was not held; empty where it was."""
    lines = [line for line in found.warned.splitlines() if line.strip()]
    refused = found.code == 2 and not _unlike_a_refusal(lines)
    whole = refused and not found.changed
    if found.code == -9 and case.wanted != "served":
        return f"no end after {PATIENCE[0]} s"
    if "Traceback" in found.warned + found.said or "panicked" in found.warned:
        return f"traceback: {lines[-1][:200]}"
    if found.megabytes > MEGABYTES:
        return f"{found.megabytes:.0f} MB"
    held = {
        "refused": whole,
        "works": found.code == 0 and case.says in found.said,
        "listed": (found.code == 1 and not found.changed) or whole,
        "either": found.code == 0 or whole,
        "any": (found.code in (0, 1)) or whole,
        "full": refused and not _left(found),
        "full or small": found.code == 0 or (refused and not _left(found)),
        "unsaid": refused,
        "asked": found.code == 0 or refused,
        "served": found.code in (0, -9) or whole,
    }[case.wanted]
    if not held:
        told = lines[-1][:300] if lines else found.said[-200:]
        return f"code {found.code}, changed {list(found.changed[:4])}: {told}"
    told = found.warned if found.code == 2 else found.said
    if case.wanted in ("refused", "listed") and "Usage:" not in told and case.says not in told:
        return f"does not name {case.says}: {told[-300:]}"
    return ""


def _unlike_a_refusal(lines: Sequence[str]) -> bool:
    if any("Usage:" in line for line in lines):
        return False
    usual = re.compile(r"(note|warning|scenes|items|clips|embedded texts|runs): |\d+ frames? -> ")
    told = [line for line in lines if not usual.match(line)]
    return len(told) != 1 or not told[0].startswith("error: ")


def _left(found: Outcome) -> list[str]:
    """What a full disk must not leave: hidden files, and files of a run that was whole."""
    return [
        name
        for name in found.changed
        if any(part.endswith((".tmp", ".scoring", ".lock")) for part in Path(name).parts)
        or (name.startswith(("run/", "vrun/", "prun/")) and "/logs" not in name)
    ]


def _spoil(case: Case, place: Path) -> None:
    os.chdir(place)
    case.spoil()


def _command(case: Case, folder: Path) -> None:
    from handeye.__main__ import main

    os.chdir(folder)
    os.environ.update(case.environment)
    encoding = case.environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    if case.most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (case.most_bytes, case.most_bytes))
    for number in case.closed:
        os.close(number)
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)
    sys.argv = ["handeye", *case.words]
    main()


def apart(work: Callable[[], object], stdout: str = "", seconds: float = 0) -> Outcome:
    """Do something in a forked process; what it said, and its exit code: -9 for no end.

    Forked, not started: everything is imported already, and nothing of it runs threads yet.
    """
    pipes = [os.pipe(), os.pipe()]
    began = time.monotonic()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setpgid(0, 0)
            for number, (_, end) in enumerate(pipes, 1):
                os.dup2(end, number)
            if stdout:
                os.dup2(os.open(stdout, os.O_WRONLY), 1)
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            sys.stderr = open(  # noqa: SIM115
                2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
            )
            work()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    said = [bytearray(), bytearray()]
    for reader, writer in pipes:
        os.close(writer)
        os.set_blocking(reader, False)
    code, usage = -9, None
    while usage is None and time.monotonic() < began + (seconds or PATIENCE[0]):
        time.sleep(0.01)
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            code, usage = os.waitstatus_to_exitcode(status), used
        _drain(pipes, said)
    if usage is None:
        os.kill(child, signal.SIGKILL)
        os.wait4(child, 0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    _drain(pipes, said)
    for reader, _ in pipes:
        os.close(reader)
    told = [one.decode(errors="replace") for one in said]
    memory = usage.ru_maxrss / 1024 if usage else 0.0
    return Outcome(code, *told, time.monotonic() - began, memory, ())


def _drain(pipes: Sequence[tuple[int, int]], said: Sequence[bytearray]) -> None:
    for (reader, _), into in zip(pipes, said, strict=True):
        with suppress(BlockingIOError):
            while part := os.read(reader, 1 << 16):
                into += part


def _snapshot(folder: Path) -> dict[str, str]:
    """Name to kind and content of everything in a folder."""
    out = {}
    for path in folder.rglob("*"):
        kind = "d" if path.is_dir() else "f" if path.is_file() else "?"
        data = hashlib.sha256(path.read_bytes()).hexdigest() if kind == "f" else ""
        out[os.fsencode(path.relative_to(folder)).decode(errors="replace")] = kind + data
    return out


def _must(words: str, *, learn: bool = False) -> None:
    """Carry a command out; ``learn``: what it has imported is imported here, for all that follow.

    A run loads a thousand modules more than :func:`_prepare`, which take longer than it does.
    """
    case, there = Case("", "", tuple(words.split())), Path.cwd()

    def work() -> None:
        try:
            _command(case, there)
        finally:
            if learn:
                write("modules.txt", "\n".join(sys.modules))

    done = apart(work, seconds=10 * PATIENCE[0])
    if done.code:
        raise RuntimeError(f"{words}: {done.warned}")
    if learn:
        for name in (there / "modules.txt").read_text().splitlines():
            with suppress(ImportError):
                importlib.import_module(name)
        (there / "modules.txt").unlink()


def _prepare() -> None:
    """Import what the commands import, so that a case costs what it does and not what it loads."""
    import av
    import inspect_ai.model
    import numpy
    import polars

    import handeye.cli
    import handeye.premise.asking.run
    import handeye.premise.scenes.generation
    import handeye.report
    import handeye.rose.asking.run
    import handeye.study.serve
    import handeye.visualact.asking.run

    assert all((inspect_ai, numpy, polars, av, handeye.cli))


def chosen(options: argparse.Namespace) -> Iterator[Case]:
    """The cases that the command line asks for: of every cell, or of all, an even draw."""
    draw = random.Random(options.seed)
    words = options.only.split(",")
    wanted = [case for case in cases() if any(word in str(case) for word in words)]
    if options.sample is not None:
        wanted = draw.sample(wanted, min(options.sample, len(wanted)))
    cells: dict[tuple[str, str], list[Case]] = {}
    for case in wanted:
        cells.setdefault((case.place, case.kind), []).append(case)
    drawn = [
        draw.sample(cell, min(options.most or len(cell), len(cell))) for cell in cells.values()
    ]
    # One of every cell, then a second of each: whoever stops has tried all of them alike.
    for round_ in zip_longest(*drawn):
        yield from (case for case in round_ if case is not None)


def matrix(held: Mapping[tuple[str, str], int], all_: Mapping[tuple[str, str], int]) -> str:
    """Places by kinds, held of tried."""
    rows = list(dict.fromkeys(place for place, _ in all_))
    kinds = list(dict.fromkeys(kind for _, kind in all_))
    lines = [f"| | {' | '.join(kinds)} |", f"|---|{'---|' * len(kinds)}"]
    for place in rows:
        cells = []
        for kind in kinds:
            there, of = held.get((place, kind), 0), all_.get((place, kind), 0)
            cells.append("" if not of else f"{of}" if there == of else f"**{there} of {of}**")
        lines.append(f"| {place} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--only", default="", help="cases with one of these in their name, with commas"
    )
    parser.add_argument("--most", type=int, default=24, help="cases of a cell; 0: all, hours")
    parser.add_argument("--sample", type=int, help="so many cases in all, drawn evenly")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--every", action="store_true", help="print every case as it is tried")
    parser.add_argument("--seconds", type=int, default=PATIENCE[0], help="that a case may take")
    parser.add_argument("--minutes", type=float, help="after which no further case is tried")
    options = parser.parse_args()
    PATIENCE[0] = options.seconds
    os.environ.update({"HF_HUB_OFFLINE": "1", "COLUMNS": "80"})
    _prepare()
    held: Counter[tuple[str, str]] = Counter()
    all_: Counter[tuple[str, str]] = Counter()
    failed = 0
    slowest, largest = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        good, place = Path(folder) / "good", Path(folder) / "place"
        good.mkdir()
        make(good)
        gc.freeze()
        wanted = list(chosen(options))
        end = math.inf if options.minutes is None else time.monotonic() + 60 * options.minutes
        for case in wanted:
            if time.monotonic() > end:
                break
            found = tried(case, good, place)
            wrong = problem(case, found)
            key = case.place, case.kind
            all_[key] += 1
            held[key] += not wrong
            slowest, largest = max(slowest, found.seconds), max(largest, found.megabytes)
            if wrong:
                failed += 1
                print(f"not held: {case}\n    {wrong}", flush=True)
            elif options.every:
                print(
                    f"{case}: {found.code}, {found.seconds:.2f} s, {found.warned.strip()[-150:]}",
                    flush=True,
                )
        os.chdir("/")
    print(matrix(held, all_))
    total = sum(all_.values())
    print(f"\n{total - failed} of {total} held; at most {slowest:.1f} s and {largest:.0f} MB")
    if total < len(wanted):
        print(f"{len(wanted) - total} of {len(wanted)} were not tried: {options.minutes:g} minutes")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
