"""Data sets on the Hugging Face Hub, by ``hf:OWNER/NAME[@REVISION]``."""

from __future__ import annotations

import sys
from pathlib import Path

from handeye.errors import DataError
from handeye.sets.folder import refuse_other_suite, revision_of

HUB = "hf:"
"""What a name on the Hub begins with, where a path could stand."""
_commits: dict[str, str] = {}


def stay_with(name: str, commit: str) -> None:
    """Fetch what a name stands for at this commit from now on, wherever its branch goes."""
    _commits[name.removeprefix(HUB)] = commit


def fetch_dataset(name: str) -> Path:
    """The folder of a data set, downloaded once by huggingface_hub into its cache.

    A branch that moves meanwhile changes nothing: a process that fetched a name once stays with
    the commit that it got (:func:`handeye.sets.folder.revision_of` tells which).

    Args:
        name: ``OWNER/NAME`` or ``OWNER/NAME@REVISION`` (branch, tag or commit), with or without
            ``hf:`` before it.

    Raises:
        DataError: there is no such data set, it may not be read, or the Hub cannot be reached.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    if not sys.stderr.isatty():
        disable_progress_bars()
    name = name.removeprefix(HUB)
    repo, _, revision = name.partition("@")
    wanted = _commits.get(name) or revision or None
    try:
        folder = Path(snapshot_download(repo, repo_type="dataset", revision=wanted))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(f"{HUB}{name}: could not be fetched from the Hub: {reason}") from None
    if commit := revision_of(folder):
        _commits[name] = commit
    return folder


def find_set(data: str | Path, suite: str, file: str) -> tuple[str, Path]:
    """Name and path of a set that lies here or on the Hub.

    Args:
        data: folder, file, or ``hf:OWNER/NAME[@REVISION]``.
        suite: that it is meant to be a set of.
        file: what a file of such a set is called, with its article.

    Raises:
        DataError: it is not there, could not be fetched, or is a set of another suite.
    """
    if str(data).startswith(HUB):
        return str(data), fetch_dataset(str(data))
    path = Path(data)
    if not path.exists():
        raise DataError(f"{path}: no such set; give a folder, {file} or hf:OWNER/NAME")
    refuse_other_suite(path, suite)
    return (path.resolve().name, path) if path.is_dir() else (path.name, path)
