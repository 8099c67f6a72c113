"""The dataset card of a set: README.md with YAML front matter, attribution and licences."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from handeye import __version__, assets
from handeye.atomic import write_text
from handeye.rose.scenes.layout import CONFIGS, SPLITS, metadata_paths, shard_pattern
from handeye.rose.scenes.options import SetOptions
from handeye.rose.v01 import STATISTICS
from handeye.sets.folder import RECORD


def write_card(out: Path, options: SetOptions, art: Iterable[str]) -> None:
    """Write README.md, ATTRIBUTION.md and LICENSES/ into the set."""
    art = list(art)
    write_text(out / "ATTRIBUTION.md", assets.attribution(art))
    for name, text in assets.license_texts(art).items():
        write_text(out / "LICENSES" / name, text)
    write_text(out / "README.md", f"---\n{_front_matter(out, options)}---\n\n{_body(options)}")


def _front_matter(out: Path, options: SetOptions) -> str:
    lines = [
        "pretty_name: ROSE scenes made by handeye",
        "license: other",
        "license_name: open-art-see-attribution",
        "license_link: ATTRIBUTION.md",
        "task_categories:",
        "- visual-question-answering",
        "language:",
        "- en",
        "tags:",
        "- rose",
        "- handeye",
        "- synthetic",
        f"size_categories:\n- {_size(sum(options.scenes.values()) * 7)}",
        "configs:",
    ]
    present = {str(path.relative_to(out)) for path in metadata_paths(out)}
    parquet = options.format == "parquet"
    for config, folder in CONFIGS:
        lines.append(f"- config_name: {config}")
        if config == CONFIGS[0][0]:
            lines.append("  default: true")
        lines.append("  data_files:")
        for split in SPLITS:
            name = (f"{folder}/" if folder else "") + f"metadata_{split}.jsonl"
            if name in present:
                path = shard_pattern(config, split) if parquet else name
                lines += [f"  - split: {split}", f"    path: {path}"]
    if parquet:
        from handeye.rose.scenes.parquet import feature_lines

        lines.append("dataset_info:")
        for config, folder in CONFIGS:
            lines += [f"- config_name: {config}", "  features:", *feature_lines(out, folder)]
    return "\n".join(lines) + "\n"


def _size(items: int) -> str:
    if items < 1000:
        return "n<1K"
    return "1K<n<10K" if items < 10_000 else "10K<n<100K" if items < 100_000 else "100K<n<1M"


def _body(options: SetOptions) -> str:
    dev = options.dev
    counts = "\n".join(
        f"| {STATISTICS[name].subset} | {name} | {count - dev[name]} | {dev[name]} |"
        for name, count in options.scenes.items()
    )
    origin = (
        "The grids, targets and contents are those of "
        f"{', '.join(Path(p).name for p in options.official)} (the authors' metadata, MIT "
        "licence), drawn again with open art.\n\n"
        if options.official
        else ""
    )
    return f"""# ROSE scenes made by handeye

Grids of look-alike cells with a few exceptions, and seven questions about each, from counting to
region-conditioned clicking, after ROSE (arXiv 2606.19965). Made by handeye {__version__} with seed
{options.seed}; the same command gives the same bytes. This is not the authors' data set.

{origin}| subset | source | test scenes | dev scenes |
|---|---|---|---|
{counts}

## Files

- `metadata_{{split}}.jsonl`: T1-T5, one row an item, in the release's schema.
- `global_click/`, `matched_local_count/`: the bridge items T1B and T2B.
- `images/`: base picture (odd numbers) and cue picture (even numbers) of each scene; items other
  than T4 show the base picture.
- `{RECORD}`: options, seed, versions and hashes.
- `ATTRIBUTION.md`, `LICENSES/`: the art in the pictures. Keep them with every copy.

Fields beyond the release: `set_seed`, `scene_index`, `prompt_version`, `pair_similarity` (0-1, the
share of common ink of the two tiles), `image_sha256`, and for pixel edits `edit_type` and
`edit_mask` (uncompressed COCO run lengths at cell size).

## Use

    handeye run rose --model MODEL --data THIS_FOLDER
    handeye rose verify THIS_FOLDER
"""
