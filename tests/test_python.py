"""Python as a way in: scripts, stdin, running loops, notebooks; functions and Models as models."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handeye import rose, visualact
from handeye.errors import HandeyeError, OptionError, RunError
from handeye.shown import Shown

ROOT = Path(__file__).parents[1]
# No empty word in the list: Python would read it as the folder that it runs in.
SOURCE = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scenes") / "set"
    return rose.generate(out, seed=7, scenes=2, sources="pixel-content", grid="3:4")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return visualact.generate(tmp_path_factory.mktemp("clips") / "set", seed=7, clips=2)


def snippet() -> str:
    """The README's code for Python, smaller."""
    text = (ROOT / "README.md").read_text("utf-8").partition("\n**Python**")[2]
    block = re.search(r"\n\n((?: {4}.*\n|\n)+)", text)
    assert block is not None
    code = "\n".join(line[4:] for line in block[1].splitlines())
    assert "scenes=40" in code
    return code.replace("scenes=40", "scenes=2")


def python(*words: str, cwd: Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, input=text, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": SOURCE}, timeout=120,
    )  # fmt: skip


def journal(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "answers.jsonl").read_text().splitlines()]


# ---- the README's snippet


@pytest.mark.parametrize("way", ["file", "stdin", "loop"])
def test_the_snippet_runs(tmp_path: Path, way: str) -> None:
    code = snippet()
    if way == "loop":
        body = "\n".join(f"    {line}" for line in code.splitlines())
        code = f"import asyncio\nasync def main():\n{body}\nasyncio.run(main())\n"
    (tmp_path / "snippet.py").write_text(code)
    words, text = (["-"], code) if way == "stdin" else (["snippet.py"], None)
    done = python(*words, cwd=tmp_path, text=text)
    assert done.returncode == 0, done.stderr
    assert "counting" in done.stdout
    assert "Traceback" not in done.stderr
    assert (tmp_path / "report.html").stat().st_size > 10_000


def executed(cells: list[Any], folder: Path) -> Any:
    """A notebook, run by a real kernel of this interpreter."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": SOURCE})
    return notebook


def outputs(notebook: Any) -> str:
    return json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)


def test_the_snippet_runs_in_a_notebook_and_the_engine_bends_nothing(tmp_path: Path) -> None:
    import nbformat

    checks = """
import asyncio, sys
print("bent", hasattr(asyncio, "_nest_patched"), "widgets", "ipywidgets" in sys.modules)
run.plot.gap
"""
    async_answer = """
async def later(pictures, prompt):
    return "DONE"
rose.run(later, "set", progress=False)
"""
    cells = [nbformat.v4.new_code_cell(code) for code in (snippet(), checks, async_answer)]
    said = outputs(executed(cells, tmp_path))
    assert "bent False widgets False" in said
    assert "image/svg+xml" in said
    assert "<table>" in said
    assert (tmp_path / "report.html").exists()


def test_the_notebook_of_the_docs_runs(tmp_path: Path) -> None:
    import nbformat

    notebook = nbformat.read(ROOT / "docs" / "first_steps.ipynb", 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    said = outputs(executed(notebook.cells, tmp_path))
    assert "image/svg+xml" in said
    assert (tmp_path / "first_steps" / "report.html").exists()


def test_tab_in_a_notebook_lists_the_names_and_imports_nothing(tmp_path: Path) -> None:
    import nbformat

    code = """
from handeye import rose
import sys
from IPython.core.completer import provisionalcompleter
before = set(sys.modules)
with provisionalcompleter():
    print(sorted(one.text for one in get_ipython().Completer.completions("rose.", 5)))
print([m for m in set(sys.modules) - before if m.split(".")[0] in ("handeye", "polars", "numpy")])
"""
    notebook = executed([nbformat.v4.new_code_cell(code)], tmp_path)
    listed, imported = notebook.cells[0].outputs[0].text.splitlines()
    assert sorted(eval(listed)) == sorted(rose.__all__)
    assert imported == "[]"


# ---- workers


GENERATING = """
from pathlib import Path
with open("began", "a") as stream:
    stream.write("once ")
