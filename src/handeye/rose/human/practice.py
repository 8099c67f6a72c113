"""Practice items: a few easy scenes of our own, so that no item of the study is seen before.

They are drawn with a seed of their own when a study file is made and lie in the file with their
pictures: one item for every template of the study, and one where there is nothing to click. They
are the only items whose gold answers a person gets to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES
from handeye.rose.release import load
from handeye.rose.scenes.generation import generate
from handeye.rose.v01 import STATISTICS

# Nobody else draws sets with this seed and these few scenes.
_SEED = 271_828_182
_SCENES_PER_SOURCE = 4
_MOST_TO_FIND = 4


def make_practice(items: Sequence[Item]) -> list[tuple[Item, bytes]]:
    """Items for a study of ``items``, of its templates and kinds of art; with pictures in PNG."""
    templates = [name for name in TEMPLATES if any(i.task_template == name for i in items)]
    subsets = {item.rose_subset for item in items}
    sources = [name for name, rules in STATISTICS.items() if rules.subset in subsets]
    sources = sources or list(STATISTICS)
    with TemporaryDirectory(prefix="handeye-practice-") as folder:
        generate(
            folder,
            seed=_SEED,
            scenes=_SCENES_PER_SOURCE * len(sources),
            sources=sources,
            workers=1,
        )
        found = load(Path(folder))
        chosen = _choose(found.items, templates)
        return [(item, found.image_path(item).read_bytes()) for item in chosen]


def _choose(candidates: Sequence[Item], templates: Sequence[str]) -> list[Item]:
    """One item a template with something to find, then one with nothing to click; small grids.

    Scenes and kinds of art change from item to item as long as there are any left.
    """
    easy = sorted(candidates, key=lambda item: (item.rows * item.cols, item.item_id))
    out: list[Item] = []
    for template in templates:
        of = [
            item
            for item in easy
            if item.task_template == template and 1 <= len(item.gold) <= _MOST_TO_FIND
        ]
        out += _freshest(of, out)
    clicks = {name for name in templates if TEMPLATES[name].mode == "CLICK"}
    empty = [item for item in easy if item.task_template in clicks and not item.gold]
    return out + _freshest(empty, out)


def _freshest(candidates: Sequence[Item], shown: Sequence[Item]) -> list[Item]:
    """The candidate whose scene and art were shown least, in a list; empty if there is none."""
    scenes = [item.scene_id for item in shown]
    subsets = [item.rose_subset for item in shown]
    ranked = sorted(
        candidates, key=lambda item: (scenes.count(item.scene_id), subsets.count(item.rose_subset))
    )
    return ranked[:1]
