"""What a command is as a process: how it ends, whatever happens, and what its streams can show.

Ctrl-C ends a command within two seconds: it is asked to stop, and ended where it does not, sooner
after a second Ctrl-C. That loses nothing: whatever is written is written in one step, and what an
ended process leaves is cleared by the next.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise

from handeye.errors import HandeyeError, OptionError, lost_link, refusal
from handeye.printing import flush, one_line, show_anyhow, tell
from handeye.progress import parting
from handeye.run.secrets import without_keys

INTERRUPTED = 130
# Seconds from the first Ctrl-C, and from the second, until the command is ended from outside.
_PATIENCE, _HASTE = 1.5, 0.3
# What a write says that has no more room; one without a file's name is one to a stream.
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC))
_LONGEST = 2000


def carry_out(command: Callable[[], object]) -> int:
    """Run a command and flush what it says.

    Returns:
        Its exit code: 0 done, 1 done and something is wrong with what was checked, 2 the input or
        the options cannot be used (one line on stderr says why). A command that Ctrl-C stopped does
        not return: the process ends with 130.
    """
    show_anyhow()
    # A log of the engine that cannot be written (a full disk) is nothing to tell at length.
    logging.raiseExceptions = False
    code: object = 0
    with _watched() as interrupts:
        try:
            _check_words()
            command()
        except SystemExit as end:
            code = 0 if end.code is None else end.code
        except (HandeyeError, OSError, RecursionError, MemoryError) as error:
            if not interrupts:
                _tell(_words(error))
            code = 2
        except BaseException as error:
            # Whatever Ctrl-C broke off may say so in its own way (a panic of Polars).
            if not (interrupts or (isinstance(error, KeyboardInterrupt) and _noticed(interrupts))):
                raise
        code = _flushed(code)
        if interrupts or (code == INTERRUPTED and _noticed(interrupts)):
            if line := parting.take():
                tell(line)
            # Not by way of the interpreter, which may end by the signal, or wait for threads.
            os._exit(INTERRUPTED)
    return code if isinstance(code, int) else 1


def _words(error: BaseException) -> str:
    if isinstance(error, OSError):
        full = error.errno in _FULL and error.filename is None
        return f"{'the output' if full else error.filename or 'stopped'}: {refusal(error)}"
    if isinstance(error, RecursionError):
        return "something that was given is nested too deeply"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    return str(error) + _lost_in(str(error))


def _lost_in(words: str) -> str:
    """What an error has to say of a link that leads nowhere, where it speaks of its place."""
    given = [part for word in sys.argv[1:] for part in (word, word.partition("=")[2])]
    named = [words.partition(": ")[0], *(one for one in given if one and one in words)]
    lost = next(filter(None, map(lost_link, named)), "")
    return f" ({lost})" if lost and lost not in words else ""


def _tell(words: str) -> None:
    line = " ".join(without_keys(words).splitlines())
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"
    with suppress(OSError):
        tell(f"error: {line}")


def _flushed(code: object) -> object:
    """The exit code, once everything that was said is out."""
    try:
        flush()
    except BrokenPipeError:
        return code or 1
    except OSError as error:
        if code != 2:  # it was told when it was first met
            _tell(f"the output: {refusal(error)}")
        return 2
    return code


# Every split; a page or a set without a heading.
_MAY_BE_EMPTY = ("--split", "--title")


def _check_words() -> None:
    """Refuse words that are empty, as a shell makes them of a variable that is not set.

    And words and a working folder that are no text: paths are written into JSON.
    """
    words = sys.argv[1:]
    for before, word in pairwise(["", *words]):
        option = word[:-1] if word[:2] == "--" and word[-1:] == "=" else before if not word else ""
        if (option or not word) and option not in _MAY_BE_EMPTY:
            what = option if option[:1] == "-" and "=" not in option else "an argument"
            raise OptionError(f"{what} is empty: '' is no name; give one, or leave it out")
    with suppress(OSError):
        words = [*words, os.getcwd()]  # noqa: PTH109  (the text, not a path)
    for word in words:
        # A link may lead to such a place; of --data=DIR what stands behind the sign is one.
        places = [os.path.realpath(part) for part in (word, word.partition("=")[2]) if part]
        if any("\ud800" <= c <= "\udfff" for c in "".join([word, *places])):
            raise OptionError(f"{word!a} is not UTF-8 text; give the file or folder another name")


# ---- Ctrl-C


@contextmanager
def _watched() -> Iterator[list[int]]:
    """The interrupts so far; a command that goes on regardless is ended.

    The kernel's signal wakes a thread at once, also where the main thread is busy in a library and
    Python's own handler has to wait for it.
    """
    interrupts: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    watch = threading.Thread(target=_watch, args=(reader, interrupts), daemon=True)
    watch.start()
    try:
        yield interrupts
    finally:
        signal.set_wakeup_fd(before)
        writer.close()
        watch.join()
        reader.close()


def _noticed(interrupts: Sequence[int]) -> bool:
    """Whether the watching thread has seen a Ctrl-C, which may take it a moment."""
    end = time.monotonic() + 0.1
    while not interrupts and time.monotonic() < end:
        time.sleep(0.002)
    return bool(interrupts)


def _watch(reader: socket.socket, interrupts: list[int]) -> None:
    while True:
        try:
            found = reader.recv(1)
        except TimeoutError:
            _end()
        if not found:
            return
        if found[0] == signal.SIGINT:
            interrupts.append(signal.SIGINT)
            reader.settimeout(_PATIENCE if len(interrupts) == 1 else _HASTE)


def _end() -> None:
    # By the kernel alone: whoever does not stop may hold what the streams wait for.
    with suppress(OSError):
        if not parting.said:
            line = one_line(without_keys(parting.take())) or "stopped"
            os.write(2, f"\n{line}\n".encode())
    os._exit(INTERRUPTED)
