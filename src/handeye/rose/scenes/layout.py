"""The files of a set of ROSE and their names."""

from __future__ import annotations

from pathlib import Path

from handeye.rose.release import BRIDGE_FOLDERS

SPLITS = ("test", "dev")


# Configurations of the card: name, folder of the metadata, template keys.
CONFIGS = (
    ("rose", ""),
    ("global_click", BRIDGE_FOLDERS["T1B"]),
    ("matched_local_count", BRIDGE_FOLDERS["T2B"]),
)


def metadata_name(key: str, split: str) -> str:
    """Path inside the set of the metadata file that holds a template's rows."""
    name = f"metadata_{split}.jsonl"
    return f"{BRIDGE_FOLDERS[key]}/{name}" if key in BRIDGE_FOLDERS else name


def metadata_paths(out: Path) -> list[Path]:
    """The metadata files of a set, in the order of :data:`CONFIGS` and :data:`SPLITS`."""
    names = [
        (f"{folder}/" if folder else "") + f"metadata_{split}.jsonl"
        for _, folder in CONFIGS
        for split in SPLITS
    ]
    return [out / name for name in names if (out / name).exists()]


def shard_pattern(config: str, split: str) -> str:
    """Glob, inside the set, of the Parquet shards of one configuration and split."""
    return f"data/{config}/{split}-*.parquet"
