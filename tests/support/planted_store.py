"""Planted states in a folder, as a capture leaves them: no model, no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from msgspec.structs import replace

from handeye.states.parts import Record, Taken
from handeye.states.planted import LAYERS, SITES, plant
from handeye.states.store import Writer
from handeye.states.targets import Target, write_targets

OPTIONS = "".join(f"{letter}. option {letter}\n" for letter in "ABCDEF")


def stored(folder: Path, truth: str, families: int, width: int = 24) -> list[Target]:
    """A planted truth as a folder of captured states, with its targets beside."""
    made = plant(truth, families, width=width, senses=("vision", "audio"), seed=3)
    ids = list(made.states.ids)
    letters = made.states.letters(ids)
    logs = {name: tuple(map(float, row)) for name, row in zip(ids, letters, strict=True)}
    record = Record(
        settings={"suite": "planted", "model": "planted"},
        layers=LAYERS,
        sites=SITES,
        blocks=len(LAYERS) - 2,
        width=width,
        dtype="float32",
    )
    targets = []
    with Writer(folder, record) as writer:
        for one in made.targets:
            if one.target != "premise":
                targets.append(replace(one, sites=("media",)))
                continue
            name, clip = one.item_id, one.item_id[:-1]
            states = {
                site: {
                    layer: {site: made.states.states(layer, site, [name])[0]} for layer in LAYERS
                }
                for site in SITES
            }
            taken = Taken(item_id=name, scene_id=one.group, clip=clip, letters=logs[name])
            writer.add(taken, states["last"], None if writer.has(clip) else states["media"])
            by_role = np.array(logs[name])[np.argsort(one.roles)]
            right = one.rejection if one.label else int(by_role[:4].argmax())
            texts = {**one.texts, "prompt": f"{one.texts['question']}\n{OPTIONS}"}
            targets.append(replace(one, right=right, texts=texts))
        write_targets(folder / "targets.parquet", targets)
    return targets
