"""Data sets on the Hugging Face Hub, by ``hf:OWNER/NAME[@REVISION]``."""

from __future__ import annotations

from pathlib import Path

from handeye.errors import DataError

HUB = "hf:"
"""What a name on the Hub begins with, where a path could stand."""


def fetch_dataset(name: str) -> Path:
    """The folder of a data set, downloaded once by huggingface_hub into its cache.

    Args:
        name: ``OWNER/NAME`` or ``OWNER/NAME@REVISION`` (branch, tag or commit), with or without
            ``hf:`` before it.

    Raises:
        DataError: there is no such data set, it may not be read, or the Hub cannot be reached.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    name = name.removeprefix(HUB)
    repo, _, revision = name.partition("@")
    try:
        return Path(snapshot_download(repo, repo_type="dataset", revision=revision or None))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(f"{HUB}{name}: could not be fetched from the Hub: {reason}") from None
