"""What the model in the box uses: states patched, steered and erased (docs/states-causal.md).

python benchmarks/causal.py SET --families 16 --directions 16, where SET is made by
handeye premise generate SET --seed 15 --families 24 --level 1
--kinds colour,brightness,orientation,size,glide,side,timbre. Prints one line an effect.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from inspect_ai.model import GenerateConfig

from handeye.models.registry import make_respondent
from handeye.premise.asking.questions import Asking
from handeye.premise.loader import load
from handeye.premise.probed import PremiseProbed
from handeye.printing import say
from handeye.states.causal import causal

BLOCKS = ("block.00", "block.01", "block.02", "block.03")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sense", default="vision")
    parser.add_argument("--families", type=int, default=16)
    parser.add_argument("--directions", type=int, default=16)
    parser.add_argument("--along", default="probe")
    parser.add_argument("--sites", default="all,media,text,last")
    given = parser.parse_args()
    items = load(given.data)
    respondent: Any = make_respondent("premise-small", {})
    rows = [
        one
        for one in PremiseProbed().targets(items)
        if (one.target, one.stratum) == ("premise", given.sense)
    ]
    families = sorted({one.group for one in rows})[: given.families]
    rows = [one for one in rows if one.group in families]
    wanted = {one.item_id for one in rows}
    asks = {
        one.item_id: respondent.prepare(one.write().messages, GenerateConfig())[0]
        for one in Asking(media_input="frames+audio").of_set(items).questions(items)
        if one.item_id in wanted
    }
    found = causal(
        respondent.engine,
        asks,
        rows,
        layers=BLOCKS,
        sites=tuple(filter(None, given.sites.split(","))),
        directions=given.directions,
        along=given.along,
        batch_size=16,
        seed=1,
    )
    say(f"{found.items} items, {found.families} families, told rightly {found.own}")
    for one in found.effects:
        controls = {name: each.text("line", "plain") for name, each in one.controls.items()}
        where = f"{one.check:5} {one.layer} {one.site:5} {one.measure:8}"
        mark = "claimed" if one.claimed else ""
        say(f"{where} {one.effect.text('line', 'plain'):26} n={one.effect.n} {controls} {mark}")


if __name__ == "__main__":
    main()