from handeye import rose
print(rose.generate("set", seed=1, scenes=24, sources="pixel-content", workers=2))
"""


@pytest.mark.parametrize("way", ["file", "stdin", "loop"])
def test_workers_never_run_the_main_module_again(tmp_path: Path, way: str) -> None:
    code = GENERATING
    if way == "loop":
        body = "\n".join(f"    {line}" for line in code.splitlines())
        code = f"import asyncio\nasync def main():\n{body}\nasyncio.run(main())\n"
    (tmp_path / "script.py").write_text(code)
    # A worker that looked for modules where the script lies would find this one.
    (tmp_path / "pickle.py").write_text("raise SystemExit('found')")
    words, text = (["-P", "-"], code) if way == "stdin" else (["-P", "script.py"], None)
    done = python(*words, cwd=tmp_path, text=text)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "began").read_text() == "once "
    assert len(rose.load(tmp_path / "set")) == 24 * 7


def test_small_sets_begin_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*words: Any, **how: Any) -> None:
        raise AssertionError(f"a process was begun: {words}")

    monkeypatch.setattr(subprocess, "Popen", none)
    rose.generate(tmp_path / "set", seed=1, scenes=4, sources="pixel-content")
    assert rose.verify(tmp_path / "set").ok


SLOW = """
import asyncio, sys, time
from handeye import rose
def slow(pictures, prompt):
    open("asked", "a").write("x")
    time.sleep(0 if len(open("asked").read()) < 4 else 60)
    return "DONE"
async def slowly(pictures, prompt):
    open("asked", "a").write("x")
    await asyncio.sleep(0 if len(open("asked").read()) < 4 else 60)
    return "DONE"
def go(function):
    try:
        rose.run(function, sys.argv[1], "run", name="slow", progress=False)
    except KeyboardInterrupt:
        print("stopped")
        raise
async def main(function):
    go(function)
