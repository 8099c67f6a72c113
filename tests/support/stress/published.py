"""Small sets in the layouts that others publish theirs in."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image

Rows = Sequence[Mapping[str, Any]]


def png(shade: int = 0) -> bytes:
    """A picture."""
    out = io.BytesIO()
    Image.new("RGB", (24, 16), (shade % 256, 90, 30)).save(out, "PNG")
    return out.getvalue()


def put(folder: Path, names: Iterable[str]) -> None:
    """Pictures by name."""
    for shade, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(shade))


def lines(path: Path, rows: Rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


def parquet(path: Path, rows: Rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(list(rows)).write_parquet(path)
    return path


def table(path: Path, rows: Rows, delimiter: str = "\t") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def shown(shade: int, path: str = "") -> dict[str, Any]:
    """A picture as a Parquet of the Hub holds it."""
    return {"bytes": png(shade), "path": path}


THINGS = (("dog", "yes"), ("car", "no"), ("cup", "yes"), ("sink", "no"))


def pope(folder: Path) -> Path:
    """As released: JSON lines called .json, a file a stratum, pictures of COCO."""
    names = [f"COCO_val2014_{number:012d}.jpg" for number in range(3)]
    for stratum in ("random", "popular", "adversarial"):
        rows = [
            {"question_id": 4 * k + n + 1, "image": name, "text": f"Is there a {thing}?",
             "label": label}
            for k, name in enumerate(names)
            for n, (thing, label) in enumerate(THINGS)
        ]  # fmt: skip
        lines(folder / f"coco_pope_{stratum}.json", rows)
    put(folder / "val2014", names)
    return folder


def pope_parquet(folder: Path) -> Path:
    """As on the Hub, with the pictures in the rows."""
    rows = [
        {
            "id": str(4 * k + n),
            "question_id": str(4 * k + n),
            "question": f"Is there a {thing}?",
            "answer": label,
            "image_source": f"COCO_val2014_{k:012d}",
            "image": shown(k),
            "category": "popular",
        }
        for k in range(3)
        for n, (thing, label) in enumerate(THINGS)
    ]
    return parquet(folder / "data" / "test-00000-of-00001.parquet", rows).parent.parent


def pope_tsv(folder: Path) -> Path:
    """As VLMEvalKit has it: base64, one row for several strata."""
    rows = [
        {
            "index": n,
            "category": "random,popular" if n % 2 else "adversarial",
            # A picture that comes again is told by its row.
            "image": base64.b64encode(png(0)).decode() if n < 2 else "0",
            "question": f"Is there a {thing}?",
            "answer": label.title(),
        }
        for n, (thing, label) in enumerate(THINGS)
    ]
    return table(folder / "POPE.tsv", rows)


# Category, kind, set, figure, question, gold.
HALLUSION = (
    *(("VD", "illusion", "0", f, q, g) for f, q, g in (
        ("0", "0", "1"), ("0", "1", "0"), ("1", "0", "0"), ("1", "1", "1"))),
    *(("VS", "chart", "3", f, q, g) for f, q, g in (
        ("0", "0", "1"), ("1", "0", "1"), ("1", "1", "0"), ("2", "0", "0"))),
)  # fmt: skip


def hallusion(folder: Path) -> Path:
    """As released: one JSON, pictures below ``hallusion_bench``, some questions without."""
    rows = []
    for category, kind, number, figure, question, gold in HALLUSION:
        blind = category == "VS" and figure == "0"
        name = f"hallusion_bench/{category}/{kind}/{number}_{figure}.png"
        rows.append({
            "category": category, "subcategory": kind, "visual_input": "0" if blind else "1",
            "set_id": number, "figure_id": figure, "sample_note": "x", "question_id": question,
            "question": f"Is it so in {kind} {question}?", "gt_answer_details": "...",
            "gt_answer": gold, "filename": None if blind else f"./{name}",
        })  # fmt: skip
        if not blind:
            put(folder, [name])
    path = folder / "HallusionBench.json"
    path.write_text(json.dumps(rows))
    return folder


def natural(folder: Path) -> Path:
    """As on the Hub: a group a row."""
    rows = [
        {
            "Index": k,
            "Question_0": "Is it day?" if k else "What is it? Option: A: a cat; B: a dog;",
            "Question_1": "Is it night?" if k else "Where is it? Option: A: in; B: out;",
            "Image_0": shown(2 * k),
            "Image_1": shown(2 * k + 1),
            "Image_0_Question_0": "Yes" if k else "A",
            "Image_1_Question_0": "No" if k else "B",
            "Image_0_Question_1": "No" if k else "B",
            "Image_1_Question_1": "Yes" if k else "A",
            "Question_Type": "yes_no" if k else "multiple_choice",
            "Source": "Flickr30K",
        }
        for k in range(2)
    ]
    return parquet(folder / "train-00000-of-00001.parquet", rows)


def natural_flat(folder: Path) -> Path:
    """As lmms-eval has it: four rows a group."""
    rows = [
        {
            "Index": n,
            "Question": "Is it day?" if n % 4 < 2 else "Is it night?",
            "Answer": ("Yes", "No", "No", "Yes")[n % 4],
            "Question_Type": "yes_no",
            "Image": shown(2 * (n // 4) + n % 2),
            "Source": "DOCCI",
        }
        for n in range(8)
    ]
    return parquet(folder / "test-00000-of-00001.parquet", rows)


def mmvp(folder: Path) -> Path:
    """As released: a CSV and numbered pictures."""
    rows = [
        {
            "Index": n,
            "Question": "Are the wings open or closed?" if n < 3 else "Is the cup full?",
            "Options": "(a) Open (b) Closed" if n < 3 else "(a) Yes (b) No",
            "Correct Answer": "(a)" if n % 2 else "(b)",
        }
        for n in range(1, 5)
    ]
    table(folder / "Questions.csv", rows, ",")
    put(folder / "MMVP Images", [f"{n}.jpg" for n in range(1, 5)])
    return folder


def biased(folder: Path) -> Path:
    """As on the Hub: two splits, the second without an expected bias."""
    rows = [
        {
            "ID": f"logo_00{k}_Q1_notitle_px{size}",
            "image": shown(k),
            "image_path": f"images/logo_00{k}_notitle_px{size}.png",
            "topic": "Logos",
            "sub_topic": "Shoe Logos",
            "prompt": "How many stripes are there? Answer with a number in curly brackets, "
            "e.g., {9}.",
            "ground_truth": str(4 - k),
            "expected_bias": "3",
            "type_of_question": "Q1",
            "pixel": size,
        }
        for k in range(2)
        for size in (384, 768)
    ]
    rows.append({
        **rows[0], "ID": "illusion_1_Q2_px384", "image_path": "images/illusion_1_px384.png",
        "topic": "Optical Illusion", "sub_topic": "Ponzo", "ground_truth": "No",
        "prompt": "Are they equal? Answer in curly brackets, e.g., {Yes} or {No}.",
        "expected_bias": "Yes",
    })  # fmt: skip
    parquet(folder / "data" / "main-00000-of-00001.parquet", rows)
    plain = [{**rows[0], "ID": "logo_000_original", "ground_truth": "3", "expected_bias": None}]
    parquet(folder / "data" / "original-00000-of-00001.parquet", plain)
    return folder


ANSWERS = ["2"] * 6 + ["two", "3", "3", "4"]


def vqa(folder: Path) -> Path:
    """As released: questions and annotations, pictures of COCO."""
    asked = [
        {"image_id": 42, "question": "How many cats are there?", "question_id": 42000},
        {"image_id": 42, "question": "Is it day?", "question_id": 42001},
        {"image_id": 73, "question": "What is it?", "question_id": 73000},
    ]
    told = [
        ("number", "2", ANSWERS),
        ("yes/no", "yes", ["yes"] * 10),
        ("other", "traffic light", ["traffic light"] * 7 + ["light"] * 3),
    ]
    annotations = [
        {
            "question_type": "how many",
            "multiple_choice_answer": truth,
            "answers": [
                {"answer": answer, "answer_confidence": "yes", "answer_id": n + 1}
                for n, answer in enumerate(answers)
            ],
            "image_id": row["image_id"],
            "answer_type": kind,
            "question_id": row["question_id"],
        }
        for row, (kind, truth, answers) in zip(asked, told, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for name, key, rows in (
        ("v2_OpenEnded_mscoco_val2014_questions.json", "questions", asked),
        ("v2_mscoco_val2014_annotations.json", "annotations", annotations),
    ):
        document = {"info": {"year": 2017}, "license": {"name": "CC"}, key: rows}
        (folder / name).write_text(json.dumps(document))
    put(folder / "val2014", [f"COCO_val2014_{number:012d}.jpg" for number in (42, 73)])
    return folder


def gqa(folder: Path) -> Path:
    """As released: an object of questions by id."""
    rows = {
        f"2010{n}": {
            "question": question,
            "imageId": f"n{n // 2}",
            "answer": answer,
            "fullAnswer": f"{answer}.",
            "isBalanced": True,
            "groups": {"global": None, "local": "x"},
            "entailed": [],
            "types": {"structural": kind, "semantic": "attr", "detailed": "y"},
        }
        for n, (question, answer, kind) in enumerate((
            ("Is it overcast?", "no", "verify"),
            ("What is that?", "T-shirt", "query"),
            ("Who is that?", "woman", "query"),
        ))
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "testdev_balanced_questions.json").write_text(json.dumps(rows))
    put(folder / "images", ["n0.jpg", "n1.jpg"])
    return folder


SETS: dict[str, Callable[[Path], Path]] = {
    made.__name__: made
    for made in (
        *(pope, pope_parquet, pope_tsv, hallusion, natural, natural_flat, mmvp, biased, vqa, gqa),
    )
}
"""By name: writes a set into a folder and gives what ``--data`` takes."""
