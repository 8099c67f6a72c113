"""What handeye reaches into of other libraries, by name; and what it says of other versions."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import inspect_ai
import pytest
from inspect_ai.model import GenerateConfig, Model, ModelAPI, get_model
from typer.testing import CliRunner
from uvicorn.protocols.http.h11_impl import H11Protocol

from handeye.cli import app
from handeye.errors import RunError
from handeye.run import versions
from handeye.run.asker import Asker
from handeye.run.versions import TRIED, check_version
from handeye.visualact.judge.ask import judge_cases
from tests.support.house import PACKAGE, ROOT, names_used, tree_of

# Names with an underscore that are used of other packages. Each has a test below.
PRIVATE = {
    "run/asker.py: inspect_ai.model._generate_config.active_generate_config",
    "run/engine.py: inspect_ai._display.core.active",
    "run/engine.py: inspect_ai._display.core.active._active_display",
    "run/engine.py: inspect_ai._display.core.display.TaskScreen",
    "run/engine.py: inspect_ai._display.core.display.TaskSpec",
    "run/engine.py: inspect_ai._display.rich.display.RichDisplay",
    "run/engine.py: inspect_ai._util.platform",
    "run/engine.py: inspect_ai._util.platform.running_in_notebook",
    "run/engine.py: inspect_ai.util._display.init_display_type",
    "training/stages.py: trl.trainer.utils._use_triton",
}


def private_names(package: Path) -> set[str]:
    """Imports from other packages of which a part begins with an underscore."""
    out = set()
    for path in sorted(package.rglob("*.py")):
        imported = _imported(path)
        for _, used in names_used(tree_of(path)):
            parts = used.split(".")
            foreign = parts[0] not in ("handeye", "self", "cls", "super", "__future__", "?")
            hidden = any(re.match(r"_[a-z]", part) for part in parts[1:])
            if foreign and hidden and parts[0] in imported:
                out.add(f"{path.relative_to(package).as_posix()}: {used}")
    return out


def _imported(path: Path) -> set[str]:
    """First names of the packages that a file imports."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found - {"handeye"}


def test_nothing_private_is_used_but_what_is_named_here() -> None:
    # Python documents os._exit.
    assert {name for name in private_names(PACKAGE) if not name.endswith(" os._exit")} == PRIVATE


def test_the_rule_finds_what_breaks_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import inspect_ai as i\nfrom transformers import _x\ni.model._model.y\n"
        "from inspect_ai._util import z\nself._fine\n"
    )
    assert len(private_names(tmp_path)) == 3


# ---- inspect_ai


def test_a_notebook_can_be_taken_for_a_script() -> None:
    from inspect_ai._util import platform

    from handeye.run.engine import as_in_a_script

    source = inspect.getsource(platform.platform_init)
    assert "if running_in_notebook():" in source, "asked by the name that is replaced"
    real = platform.running_in_notebook
    with as_in_a_script():
        assert platform.running_in_notebook is not real
        assert platform.running_in_notebook() is False
    assert platform.running_in_notebook is real


def test_the_display_can_be_told_to_show_nothing() -> None:
    from inspect_ai.util import display_type
    from inspect_ai.util._display import init_display_type

    before = display_type()
    try:
        assert init_display_type("none") == "none" == display_type()
    finally:
        init_display_type(before)


def test_the_settings_of_an_evaluation_can_be_read() -> None:
    from inspect_ai.model._generate_config import active_generate_config

    assert active_generate_config() == GenerateConfig(), "outside of one there are none"


def test_a_model_has_what_is_taken_of_it() -> None:
    model = get_model("mockllm/model", base_url="http://127.0.0.1:1", memoize=False)
    assert isinstance(model.api, ModelAPI)
    assert isinstance(model.config, GenerateConfig)
    assert model.explicit_base_url == "http://127.0.0.1:1"
    assert isinstance(model.model_args, dict)
    again = Model(model.api, model.config, {"x": 1})
    assert (again.api, again.model_args, again.explicit_base_url) == (model.api, {"x": 1}, None)
    model.api.generate = model.api.generate  # type: ignore[method-assign]
    wanted = ["input", "tools", "tool_choice", "config"]
    assert [*inspect.signature(ModelAPI.generate).parameters][1:] == wanted
    assert "ex" in inspect.signature(ModelAPI.should_retry).parameters


def test_an_evaluation_takes_what_is_given() -> None:
    takes = inspect.signature(inspect_ai.eval).parameters
    ours = ("log_dir", "log_images", "log_realtime", "log_level", "score_display", "max_samples")
    assert {*ours, "model", "display", "ctl_server"} <= set(takes)
    carried = ("max_connections", "max_retries", "attempt_timeout", "extra_headers", "extra_body")
    assert set(carried) <= set(GenerateConfig.model_fields)


def test_a_version_without_the_settings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.model._generate_config", None)
    with pytest.raises(RunError, match=r"inspect_ai \S+ does not have what handeye needs") as error:
        Asker(get_model("mockllm/model"), None)
    assert f"pip install 'inspect_ai=={TRIED['inspect_ai'].newest}'" in str(error.value)


# ---- the server of the study