"""


@pytest.mark.parametrize("call", ["go(slow)", "go(slowly)", "asyncio.run(main(slow))"])
def test_an_interrupt_stops_a_run_and_keeps_what_arrived(
    scenes: Path, tmp_path: Path, call: str
) -> None:
    (tmp_path / "script.py").write_text(f"{SLOW}\n{call}\n")
    process = subprocess.Popen(
        [sys.executable, "script.py", str(scenes)], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": SOURCE},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (tmp_path / "asked").exists() or len((tmp_path / "asked").read_text()) < 4:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "stopped" in said, told
    assert "answers are kept" in told
    assert len(journal(tmp_path / "run")) >= 3


def test_an_interrupted_kernel_goes_on_with_the_run(scenes: Path, tmp_path: Path) -> None:
    from jupyter_client.manager import KernelManager

    slow = SLOW.partition("async def slowly")[0]
    run = f"rose.run(slow, {str(scenes)!r}, 'run', name='slow', progress=False)"
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path), env={**os.environ, "PYTHONPATH": SOURCE})
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        # What is sent right behind an error would be aborted.
        asked = client.execute(f"{slow}\n{run}", stop_on_error=False)
        deadline = time.monotonic() + 60
        while not (tmp_path / "asked").exists() or len((tmp_path / "asked").read_text()) < 4:
            assert manager.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.5)
        manager.interrupt_kernel()
        replies = iter(lambda: client.get_shell_msg(timeout=30), None)
        stopped = next(r["content"] for r in replies if r["parent_header"]["msg_id"] == asked)
        assert (stopped["status"], stopped.get("ename")) == ("error", "KeyboardInterrupt")
        kept = len(journal(tmp_path / "run"))
        assert 3 <= kept < 10
        said: list[str] = []
        reply = client.execute_interactive(
            "slow = lambda pictures, prompt: (open('asked', 'a').write('y'), 'DONE')[1]\n"
            f"run = {run}\nprint(run.info['states']['answered'], 'in all')",
            timeout=60,
            output_hook=lambda message: said.append(message["content"].get("text", "")),
        )
        assert reply["content"]["status"] == "ok", said
        assert "10 in all" in "".join(said)
        assert (tmp_path / "asked").read_text().count("y") == 10 - kept, "the rest alone is asked"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


# ---- functions


def test_turns_come_as_history_or_in_front(clips: Path) -> None:
    quiet = {"embedder": "test:char-ngrams", "progress": False, "protocol": "two-pass"}
    seen: list[tuple[str, Any]] = []

    def remembers(pictures: Any, prompt: str, history: Any) -> str:
        seen.append((prompt, history))
        return "- brake now" if not history else '{"actions": [{"number": 1, "apl": 4}]}'

    visualact.run(remembers, clips, **quiet)
    firsts = [prompt for prompt, history in seen if history == ()]
    seconds = [(prompt, history) for prompt, history in seen if history]
    assert len(firsts) == len(seconds) == 2
    for prompt, history in seconds:
        assert history == ((firsts[0], "- brake now"),)
        assert "<picture" not in prompt
        assert "brake now" in prompt
    told: list[str] = []

    def forgets(pictures: Any, prompt: str) -> str:
        told.append(prompt)
        return "- brake now"

    visualact.run(forgets, clips, **quiet)
    (later,) = {prompt for prompt in told if "You answered:" in prompt}
    assert later.startswith(firsts[0])
    assert later.endswith(seconds[0][0])


def test_several_numbers_of_frames_are_asked_of_a_function(clips: Path, tmp_path: Path) -> None:
    shown: list[int] = []

    def count(pictures: Any, prompt: str) -> str:
        shown.append(len(pictures))
        return "none"

    more: dict[str, Any] = {"embedder": "test:char-ngrams", "progress": False}
    out = visualact.run(count, clips, tmp_path / "runs", frames=[1, 4], name="count", **more)
    assert sorted(shown) == [1, 1, 4, 4]
    assert out == tmp_path / "runs"
    assert json.loads((tmp_path / "runs" / "ablation.json").read_text())["model"] == "python/count"


def test_without_a_folder_nothing_is_left(scenes: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from handeye import rose\n"
        f"run = rose.run(lambda pictures, prompt: 'DONE', {str(scenes)!r}, progress=False)\n"
        "assert (run / 'run.json').exists(); print(run.path)"
    )
    done = python("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).exists()
    assert not Path(done.stdout.strip()).parent.exists()


def test_a_bad_list_costs_the_others_nothing(scenes: Path, tmp_path: Path) -> None:
    def many(pictures: list[Any], prompt: list[str]) -> list[str | None]:
        if any("COUNT(n)" in one and "how many" in one.lower() for one in prompt):
            raise KeyError("count")
        return ["DONE"] * len(prompt)

    run = rose.run(many, scenes, tmp_path / "run", name="m", batch=4, progress=False)
    errors = [row for row in journal(tmp_path / "run") if row["state"] == "error"]
    assert 0 < len(errors) < 10
    assert all("KeyError: 'count' (test_python.py, line" in row["error"] for row in errors)
    assert run.info["states"]["answered"] == 10 - len(errors)


@pytest.mark.parametrize(
    ("function", "words", "batch"),
    [
        (lambda pictures, prompt: 1 / 0, "ZeroDivisionError: division by zero", None),
        (lambda pictures, prompt: {"a": 1}, "gave a dict; an answer is a text, or None", None),
        (lambda pictures, prompt: "DONE", "gave a str for", 2),
        (lambda pictures, prompt: [], "gave 0 answers to", 2),
    ],
)
def test_a_function_that_never_answers_is_told(
    scenes: Path, function: Callable[..., Any], words: str, batch: int | None
) -> None:
    with pytest.raises(RunError, match=words) as caught:
        rose.run(function, scenes, batch=batch, progress=False)
    assert "key and the server" not in str(caught.value)


def raising(error: BaseException) -> Callable[..., Any]:
    def answer(pictures: Any, prompt: str) -> str:
        raise error

    return answer


def raising_later(error: BaseException) -> Callable[..., Any]:
    async def answer(pictures: Any, prompt: str) -> str:
        raise error

    return answer


class Own(BaseException):
    """Neither an exception nor one of Python's."""


