"""What people write: the worked example, and what is refused, with its place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from handeye import contexts
from handeye.contexts.authored import Authored, schema, written
from handeye.contexts.items import CANNOT
from handeye.contexts.loader import load, read_file
from handeye.contexts.scenes.example import schema_text
from handeye.errors import DataError, OptionError
from handeye.placed import read_yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return contexts.init(tmp_path_factory.mktemp("example") / "set")


@pytest.fixture
def own(example: Path, tmp_path: Path) -> Path:
    """A copy of the example, to be changed."""
    shutil.copytree(example, tmp_path / "own")
    return tmp_path / "own"


def text_of(root: Path, replaced: str = "", by: str = "") -> str:
    file = root / "contexts.yaml"
    text = file.read_text()
    assert replaced in text
    file.write_text(text.replace(replaced, by, 1))
    return file.read_text()


def test_the_example_is_a_set_without_a_fault(example: Path) -> None:
    found = contexts.verify(example, workers=1)
    assert found.ok, found.problems
    items = load(example)
    assert {item.form for item in items} >= {"choice", "number", "text", "labels", "point", "call"}
    assert any(item.kind == "impossible" for item in items)
    with pytest.raises(OptionError, match="not empty"):
        contexts.init(example)


def test_the_published_schema_is_that_of_the_structs_and_takes_the_example(example: Path) -> None:
    published = ROOT / "src" / "handeye" / "data" / "contexts.schema.json"
    assert published.read_bytes() == schema_text() == (example / published.name).read_bytes()
    validator = Draft202012Validator(schema())
    told = read_yaml((example / "contexts.yaml").read_bytes()).plain()
    assert list(validator.iter_errors(told)) == []
    assert list(validator.iter_errors({**told, "scenez": []}))
    told["scenes"][0]["sees"][0]["answer"]["number"] = 3
    assert list(validator.iter_errors(told)), "one answer, not two"


def test_what_further_contexts_take_from_the_first(example: Path) -> None:
    items = load(example)
    cook, toddler, guests = (
        items[f"counter-1/do:{name}"] for name in ("cook", "toddler", "guests")
    )
    assert toddler.system == cook.system != ""
    assert toddler.ask == cook.ask != guests.ask
    assert sorted(toddler.of) == sorted(cook.of)
    assert CANNOT in cook.of, "a request of the set cannot be met, so all offer to say so"
    assert guests.refusable
    assert guests.of == ()
    see = items["counter-1/see:thing"]
    assert (see.system, see.text, see.refusable) == ("", "", False)
    false = items["counter-3/do:cook"]
    assert (false.form, false.kind) == ("call", "impossible"), "asked as its siblings are"


def test_options_are_in_an_order_of_their_own_for_every_item(tmp_path: Path) -> None:
    contexts.generate(tmp_path / "set", seed=3, scenes=12, workers=1)

    def drawn() -> list[Any]:
        asked = (item for item in load(tmp_path / "set") if item.about == "does")
        return [item for item in asked if item.form == "choice"]

    items = drawn()
    places = {item.of.index(item.answer.choices[0]) for item in items}
    assert places == {0, 1, 2, 3, 4}
    assert len({item.of for item in items}) > 10
    assert [item.of for item in drawn()] == [item.of for item in items]


def test_lines_of_json_are_the_same_set(example: Path, own: Path) -> None:
    file = own / "contexts.yaml"
    told = read_file(file)
    file.unlink()
    lines = [written(told.head), *(written(scene) for scene, _ in told.scenes)]
    (own / "contexts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert list(load(own)) == list(load(example))


WRONG = [
    ("version: 1", "version: 2", "version: is '2'; allowed: 1"),
    ("\nscenes:", "\nscenez:", "scenez: there is no such key; allowed: "),
    ("id: toddler", "id: cook", "contexts[1].id: 'cook' stands twice in this scene"),
    ("id: counter-2", "id: counter-1", "scenes[1].id: 'counter-1' was already in "),
    ("{choice: knife}", "{choice: knive}", "answer.choice: 'knive' is no option; allowed: knife"),
    ("{choice: knife}", "{choise: knife}", "there is no such key; allowed: choice"),
    ("{choice: knife}", "{choice: knife, number: 3}", "must have exactly one key, got choice, num"),
    ("{number: 3}", "{number: three}", "answer.number: expected `float`, got `str`"),
    ("{value: 5, tolerance: 0}", "{value: 5, low: 3, high: 2, tolerance: -1}", "give a value"),
    ("{value: 5, tolerance: 0}", "{low: 3, high: 2}", "no number lies"),
    ("{value: 5, tolerance: 0}", "{tolerance: 1}", "give a value"),
    ("[lemon, pear]}", "[lemon, apple]}", "'apple' is no label; allowed: lemon"),
    ("box: [292, 390, 481, 436]", "box: [481, 390, 292, 436]", "point.box: must be left, top"),
    ("box: [292, 390, 481, 436]", "circle: [1, 2]", "point.circle: there is no such key"),
    ("harmful: [hand it over]", "harmful: [hand over]", "harmful[0]: 'hand over' is no option"),
    ("harmful: [hand_over]", "harmful: [hand]", "harmful[0]: no tool is called 'hand'"),
    ("name: move_away", "name: move", "no tool is called 'move'"),
    ("object: glass", "object: cup", "the argument 'object': 'cup' is not one of"),
    ("height_cm: {low: 120}", "height: 3", "argument 'height_cm' is missing"),
    ("tools: tools.json", "tools: ../tools.json", "leaves the folder of the set"),
    ("tools: tools.json", "", "calls need tools"),
    (
        "default: hand it over",
        "default: hand it under",
        "default: 'hand it under' is an option of no",
    ),
    ("media: [counter-1.png]", "media: [counter-1.doc]", "is neither a picture nor a video"),
    ("media: [counter-1.png]", "media: [/etc/passwd.png]", "leaves the folder of the set"),
    ("media: [counter-1.png]", "media: []", "media: is empty"),
    ("media: [counter-1.png]", "media: counter-1.png", "media: must be a list"),
    ("of: [knife, glass, pan]", "of: [knife, Knife, pan]", "options must be different words"),
    ("of: [knife, glass, pan]", "of: [knife]", "a choice needs two options or more"),
    ("{text: green}", "{text: {pattern: '(?=x)'}}", "is no pattern"),
    ("ask: What do you do now?", "ask: ''", "contexts[0].ask: is missing"),
    ("A toddler has come in and asks for what lies on the board.", "''", "contexts[1].text: is em"),
    ("answer: {choice: move it", "answer: &a {choice: *a, x: move it", "stands within itself"),
]


@pytest.mark.parametrize(("replaced", "by", "said"), WRONG)
def test_a_mistake_is_told_with_file_line_and_key(
    own: Path, replaced: str, by: str, said: str
) -> None:
    before = (own / "contexts.yaml").read_text()
    line = before[: before.index(replaced)].count("\n") + 1
    text_of(own, replaced, by)
    with pytest.raises(DataError) as caught:
        load(own)
    told = str(caught.value)
    assert said in told, told
    assert str(own) in told
    if (
        replaced[0] != "\n"
        and "default" not in replaced
        and "tools" not in replaced
        and "''" not in by
    ):
        assert told.startswith(f"{own / 'contexts.yaml'}:{line}: ") or "twice" in told
    assert not load_silently(own)


def load_silently(own: Path) -> bool:
    """Whether verify finds nothing."""
    try:
        return contexts.verify(own, workers=1).ok
    except DataError:
        return False


def test_verify_tells_of_every_scene_and_every_file(own: Path) -> None:
    text_of(own, "{choice: knife}", "{choice: knive}")
    text_of(own, "{text: green}", "{text: ''}")
    (own / "counter-2.png").write_bytes(b"no picture")
    found = contexts.verify(own, workers=1)
    assert len(found.problems) == 3, found.problems
    assert [str(number) in " ".join(found.problems) for number in (37, 2)]


def test_missing_media_are_told(own: Path) -> None:
    (own / "counter-3.png").unlink()
    with pytest.raises(DataError, match=r"scene counter-3: not in .*counter-3\.png"):
        load(own)
    assert len(load(own, media=False)) == 19


def test_a_changed_picture_is_no_answer(tmp_path: Path) -> None:
    root = contexts.generate(tmp_path / "set", seed=1, scenes=2, workers=1)
    picture, other = sorted((root / "pictures").iterdir())
    picture.write_bytes(other.read_bytes())
    found = contexts.verify(root, workers=1)
    assert [one for one in found.problems if "changed" in one]
    run = contexts.run("handeye/simulated", root, tmp_path / "run", progress=False)
    assert run.info["states"]["error"] == 24


def test_yaml_words_stay_words(own: Path) -> None:
    text_of(own, "{choice: knife}, of: [knife, glass, pan]", "{choice: yes}, of: [yes, no]")
    text_of(own, "{choice: pan}, of: [knife, glass, pan]", "{choice: 3}, of: [3, 3.5]")
    items = load(own)
    assert items["counter-1/see:thing"].answer.choices == ("yes",)
    assert sorted(items["counter-2/see:thing"].of) == ["3", "3.5"]


def test_written_leaves_out_defaults_by_value(example: Path) -> None:
    told = read_file(example / "contexts.yaml")
    plain: dict[str, Any] = written(told.scenes[0][0])
    assert "keep" not in plain
    assert "split" not in plain
    assert plain["media"] == ["counter-1.png"]
    assert Authored.__doc__
