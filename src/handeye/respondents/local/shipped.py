"""The small models that ship with handeye: where their folders lie, and how one is opened."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import RunError
from handeye.run.versions import check_version, lacking

if TYPE_CHECKING:
    from handeye.respondents.conversation import ChatRespondent

_FOLDERS = Path(__file__).parents[2] / "data"


def shipped_model_dir(name: str, otherwise: str) -> Path:
    """Folder of ``handeye/NAME``, as ``from_pretrained`` reads it.

    Args:
        name: of the model.
        otherwise: how to train and ask one where it is missing.

    Raises:
        RunError: this installation lacks it.
    """
    folder = _FOLDERS / name
    if not (folder / "model.safetensors").exists():
        raise RunError(
            f"no handeye/{name} came with this installation; train one with: {otherwise}"
        )
    return folder


def small_model_dir() -> Path:
    """Folder of ``handeye/small``.

    Raises:
        RunError: this installation lacks it.
    """
    return shipped_model_dir(
        "small", "handeye train base --seed 1 --out DIR (then --model handeye/hf -M path=DIR)"
    )


def needs_local() -> None:
    """Make sure that what local models need is installed.

    Raises:
        RunError: it is not, or in a version that does not have it; says how to install it.
    """
    if missing := [name for name in ("torch", "transformers") if not find_spec(name)]:
        raise RunError(
            f"local models need {' and '.join(missing)}; install them with: pip install '.[local]'"
        )
    check_version("transformers")


def local_model(**options: Any) -> ChatRespondent:
    """A model on this machine that sees or hears, by the options of ``handeye/hf``.

    Raises:
        RunError: it cannot be loaded, or what it needs is not installed.
        OptionError: an option that is not allowed.
    """
    needs_local()
    from handeye.respondents.local.options import read_options

    try:
        from handeye.respondents.local.respondent import LocalRespondent
    except ImportError as error:
        raise lacking("transformers", error) from error

    return LocalRespondent(read_options(options))
