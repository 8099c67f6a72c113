from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handeye.errors import DataError, RunError
from handeye.run.answers import Answer, Usage, request_sha256, state_of
from handeye.run.journal import Journal, append_line, open_journal, read_journal


def answer(item: str, state: str = "answered", text: str = "COUNT(1)") -> Answer:
    return Answer(
        item_id=item,
        model="m",
        request="r",
        state=state,  # type: ignore[arg-type]
        raw_text=text,
        usage=Usage(input=3),
    )


def written(path: Path, *answers: Answer) -> Path:
    journal = Journal(path)
    for one in answers:
        journal.append(one)
    journal.close()
    return path


def test_answers_come_back_as_written(tmp_path: Path) -> None:
    given = [answer("a", text="Zeile\nmit „Zeichen“ \u2028 und 🐢"), answer("b", "empty", "")]
    path = written(tmp_path / "answers.jsonl", *given)
    assert list(read_journal(path)) == given
    assert path.read_bytes().count(b"\n") == 2


def test_each_answer_is_one_write_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[bytes] = []
    real = os.write

    def write(fd: int, data: bytes) -> int:
        writes.append(bytes(data))
        return real(fd, data)

    monkeypatch.setattr(os, "write", write)
    written(tmp_path / "answers.jsonl", answer("a"), answer("b"))
    assert [data.count(b"\n") for data in writes] == [1, 1]
    assert all(data.endswith(b"\n") for data in writes)


def test_a_torn_last_line_is_cut_off_wherever_it_tore(tmp_path: Path) -> None:
    path = written(tmp_path / "answers.jsonl", answer("a"), answer("b"))
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first + 1, len(whole)):
        path.write_bytes(whole[:end])
        journal = Journal(path)
        assert [a.item_id for a in journal] == ["a"]
        assert len(journal.notices) == 1
        journal.append(answer("c"))
        journal.close()
        assert [a.item_id for a in read_journal(path)] == ["a", "c"]


def test_a_whole_file_gives_no_notice(tmp_path: Path) -> None:
    path = written(tmp_path / "answers.jsonl", answer("a"))
    journal = Journal(path)
    assert journal.notices == []
    journal.close()


def test_a_damaged_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    path = written(tmp_path / "answers.jsonl", answer("a"), answer("b"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"item_id": 3}\n' + lines[1])
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"answers\.jsonl:2"):
        Journal(path)
    assert path.read_bytes() == before


def test_a_failure_is_no_answer_and_never_hides_one(tmp_path: Path) -> None:
    path = written(
        tmp_path / "answers.jsonl",
        answer("a", "error"),
        answer("b", "error"),
        answer("b"),
        answer("c"),
        answer("c", "error"),
    )
    journal = Journal(path)
    assert journal.arrived(("a", "m", "r")) is None
    failure = journal.get(("a", "m", "r"))
    assert failure is not None
    assert failure.state == "error"
    for item in ("b", "c"):
        found = journal.arrived((item, "m", "r"))
        assert found is not None
        assert found.state == "answered"
    journal.close()


def test_another_request_is_not_answered(tmp_path: Path) -> None:
    journal = Journal(written(tmp_path / "answers.jsonl", answer("a")))
    assert journal.arrived(("a", "m", "other")) is None
    assert journal.arrived(("a", "other", "r")) is None
    journal.close()


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "answers.jsonl")
    journal.append(answer("a"))
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    with pytest.raises(RunError, match="only a part fitted"):
        journal.append(answer("b"))
    monkeypatch.undo()
    assert journal.arrived(("b", "m", "r")) is None
    journal.append(answer("c"))
    journal.close()
    assert [a.item_id for a in read_journal(tmp_path / "answers.jsonl")] == ["a", "c"]


def test_listeners_hear_own_and_foreign_answers(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "answers.jsonl")
    heard: list[str] = []
    journal.listeners.append(lambda a: heard.append(a.item_id))
    journal.append(answer("a"))
    append_line(journal.descriptor, answer("b"))
    journal.accept(answer("b"))
    journal.close()
    assert heard == ["a", "b"]
    assert [a.item_id for a in read_journal(tmp_path / "answers.jsonl")] == ["a", "b"]


def test_only_one_process_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers.jsonl"
    code = (
        "import sys; from pathlib import Path; from handeye.run.journal import Journal;"
        "j = Journal(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr("handeye.run.journal._LOCK_PATIENCE", 0.1)
    with pytest.raises(RunError, match="another process"):
        Journal(path)
    holder.kill()
    holder.wait()
    Journal(path).close()


def test_one_process_shares_one_journal(tmp_path: Path) -> None:
    first = open_journal(tmp_path / "answers.jsonl")
    assert open_journal(tmp_path / "x" / ".." / "answers.jsonl") is first
    first.close()
    second = open_journal(tmp_path / "answers.jsonl")
    assert second is not first
    second.close()


@pytest.mark.parametrize(
    ("text", "stop", "refused", "state"),
    [
        ("COUNT(1)", "stop", False, "answered"),
        ("  \n", "stop", False, "empty"),
        ("", None, False, "empty"),
        ("", "max_tokens", False, "truncated"),
        ("CLICK(R1,", "max_tokens", False, "truncated"),
        ("", "model_length", False, "truncated"),
        ("I cannot", "stop", True, "refused"),
        ("", "content_filter", False, "refused"),
        ("I", "max_tokens", True, "refused"),
        ("I\u2019m sorry, but I can\u2019t help with that.", "stop", False, "refused"),
        ("Sorry, I cannot assist with this request.", "stop", False, "refused"),
        ("I must decline.", "stop", False, "refused"),
        ("I'm sorry, I am unable to comply with that request.", "stop", False, "refused"),
        ("I won't do that. Ask me something else.", "stop", False, "refused"),
        # Not to see something is an answer, and so is what comes with one.
        ("I cannot see any cell that differs.", "stop", False, "answered"),
        ("I'm sorry, I can't find any.", "stop", False, "answered"),
        ("I can't help but notice that all are alike.", "stop", False, "answered"),
        ("Sorry, I can't help with that. COUNT(0)", "stop", False, "answered"),
        ("I can't help with that." + " Words." * 60, "stop", False, "answered"),
        ("Brake; I cannot continue at this speed, sorry", "stop", False, "answered"),
    ],
)
def test_states(text: str, stop: str | None, refused: bool, state: str) -> None:
    assert state_of(text, stop, refused) == state


def test_request_fingerprint_covers_picture_texts_order_and_settings() -> None:
    base = request_sha256("aa", (None, "q"), {"temperature": 0.0})
    others = [
        request_sha256("ab", (None, "q"), {"temperature": 0.0}),
        request_sha256("aa", (None, "q "), {"temperature": 0.0}),
        request_sha256("aa", ("q", None), {"temperature": 0.0}),
        request_sha256("aa", (None, "q"), {"temperature": 1.0}),
        request_sha256("aa", (None, "q"), {}),
    ]
    assert len({base, *others}) == 6
    assert base == request_sha256("aa", (None, "q"), {"temperature": 0.0})