def test_a_connection_has_what_is_taken_of_it() -> None:
    for name in ("connection_made", "connection_lost", "on_response_complete"):
        assert callable(getattr(H11Protocol, name))
    assert list(inspect.signature(H11Protocol.send_400_response).parameters) == ["self", "msg"]
    source = inspect.getsource(H11Protocol.__init__)
    for name in ("app", "loop", "conn", "connections", "transport"):
        assert f"self.{name}" in source


# ---- transformers


@pytest.fixture
def torch() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")


def test_a_cache_of_keys_and_values_has_its_layers(torch: None) -> None:
    from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache, DynamicLayer

    assert "layers" in inspect.signature(Cache.__init__).parameters
    assert DynamicCache().layers == []
    assert {"keys", "values"} <= vars(DynamicLayer()).keys()
    ours = {"lazy_initialization", "update", "get_mask_sizes", "get_seq_length", "get_max_length"}
    # What a layer must have, a layer of ours has; what it has besides may be renamed.
    assert set(CacheLayerMixin.__abstractmethods__) <= ours | {"get_max_cache_shape"}


def test_a_processor_is_put_together_as_before(torch: None) -> None:
    from transformers import ProcessorMixin
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
    from transformers.utils import import_utils

    assert callable(PROCESSOR_MAPPING.get)
    for name in (
        *("get_attributes", "_get_arguments_from_pretrained"),
        *("check_argument_for_proper_class", "to_dict"),
    ):
        assert callable(getattr(ProcessorMixin, name))
    assert callable(import_utils.is_torchvision_available)


def test_a_trainer_keeps_checkpoints_where_it_did(torch: None) -> None:
    from transformers import PreTrainedModel, Trainer

    assert list(inspect.signature(Trainer._save).parameters) == ["self", "output_dir", "state_dict"]
    assert "save_original_format" in inspect.signature(PreTrainedModel.save_pretrained).parameters


# ---- trl


@pytest.mark.trl
def test_trainers_score_and_log_where_they_did(torch: None) -> None:
    trl = pytest.importorskip("trl")
    # Where it is missing, whoever has no Triton trains as fast as TRL does.
    asks = getattr(trl.trainer.utils, "_use_triton", None)
    assert asks is None or list(inspect.signature(asks).parameters) == ["device"]
    names = ("_generate_and_score_completions", "_calculate_rewards")
    assert all(callable(getattr(trl.GRPOTrainer, name)) for name in names)
    for kind in (trl.GRPOTrainer, trl.SFTTrainer):
        source = inspect.getsource(kind.__init__)
        assert 'self._metrics = {"train": defaultdict(list)' in source
        assert "self._tokenizer" in source


# ---- other versions


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The version that seems to be installed, the last of the list."""
    found = ["0"]
    monkeypatch.setattr(versions, "version", lambda library: found[-1])
    check_version.cache_clear()
    yield found
    check_version.cache_clear()


@pytest.mark.parametrize("library", TRIED)
def test_other_versions_are_refused_or_told_once(
    library: str, installed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tried = TRIED[library]
    for version in (tried.oldest, tried.newest, f"{tried.newest}.post1"):
        installed.append(version)
        check_version.cache_clear()
        check_version(library)
    assert capsys.readouterr().err == ""
    for version in ("999.1", "10.0.0rc1"):
        installed.append(version)
        check_version.cache_clear()
        check_version(library)
        check_version(library)
        told = capsys.readouterr().err
        assert told.count("note: ") == 1
        assert version in told
        assert tried.newest in told
    for version in ("0.3.9", "0.0.1", "nonsense"):
        installed.append(version)
        check_version.cache_clear()
        with pytest.raises(RunError, match=f"{library} {version} is too old") as error:
            check_version(library)
        assert f"pip install '{library}>={tried.least}'" in str(error.value)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(library: str) -> str:
        raise PackageNotFoundError(library)

    monkeypatch.setattr(versions, "version", none)
    check_version.cache_clear()
    with pytest.raises(RunError, match="inspect_ai is not installed; install it with: pip"):
        check_version("inspect_ai")


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_an_old_engine_claims_no_folder(
    dry: tuple[str, ...], installed: list[str], small_set: Path, tmp_path: Path
) -> None:
    installed.append("0.3.9")
    out = tmp_path / "run"
    words = ["run", "rose", "--model", "handeye/pixels", "--data", str(small_set)]
    told = CliRunner().invoke(app, [*words, "--out", str(out), *dry])
    assert isinstance(told.exception, RunError)
    assert "inspect_ai 0.3.9 is too old" in str(told.exception)
    assert not out.exists()


def test_an_old_engine_judges_nothing(installed: list[str], tmp_path: Path) -> None:
    installed.append("0.3.9")
    journal = tmp_path / "judge.jsonl"
    with pytest.raises(RunError, match="too old"):
        judge_cases([], "mockllm/model", journal)
    assert not journal.exists()


def test_the_versions_are_those_of_package_and_handbook() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = wanted["optional-dependencies"]
    asked = [*wanted["dependencies"], *extras["local"], *extras["train"]]
    handbook = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for library, tried in TRIED.items():
        assert any(re.match(rf"{library}>={tried.least}(?![\d.])", one) for one in asked)
        assert f"| {library} | {tried.least} | {tried.oldest} | {tried.newest} |" in handbook
