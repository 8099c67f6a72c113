"""``handeye train``: small models of our own from nothing, and stages for any model by recipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.cli.grammar import Command, framed
from handeye.errors import RunError
from handeye.printing import say
from handeye.suites import all_suites
from handeye.terminal.options import Json, one_of, put_json, say_next, some_sets

if TYPE_CHECKING:
    from handeye.suite import Teaches
    from handeye.training.ladder import Ground, Plan
    from handeye.training.recipes import Recipe
    from handeye.training.targets import PictureTruth

app = typer.Typer(
    help=r"Train small models, or any by a recipe (needs handeye\[train]).",
    no_args_is_help=True,
)
_TEACHING = [suite for suite in all_suites() if suite.train_command is not None]


def examine(
    directory: Annotated[Path, typer.Argument(metavar="FOLDER", help="Of a trained model.")],
    scenes: Annotated[
        int, typer.Option(metavar="N", help="Scenes of seen and of held-out art, each.")
    ] = 200,
    seed: Annotated[int, typer.Option(metavar="SEED", help="Of the test scenes.")] = 0,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="SET", help="Ask about this set's scenes instead.", autocompletion=some_sets
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Ask a trained model about new scenes: PASS by template, seen and held-out art.

    Example: handeye train examine FOLDER --scenes 200
    """
    import json as json_

    from handeye.training.command import examined, needs_torch

    needs_torch()
    lesson = _lesson_of(directory)
    found = examined(lesson, directory, seed=seed, scenes=scenes, data=data)
    # Before anything is printed: who reads may stop reading.
    if not put_json(json, json_.dumps(found, indent=1).encode()):
        lesson.tell(found)


def _lesson_of(directory: Path) -> Teaches:
    """What a model was taught; of the first suite that teaches where its folder does not say.

    Raises:
        RunError: it was taught something that is not installed, or trained by a recipe.
    """
    from handeye.reading import read_json
    from handeye.respondents.local.identity import CARD

    card = directory / CARD
    told = read_json(card) if card.is_file() else {}
    if "stage" in told:
        raise RunError(
            f"{directory} was trained by a recipe: its figures are in {card}; ask it about a set "
            f"with: handeye run SUITE --model handeye/hf -M path={directory} --data SET"
        )
    name = told.get("suite")
    for suite in _TEACHING:
        if suite.teaches is not None and name in (None, suite.name):
            return suite.teaches()
    raise RunError(f"{card}: trained for {name!r}; no suite of that name teaches here")


def _climbed() -> list[Any]:
    return [one for one in all_suites() if one.ladder is not None]


def _rungs() -> Iterable[str]:
    return dict.fromkeys(name for one in _climbed() for name in one.ladder().rungs)


def _recipes() -> Iterable[str]:
    from handeye.training.recipes import shipped

    return shipped()


Config = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Of the recipe: one that ships, or a YAML file.",
        autocompletion=one_of(_recipes),
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        metavar="SET",
        help="What is shown, in place of what the recipe names: a set, or a file of COCO.",
        autocompletion=some_sets,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Try the shapes on a small model of the same class; nothing is trained."
    ),
]


def perception(
    config: Config,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Of the encoder; the same one goes on.")
    ] = None,
    data: Data = None,
    seed: Annotated[
        int, typer.Option(metavar="SEED", help="Decides first weights and the order of pictures.")
    ] = 0,
    dry_run: DryRun = False,
    json: Json = None,
) -> None:
    """Train a vision encoder on what its tokens show, and probe it before and after.

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train perception --config tiny --data SET --out FOLDER
    """
    import json as json_

    from handeye.errors import OptionError
    from handeye.training.command import needs_torch, telling

    recipe = _recipe(config, data)
    course = recipe.stage("perception")
    needs_torch()
    if dry_run:
        from handeye.training.perception import dry_run as tried

        known = bool(recipe.data.set or recipe.data.truths)
        shapes = tried(recipe, *(_truths(recipe) if known else (None, ())))
        if not put_json(json, json_.dumps(shapes, indent=1)):
            for name, value in shapes.items():
                say(f"{name}: {json_.dumps(value)}")
        return
    if out is None:
        raise OptionError("give the encoder a folder with --out, or try the recipe with --dry-run")
    root, truths = _truths(recipe)
    from handeye.training.perception import told, train_perception
    from handeye.training.probes import table
    from handeye.training.run_card import is_first
    from handeye.training.training_run import begun

    if is_first():
        begun(out, course.steps)

    def facts(losses: Any) -> list[str]:
        return [f"loss {losses['loss']:.3f}", f"names of things {losses['named']:.0%}"]

    with telling(course.steps, facts) as progress:
        card = train_perception(recipe, root, truths, out, seed, progress=progress)
    # Of several processes one tells.
    if not card or put_json(json, json_.dumps(card, indent=1)):
        return
    from handeye.terminal.console import Console
    from handeye.terminal.tables import print_table

    pictures = card["data"]
    say(
        f"{out}: {card['encoder']}, {card['grid'][0]} x {card['grid'][1]} tokens of a picture; "
        f"{pictures['pictures']:,} pictures of {pictures['scenes']:,} scenes, "
        f"{pictures['held out']:,} held out"
    )
    if found := told(card):
        drawn = table(found, card["random"])
        print_table(Console(), drawn, caption=f"{drawn.legend}. {drawn.note}")


Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Of the model; the same one goes on.")
]
Trained = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="What is trained, in place of what the recipe names: a folder or a name on the Hub.",
    ),
]
Decides = Annotated[
    int, typer.Option(metavar="SEED", help="Decides first weights, order and what is sampled.")
]