@pytest.mark.parametrize("how", [raising, raising_later])
def test_whatever_a_function_raises_is_told(
    scenes: Path, tmp_path: Path, how: Callable[..., Any]
) -> None:
    errors = [asyncio.CancelledError("c"), concurrent.futures.CancelledError("f"), Own("o")]
    left = [*errors, GeneratorExit("g"), SystemExit(3), StopIteration("s")]

    def answer(pictures: Any, prompt: Any) -> Any:
        return how(left.pop())(pictures, prompt) if left else "DONE"

    run = rose.run(answer, scenes, tmp_path / "run", progress=False)
    told = "\n".join(row["error"] or "" for row in journal(tmp_path / "run"))
    assert (run.info["states"]["answered"], run.info["states"]["error"]) == (4, 6)
    for words in ("asyncio.exceptions.CancelledError: c (", "futures._base.CancelledError: f ("):
        assert words in told
    for words in ("Own: o (", "GeneratorExit: g (", "SystemExit: 3 (", "StopIteration"):
        assert words in told


def test_one_run_at_a_time_asks(scenes: Path, tmp_path: Path) -> None:
    refused: list[str] = []

    def answer(pictures: Any, prompt: str) -> str:
        for out in (tmp_path / "run", tmp_path / "other", None):
            with pytest.raises(RunError) as caught:
                rose.run("handeye/pixels", scenes, out, progress=False)
            refused.append(str(caught.value))
        return "DONE"

    run = rose.run(answer, scenes, tmp_path / "run", templates="T1", progress=False)
    assert run.info["states"]["answered"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    holds_another = [one for one in refused if "holds another run" in one]
    assert len(holds_another) == 2
    assert all("another run is under way in this process" in o for o in refused[1:3])
    rose.run("handeye/pixels", scenes, tmp_path / "other", templates="T1", progress=False)


@pytest.mark.parametrize("suite", ["rose", "visualact"])
def test_a_function_may_change_the_working_folder(
    suite: str, scenes: Path, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "set").symlink_to(scenes if suite == "rose" else clips)
    monkeypatch.chdir(tmp_path)

    def answer(pictures: Any, prompt: str) -> str:
        os.chdir(tmp_path / "elsewhere")
        return "DONE"

    if suite == "rose":
        rose.run(answer, "set", "run", progress=False)
    else:
        more: dict[str, Any] = {"embedder": "test:char-ngrams", "frames": [1, 2]}
        visualact.run(answer, "set", "run", name="x", progress=False, **more)
    assert not list((tmp_path / "elsewhere").iterdir())
    assert list((tmp_path / "run").rglob("run.json"))


def test_a_working_folder_that_is_gone_is_said(scenes: Path, tmp_path: Path) -> None:
    code = f"""
import os
from handeye import rose
from handeye.errors import HandeyeError
os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
for call in (
    lambda: rose.run("handeye/pixels", {str(scenes)!r}, "run", progress=False),
    lambda: rose.run(lambda pictures, prompt: "", {str(scenes)!r}, "run", progress=False),
    lambda: rose.generate("set", seed=7, scenes=1, workers=1),
    lambda: rose.load("set"),
):
    try:
        call()
    except HandeyeError as error:
        print(error)
"""
    done = python("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert sum("the working folder is no longer there" in line for line in lines) >= 3, lines


HALF = "half \ud83d \x1b[31mred\x07 \u202e"
WHOLE = "half \ufffd [31mred"


@pytest.mark.parametrize("how", [raising, raising_later])
def test_what_no_file_can_hold_is_left_out_of_what_was_raised(
    scenes: Path, tmp_path: Path, how: Callable[..., Any]
) -> None:
    more: dict[str, Any] = {"templates": "T1", "progress": False}
    with pytest.raises(RunError) as caught:
        rose.run(how(ValueError(HALF)), scenes, tmp_path / "run", **more)
    told = {row["error"] for row in journal(tmp_path / "run")}
    assert len(told) == 1
    assert WHOLE in str(caught.value)
    for said in (str(caught.value), *told):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e\ud800-\udfff]", said)
        assert said.count("half") == 1


def test_half_a_character_is_answered_once(scenes: Path, tmp_path: Path) -> None:
    from inspect_ai.model import ModelOutput

    async def answer(*given: Any, **more: Any) -> Any:
        return ModelOutput.from_content("echo/m", "half \ud83d")

    model = make_model()
    type(model.api).generate = answer
    for number, whom in enumerate((model, lambda pictures, prompt: "half \ud83d")):
        out = tmp_path / f"{number}"
        rose.run(whom, scenes, out, templates="T1", progress=False)
        found = [(row["state"], row["raw_text"]) for row in journal(out)]
        assert found == [("answered", "half \ufffd")] * 2


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\ufeff\u2060\u00ad", "\u3164"])
def test_what_nobody_can_see_is_empty(text: str) -> None:
    from handeye.run.answers import state_of

    assert state_of(text, "stop", False) == "empty"
    assert state_of(f"{text}0", "stop", False) == "answered"


def test_names_that_no_file_can_hold_are_refused(scenes: Path, tmp_path: Path) -> None:
    for model, more in (
        ("handeye/pixels", {"generation": {"stop_seqs": "\udcff"}}),
        ("openai-api/lab/\udcff", {}),
        ("handeye/pixels", {"templates": "T\udcff"}),
        ("handeye/pixels", {"model_args": {"a": ["\udcff"]}}),
    ):
        with pytest.raises(OptionError, match="holds a character that no file"):
            rose.run(model, scenes, tmp_path / "run", progress=False, **more)
    with pytest.raises(OptionError, match="out holds a character that no file"):
        rose.run("handeye/pixels", scenes, tmp_path / "\udce9", progress=False)
    assert not list(tmp_path.iterdir())


def test_a_bracket_in_a_name_is_no_markup(scenes: Path, tmp_path: Path) -> None:
    more: dict[str, Any] = {"templates": "T1", "progress": False, "name": "[/foo]"}

    def answer(pictures: Any, prompt: str) -> str:
        return "DONE"

    async def inside() -> Any:
        return rose.run(answer, scenes, **more)

    runs = [rose.run(answer, scenes, tmp_path / "q[" / "b]", **more), asyncio.run(inside())]
    assert [run.info["states"]["answered"] for run in runs] == [2, 2]
    assert runs[0].info["model"] == "python/[/foo]"


def test_calls_do_not_overlap_unless_asked_to(scenes: Path) -> None:
    under_way, most = 0, 0

    def answer(pictures: Any, prompt: str) -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        time.sleep(0.02)
        under_way -= 1
        return "DONE"

    rose.run(answer, scenes, progress=False)
    assert most == 1
    rose.run(answer, scenes, progress=False, max_connections=4)
    assert most > 1


def test_what_means_nothing_to_a_function_is_refused(scenes: Path, tmp_path: Path) -> None:
    def answer(pictures: Any, prompt: str) -> str:
        return "DONE"

    for more in ({"generation": {"temperature": 0}}, {"model_args": {"a": 1}}):
        with pytest.raises(OptionError, match="means nothing to a function"):
            rose.run(answer, scenes, tmp_path / "run", name="x", **more)
    with pytest.raises(OptionError, match="templates is empty"):
        rose.run(answer, scenes, tmp_path / "run", templates="")
    for name in ("", "two\nlines", "x" * 201, "\ud800"):
        with pytest.raises(OptionError, match="name must be a line"):
            rose.run(answer, scenes, tmp_path / "run", name=name)
    with pytest.raises(OptionError, match="batch must be at least 1"):
        rose.run(answer, scenes, tmp_path / "run", name="x", batch=0)
    assert not (tmp_path / "run").exists()


def test_a_name_of_python_is_no_model_of_the_command_line(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(HandeyeError, match="python/mine stands for a function"):
        rose.run("python/mine", scenes, tmp_path / "run", progress=False)


# ---- Models


def make_model(token: str = "tok-abcdefghijklmnop", **config: Any) -> Any:
    from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, get_model, modelapi

    class Echo(ModelAPI):
        def __init__(self, model_name: str, *given: Any, **args: Any) -> None:
            super().__init__(model_name)
            self.seen: list[Any] = []

        async def generate(self, input: Any, tools: Any, tool_choice: Any, config: Any) -> Any:
            self.seen.append((os.getpid(), config))
            return ModelOutput.from_content("echo/m", "DONE")

    modelapi(name="echo")(lambda: Echo)
    settings = GenerateConfig(**config)
    return get_model("echo/m", config=settings, memoize=False, api_token=token, tool=print)


def test_a_model_is_asked_here_with_its_config(scenes: Path, tmp_path: Path) -> None:
    secret = {"extra_headers": {"Authorization": "Bearer abcdefghijklmnop1234"}}
    model = make_model(temperature=0.5, **secret)
    before = dict(vars(model.api))
    run = rose.run(model, scenes, tmp_path / "run", progress=False)
    assert vars(model.api) == before, "nothing is left on it"
    assert {pid for pid, _ in model.api.seen} == {os.getpid()}
    for _, config in model.api.seen:
        assert config.temperature == 0.5
        assert config.extra_headers == secret["extra_headers"]
    plan = json.loads((tmp_path / "run" / "plan.json").read_text())
    assert plan["config"]["temperature"] == 0.5
    assert plan["model_args"] == {"api_token": "[not kept]", "tool": "builtins.print"}
    files = [path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert not any(key in one for one in files for key in (b"tok-abcdef", b"abcdefghijklmnop1234"))
    again = make_model("tok-qrstuvwxyz123456", temperature=0.5, **secret)
    assert rose.run(again, scenes, tmp_path / "run", progress=False) == run
    assert not again.api.seen, "all of it was answered"
    with pytest.raises(RunError, match="-s temperature was"):
        rose.run(make_model(temperature=0.7), scenes, tmp_path / "run", progress=False)
    with pytest.raises(OptionError, match="given to a Model when it is made"):
        rose.run(model, scenes, tmp_path / "other", base_url="http://x")


def test_a_model_and_its_name_ask_the_same(scenes: Path, tmp_path: Path) -> None:
    """Fingerprints do not tell whether a model came as a name or as a Model."""
    from inspect_ai.model import GenerateConfig, get_model

    settings = {"temperature": 0.25}
    more: dict[str, Any] = {"progress": False, "score": False}
    rose.run("handeye/pixels", scenes, tmp_path / "a", generation=settings, **more)
    model = get_model("handeye/pixels", config=GenerateConfig(**settings), memoize=False)
    rose.run(model, scenes, tmp_path / "b", **more)
    rows = [{row["request"] for row in journal(tmp_path / name)} for name in ("a", "b")]
    assert rows[0] == rows[1]


def test_a_run_within_a_loop_is_the_run_without(scenes: Path, tmp_path: Path) -> None:
    async def inside() -> Any:
        return rose.run("handeye/pixels", scenes, tmp_path / "a", progress=False)

    run = asyncio.run(inside())
    other = rose.run("handeye/pixels", scenes, tmp_path / "b", progress=False)
    assert run.summary["bases"] == other.summary["bases"]
    rows = [{row["request"] for row in journal(tmp_path / name)} for name in ("a", "b")]
    assert rows[0] == rows[1]


def test_pandas_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch, scenes: Path) -> None:
    items = rose.load(scenes)
    assert isinstance(items, Shown)
    assert len(items.to_pandas()) == len(items)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(RunError, match="pip install pandas"):
        items.to_pandas()


def test_a_row_says_itself_in_a_line(scenes: Path, clips: Path) -> None:
    for row in (rose.load(scenes)[0], visualact.load(clips)[0]):
        said = repr(row)
        assert len(said) < 1600
        assert "\n" not in said
        assert "None" not in said
