"""A command of handeye in this process: nothing is imported anew, which takes most of a process."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from subprocess import CompletedProcess

import pytest

from handeye.cli import main


def handeye(*words: object) -> CompletedProcess[str]:
    """Carry a command out; how it ended and what it said, as a process would tell."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    given = ["handeye", *map(str, words)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", given)
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return CompletedProcess(given, code, out.getvalue(), err.getvalue())