def joint(
    config: Config,
    out: Out = None,
    data: Data = None,
    model: Trained = None,
    encoder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Of 'handeye train perception', whose encoder takes the place of the model's.",
        ),
    ] = None,
    seed: Decides = 0,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="Weights of the perceptual loss with commas, such as 0,.2,.5,1: a training each, "
            "side by side.",
        ),
    ] = None,
    dry_run: DryRun = False,
    json: Json = None,
) -> None:
    """Fine-tune a model on answers and on what its picture tokens tell of a middle layer.

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train joint --config tiny --data SET --out FOLDER
    """
    from handeye.training.command import needs_torch

    needs_torch("trl", "peft", "datasets")
    recipe = _changed(_recipe(config, data), model, encoder)
    if dry_run:
        _try("joint", recipe, json)
    elif weights is None:
        _carry_out("joint", recipe, out, seed, json)
    else:
        _sweep(recipe, _numbers(weights), out, seed, json)


def reward(
    config: Config,
    out: Out = None,
    data: Data = None,
    model: Trained = None,
    seed: Decides = 0,
    dry_run: DryRun = False,
    json: Json = None,
) -> None:
    """Train a model by rewards for what it sees and what it answers (GRPO).

    Stopped at any moment, the same command goes on from the last checkpoint.

    Example: handeye train reward --config tiny --data SET --model FOLDER --out FOLDER
    """
    from handeye.training.command import needs_torch

    needs_torch("trl", "peft", "datasets")
    recipe = _changed(_recipe(config, data), model)
    if dry_run:
        _try("reward", recipe, json)
    else:
        _carry_out("reward", recipe, out, seed, json)


# Seconds that a process waits for another one to make the sets of a ladder.
_PATIENCE = 3600


