"""A run asked for from Python: where it is kept, and what is handed back of it."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

from handeye.printing import tell
from handeye.run.journal import ANSWERS, read_journal

T = TypeVar("T")


def kept_or_aside(
    ask: Callable[[Path], Path], out: str | PathLike[str] | None, opened: Callable[[Path], T]
) -> T:
    """Ask into a folder, and open what it holds then.

    Args:
        ask: runs into a folder and scores.
        out: the folder; None for one of this process, which goes with it. Where the run is stopped
            or fails with answers in it, that one stays, and is named on stderr.
        opened: reads the folder.
    """
    if out is not None:
        return opened(ask(Path(out)))
    aside = Path(mkdtemp(prefix="handeye-"))
    try:
        run = opened(ask(aside / "run"))
    except BaseException:
        if any(True for file in aside.rglob(ANSWERS) for _ in read_journal(file)):
            tell(
                f"note: what was answered is kept in {aside / 'run'}; give out= to "
                "go on with it (a function needs name= for that)"
            )
        else:
            shutil.rmtree(aside, ignore_errors=True)
        raise
    atexit.register(shutil.rmtree, aside, ignore_errors=True)
    return run
