"""The journal of a run: one line per answer, written the moment it arrives.

Each answer is one ``os.write`` of one line to a file opened for appending, so a process killed at
any moment leaves whole lines and at most one torn last line, which the next run cuts off with a
notice. The kernel has the line when ``write`` returns: it survives the death of the process (not
of the machine; :meth:`Journal.sync` is called now and then for that).

One process at a time: the file is locked while it is open.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from handeye.atomic import lock
from handeye.errors import DataError, RunError, lost_link, refusal
from handeye.hashing import open_regular
from handeye.reading import UNREADABLE, why
from handeye.run.answers import Answer, Arrivals, judged_again

Key = tuple[str, str, str]
ANSWERS = "answers.jsonl"
"""Name of the journal in a run folder."""
_open_journals: dict[Path, Journal] = {}
# A killed run's wire process holds the lock for up to a second longer.
_LOCK_PATIENCE = 5.0


class Journal:
    """Answers on disk, by ``(item_id, model, request)``; use :func:`open_journal`.

    Safe to use from several threads of one process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.notices: list[str] = []
        self.listeners: list[Callable[[Answer], None]] = []
        self.closing: list[Callable[[], None]] = []
        self.again: Counter[Key] = Counter()
        """How often a request that is under way was sent again."""
        self._answers = Arrivals()
        self._guard = threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock()
            self._load()
        except BaseException:
            os.close(self._fd)
            raise

    def _lock(self) -> None:
        if not lock(self._fd, _LOCK_PATIENCE):
            raise RunError(
                f"{self.path}: another process is writing this run; wait for it, stop it, or "
                "choose another output folder"
            )

    def _load(self) -> None:
        for answer, torn in _lines(self.path):
            if answer is None:
                self._cut(torn)
            else:
                self._answers.add(answer)

    def _cut(self, torn: int) -> None:
        """Remove a line without its end, left by a process that was killed while writing."""
        os.ftruncate(self._fd, os.fstat(self._fd).st_size - torn)
        self.notices.append(
            f"{self.path.name}: the last line was half written ({torn} bytes) and was removed; "
            "its item is asked again"
        )

    @property
    def descriptor(self) -> int:
        """The open file, for a process that appends with :func:`append_line`."""
        return self._fd

    def append(self, answer: Answer) -> None:
        """Write one answer down and tell the listeners.

        Raises:
            RunError: the line could not be written whole (a full disk); the file is left as it was.
        """
        with self._guard:
            append_line(self._fd, answer)
        self.accept(answer)

    def accept(self, answer: Answer) -> None:
        """Take note of an answer that another process has written to this file."""
        with self._guard:
            answer = self._answers.add(answer)
            self.again.pop(answer.key, None)
        for listener in self.listeners:
            listener(answer)

    def get(self, key: Key) -> Answer | None:
        """What is known about a request: its answer, else its last failure, else None."""
        return self._answers.get(key)

    def arrived(self, key: Key) -> Answer | None:
        """The answer to a request if one arrived; failures do not count."""
        answer = self._answers.get(key)
        return None if answer is None or answer.state == "error" else answer

    @property
    def has_answers(self) -> bool:
        """Whether anything but failures is known."""
        return any(answer.state != "error" for answer in self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._answers)

    def sync(self) -> None:
        """Push what is written to the disk itself, so that it also survives a power cut."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Run what was left in ``closing``, sync, unlock and close."""
        for finish in self.closing:
            finish()
        if _open_journals.get(self.path) is self:
            del _open_journals[self.path]
        self.sync()
        os.close(self._fd)


def append_line(descriptor: int, answer: Answer) -> None:
    """Append one answer to a journal that is open at ``descriptor``: one write, one line.

    Raises:
        RunError: the line could not be written whole (a full disk); the file is left as it was.
    """
    line = msgspec.json.encode(answer) + b"\n"
    before = os.fstat(descriptor).st_size
    try:
        written, reason = os.write(descriptor, line), "only a part fitted"
    except OSError as error:
        written, reason = 0, refusal(error)
    if written != len(line):
        os.ftruncate(descriptor, before)
        raise RunError(f"the answer to {answer.item_id} could not be written down: {reason}")


def _lines(path: Path) -> Iterator[tuple[Answer | None, int]]:
    """Answers of a journal in order; a torn last line comes as None with its length in bytes."""
    decoder = msgspec.json.Decoder(Answer)
    with open_regular(path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                yield None, len(line)
                return
            try:
                answer = decoder.decode(line)
            except UNREADABLE as error:
                raise DataError(
                    f"{path}:{number}: not an answer of a run: {why(error)}; restore the file or "
                    "remove this line (its item is then asked again)"
                ) from None
            yield judged_again(answer), 0


def read_journal(path: Path) -> Iterator[Answer]:
    """Answers that arrived, from a journal that is only looked at; none if there is no file.

    Raises:
        DataError: a line in it is not an answer.
    """
    if path.exists():
        known = Arrivals()
        for answer, _ in _lines(path):
            if answer is not None:
                known.add(answer)
        yield from (answer for answer in known if answer.state != "error")


def open_journal(path: Path) -> Journal:
    """Open the journal at ``path``, or hand out the one this process has open already.

    Raises:
        RunError: another process holds it.
        DataError: a line in it is not an answer.
    """
    if lost := lost_link(path):
        raise RunError(f"{path}: cannot be written: {lost}")
    path = path.resolve()
    if path not in _open_journals:
        _open_journals[path] = Journal(path)
    return _open_journals[path]