def ladder(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            help="Whose questions are learned.",
            autocompletion=one_of(lambda: [one.name for one in _climbed()]),
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Of all seeds; the same one goes on.")
    ],
    seed: Decides,
    true_cues: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="Percent of the cues in training that are true, with commas, of suites with cues.",
        ),
    ] = None,
    rungs: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="With commas: only these trainings, and those that they stand on.",
            autocompletion=one_of(_rungs, several=True),
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of the recipe: one that ships, or a YAML file.",
            autocompletion=one_of(_recipes),
        ),
    ] = None,
    scenes: Annotated[
        int | None,
        typer.Option(metavar="N", help="Scenes to train on; how many are asked about follows."),
    ] = None,
    level: Annotated[
        int | None, typer.Option(metavar="N", help="Of their difficulty, 1 for the easiest.")
    ] = None,
    pilot: Annotated[
        str | None,
        typer.Option(
            metavar="LOW:HIGH",
            help="Instead: try from which of these levels on rewards could teach; further seeds "
            "then take that level.",
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Train small models that differ in one thing each, and ask all of them the same.

    Stopped at any moment, the same command goes on; further seeds join in the same folder.

    Example: handeye train ladder stress --out FOLDER --seed 1
    """
    import json as json_

    from msgspec import to_builtins

    from handeye.errors import OptionError, allowed
    from handeye.training.climbed import keep_all
    from handeye.training.command import needs_torch
    from handeye.training.ladder import chosen
    from handeye.training.pilot import chosen as level_of, tries, verdict
    from handeye.training.recipes import read_recipe

    able = {one.name: one for one in _climbed()}
    if suite not in able or (made := able[suite].ladder) is None:
        raise OptionError(f"suite is {suite!r}{allowed(suite, able)}")
    plan = made()
    recipe = read_recipe(config or plan.recipe)
    wanted = None if rungs is None else [one.strip() for one in rungs.split(",")]
    names = chosen(wanted, plan.rungs)
    for given, there, what in (
        (true_cues, plan.cues, "cues"),
        (level or pilot, plan.level, "levels"),
    ):
        if given is not None and not there:
            raise OptionError(f"the scenes of {suite} have no {what}; leave the option out")
    if pilot and (level or rungs):
        raise OptionError("--pilot has levels of its own, and one training: leave out the others")
    levels = _levels(pilot) if pilot else range(0)
    shares: Sequence[int | None] = _percents(true_cues) if true_cues else (plan.cues or (None,))
    needs_torch("trl", "peft", "datasets")
    if pilot:
        _try_levels(suite, plan, recipe, out, seed, shares, levels, scenes)
        head = f"{out}: {verdict(tries(out))}"
    else:
        if plan.level is not None and level is None:
            level = level_of(tries(out), recipe) or plan.level
        how = {"scenes": scenes, **({} if level is None else {"level": level})}
        for share in shares:
            _climb(suite, plan, recipe, out, seed, share, names, how)
        head = f"{out}: {len(names)} trainings of seed {seed}, told in ladder.html"
    told, compared, tables = keep_all(out, plan)
    found = {
        "figures": to_builtins(told),
        "contrasts": to_builtins(compared),
        "pilot": to_builtins(tries(out)),
    }
    if not put_json(json, json_.dumps(found, indent=1)):
        _say_tables(head, tables)


def _climb(
    suite: str,
    plan: Plan,
    recipe: Recipe,
    out: Path,
    seed: int,
    share: int | None,
    names: Sequence[str],
    how: dict[str, Any],
) -> Ground:
    """Make the rungs of a seed, or go on with them; gives what they were shown and asked."""
    from handeye.atomic import held
    from handeye.printing import tell
    from handeye.progress import counting
    from handeye.training.command import telling
    from handeye.training.ladder import climb, place_of

    cues = {} if share is None else {"cues": share}
    sets = place_of(out, seed) / "sets"
    # A process for other cues makes the same sets: the second one waits.
    with held(place_of(out, seed), patience=_PATIENCE), counting("making scenes") as progress:
        ground = plan.ground(sets, seed=seed, progress=progress, **how, **cues)

    def begins(name: str) -> None:
        where = "" if share is None else f"cues {share} %, "
        tell(f"{where}{name}: {plan.rungs[name].about}")

    def facts(losses: Any) -> list[str]:
        return [f"loss {losses['loss']:.3f}"]

    climb(
        plan, ground, recipe, out, seed, share,
        rungs=names, record={"suite": suite, **how}, begins=begins,
        showing=lambda steps: telling(steps, facts),
    )  # fmt: skip
    return ground


def _try_levels(
    suite: str,
    plan: Plan,
    recipe: Recipe,
    out: Path,
    seed: int,
    shares: Sequence[int | None],
    levels: Sequence[int],
    scenes: int | None,
) -> None:
    """Try levels until rewards are informative at one."""
    from handeye.printing import tell
    from handeye.progress import counting
    from handeye.training import pilot
    from handeye.training.ladder import folder_of

    rung = pilot.begun_from(plan)
    for level in levels:
        place = pilot.place_of(out, recipe, level)
        for share in shares:
            tell(f"level {level}")
            how = {"scenes": scenes, "level": level}
            ground = _climb(suite, plan, recipe, place, seed, share, [rung], how)
            with counting("groups") as progress:
                pilot.draw(
                    plan, ground, recipe, folder_of(place, seed, share) / rung,
                    level=level, cues=share, seed=seed, progress=progress,
                )  # fmt: skip
        if pilot.chosen(pilot.tries(out), recipe) is not None:
            break


def _percents(text: str) -> list[int]:
    from handeye.errors import OptionError, refuse_twice

    parts = [one.strip() for one in text.split(",")]
    if not all(one.isdecimal() and int(one) <= 100 for one in parts):
        raise OptionError(f"--true-cues is {text!r}; give percents in 0..100 with commas: 50,90")
    refuse_twice("--true-cues", parts)
    return [int(one) for one in parts]


def _levels(text: str) -> range:
    from handeye.errors import OptionError

    low, colon, high = text.partition(":")
    if not (colon and low.isdecimal() and high.isdecimal() and 1 <= int(low) <= int(high)):
        raise OptionError(f"--pilot must read LOW:HIGH, for example 1:2; got {text!r}")
    return range(int(low), int(high) + 1)


def recipe(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Of a recipe, or of a configuration to launch it."),
    ] = None,
) -> None:
    """Print a recipe, to be kept and changed; without a name what there is.

    Example: handeye train recipe tiny
    """
    from handeye.errors import OptionError, allowed
    from handeye.training.recipes import launchers, read_recipe, shipped

    known = {**shipped(), **launchers()}
    if name is None:
        for one in shipped():
            say(f"{one}: {read_recipe(one).about}")
        say(f"for accelerate launch --config_file: {', '.join(launchers())}")
    elif name in known:
        say(known[name].read_text("utf-8").rstrip())
    else:
        raise OptionError(f"recipe is {name!r}{allowed(name, known)}")


def _trainer_of(stage: str) -> Any:
    from handeye.training import joint, reinforcement

    return {"joint": joint, "reward": reinforcement}[stage].trainer_of


def _try(stage: Any, recipe: Recipe, json: str | None) -> None:
    import json as json_

    from handeye.training.stages import dry_run

    given = recipe.data
    material = _material(recipe) if given.set or given.rows else None
    found = dry_run(stage, _trainer_of(stage), recipe, material)
    if not put_json(json, json_.dumps(found, indent=1)):
        for name, value in found.items():
            say(f"{name}: {json_.dumps(value)}")


def _carry_out(stage: Any, recipe: Recipe, out: Path | None, seed: int, json: str | None) -> None:
    import json as json_

    card = _card_of(stage, recipe, out, seed)
    if card and not put_json(json, json_.dumps(card, indent=1)):
        from handeye.training.told import summary, tables

        _say_tables(f"{out}: {summary(card)}", tables(card))


def _card_of(stage: Any, recipe: Recipe, out: Path | None, seed: int) -> dict[str, Any]:
    """Carry out a stage; gives its card, and nothing in other processes than the first."""
    from handeye.errors import OptionError
    from handeye.training.command import telling
    from handeye.training.run_card import is_first
    from handeye.training.stages import carry_out
    from handeye.training.told import facts_of
    from handeye.training.training_run import begun

    if out is None:
        raise OptionError("give the model a folder with --out, or try the recipe with --dry-run")
    material = _material(recipe)
    steps = recipe.stage(stage).steps
    if is_first():
        begun(out, steps)
    with telling(steps, facts_of(stage)) as progress:
        card = carry_out(stage, _trainer_of(stage), recipe, material, out, seed, progress)
    return card if is_first() else {}


def _sweep(
    recipe: Recipe, weights: list[float], out: Path | None, seed: int, json: str | None
) -> None:
    import json as json_

    from msgspec.structs import replace

    from handeye.errors import OptionError
    from handeye.printing import tell
    from handeye.training.run_card import is_first
    from handeye.training.training_run import RECORD

    if out is None:
        raise OptionError("give the trainings a folder with --out")
    if (out / RECORD).exists():
        raise RunError(f"{out} is the folder of a single training; choose another")
    course, cards = recipe.stage("joint"), {}
    for weight in weights:
        if is_first():
            tell(f"weight {weight:g}")
        one = replace(recipe, joint=replace(course, weight=weight))
        cards[f"{weight:g}"] = _card_of("joint", one, out / f"weight-{weight:g}", seed)
    if all(cards.values()) and not put_json(json, json_.dumps(cards, indent=1)):
        from handeye.training.told import side_by_side

        _say_tables(f"{out}: {len(cards)} weights of the perceptual loss", side_by_side(cards))


def _say_tables(head: str, tables: Iterable[Any]) -> None:
    from handeye.terminal.console import Console
    from handeye.terminal.tables import print_table

    say(head)
    console = Console()
    for table in tables:
        print_table(console, table)


def _numbers(text: str) -> list[float]:
    from handeye.errors import OptionError, refuse_twice

    try:
        found = [float(one) for one in text.split(",")]
    except ValueError:
        found = [-1.0]
    if not all(0 <= one < float("inf") for one in found):
        raise OptionError(f"--weights is {text!r}; give numbers from 0 on with commas: 0,.2,.5,1")
    refuse_twice("--weights", [f"{one:g}" for one in found])
    return found


def _changed(recipe: Recipe, model: str | None, encoder: Path | None = None) -> Recipe:
    """A recipe of another model, or with an encoder that was trained before."""
    from msgspec.structs import replace

    told: dict[str, Any] = {}
    if model is not None:
        told |= {"name": model, "revision": None}
    if encoder is not None:
        told["tower"] = str(encoder)
    return replace(recipe, model=replace(recipe.model, **told))


def _material(recipe: Recipe) -> Any:
    """Rows and pictures of a recipe, and what is true of them.

    Raises:
        OptionError: the recipe names nothing to be shown, or a set without facts.
    """
    from handeye.errors import OptionError
    from handeye.suites import suite_of_set
    from handeye.training.coco import coco
    from handeye.training.rows import Material, read_rows, rows_of

    given = recipe.data
    pictures, rows = Path(given.rows).parent, read_rows(Path(given.rows)) if given.rows else ()
    truths: Iterable[PictureTruth] = ()
    if given.set:
        suite = suite_of_set(given.set)
        items = suite.load(given.set, split=given.split or None)
        pictures = items.root
        if not rows:
            if suite.rewarded is None:
                able = ", ".join(one.name for one in all_suites() if one.rewarded is not None)
                raise OptionError(
                    f"{suite.title} has no facts to learn and to reward; suites that have: {able}"
                )
            rows = rows_of(suite.rewarded(items))
        truths = () if suite.perceived is None else suite.perceived(items)
    if not rows:
        raise OptionError(
            "the recipe names no rows (data.set, data.rows); give a set with --data, or write rows "
            "with: handeye rewards rows SET --complete --text-only --out FILE"
        )
    pictures = Path(given.pictures) if given.pictures else pictures
    if given.truths:
        truths = coco(Path(given.truths), pictures)
    text = read_rows(Path(given.text)) if given.text else ()
    return Material(rows, pictures, {one.picture: one for one in truths}, text)


def _recipe(config: str, data: str | None) -> Recipe:
    """A recipe with what it is to show in place of what it names."""
    from msgspec.structs import replace

    from handeye.training.recipes import read_recipe

    recipe = read_recipe(config)
    if data is None:
        return recipe
    named = {"truths": data, "set": ""} if Path(data).suffix == ".json" else {"set": data}
    return replace(recipe, data=replace(recipe.data, **named))


def _truths(recipe: Recipe) -> tuple[Path, Iterable[PictureTruth]]:
    """Folder of the pictures, and what they show.

    Raises:
        OptionError: the recipe names nothing to be shown, or a set of which that is not known.
    """
    from handeye.errors import OptionError
    from handeye.suites import suite_of_set
    from handeye.training.coco import coco

    given = recipe.data
    if given.truths:
        root = Path(given.pictures) if given.pictures else Path(given.truths).parent
        return root, coco(Path(given.truths), root)
    if not given.set:
        raise OptionError(
            "the recipe names no pictures (data.set, data.truths); give a set, or a file of COCO, "
            "with --data"
        )
    suite = suite_of_set(given.set)
    if suite.perceived is None:
        able = ", ".join(one.name for one in all_suites() if one.perceived is not None)
        raise OptionError(
            f"{suite.title} does not say what its pictures show; suites that do: {able}"
        )
    items = suite.load(given.set, split=given.split or None)
    return items.root, suite.perceived(items)


def _carried_out(given: dict[str, Any]) -> bool:
    """Whether something was trained, and this process is the one that tells."""
    from handeye.training.run_card import is_first

    return not given["dry_run"] and is_first()


def _encoded(given: dict[str, Any]) -> None:
    if _carried_out(given):
        words = ("--config", given["config"], "--encoder", given["out"], "--out", "FOLDER")
        say_next("train", "joint", *words)


def _joined(given: dict[str, Any]) -> None:
    if _carried_out(given) and given["weights"] is None:
        say_next("train", "reward", "--config", given["config"], "--model", given["out"],
                 "--out", "FOLDER")  # fmt: skip


def _rewarded(given: dict[str, Any]) -> None:
    if _carried_out(given) and given["data"] is not None:
        from handeye.suites import suite_of_set

        path = f"path={given['out']}"
        name = suite_of_set(given["data"]).name
        say_next("run", name, "--model", "handeye/hf", "-M", path, "--data", "SET")


def _trained(given: dict[str, Any]) -> None:
    say_next("train", "examine", given["out"])


for number, suite in enumerate(_TEACHING):
    assert suite.train_command is not None
    # That of the first suite is older than there being several.
    named = suite.name if number else "base"
    app.command(named, cls=Command)(framed(suite.train_command.get(), _trained))
app.command("perception", cls=Command)(framed(perception, _encoded))
app.command("joint", cls=Command)(framed(joint, _joined))
app.command("reward", cls=Command)(framed(reward, _rewarded))
app.command("ladder", cls=Command)(framed(ladder))
app.command("recipe", cls=Command)(framed(recipe))
app.command("examine", cls=Command)(framed(examine))
