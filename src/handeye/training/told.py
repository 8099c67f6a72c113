"""What a stage came to, in words and tables: said once, from its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from handeye.scores.estimate import in_unit, rate_of
from handeye.scores.tables import Column, Row, Table
from handeye.training.recipes import Stage

_RATES = {
    "outcome": "answer right (R_O)",
    "perception": "facts true and enough (R_P)",
    "form": "no rule of the form broken",
}
_LOSSES = {"text": "text without a picture", "pictures": "answers to pictures"}


def facts_of(stage: Stage) -> Callable[[Mapping[str, float]], list[str]]:
    """What is told of a log line while a stage is carried out."""

    def joint(line: Mapping[str, float]) -> list[str]:
        told = [f"answers {line['answers']:.3f}"]
        return [*told, f"pictures {line['perceptual']:.3f}"] if "perceptual" in line else told

    def reward(line: Mapping[str, float]) -> list[str]:
        names = {"R_O": "outcome", "R_P": "perception", "form": "form"}
        return [
            f"{words} {line[f'rewards/{name}/mean']:.2f}"
            for words, name in names.items()
            if line.get(f"rewards/{name}/mean") is not None
        ]

    return joint if stage == "joint" else reward


def summary(card: Mapping[str, Any]) -> str:
    """What was trained on what, in a sentence."""
    shown = card["data"]["shown"]
    return (
        f"{card['trained']:,} of {card['parameters']:,} weights trained on {shown['rows']:,} rows "
        f"about {shown['pictures']:,} pictures and {shown['text-only rows']:,} without one"
    )


def side_by_side(cards: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """What trainings of one data came to that differ in one thing, by its value."""
    last = {name: card["figures"]["after"] for name, card in cards.items()}
    one = next(iter(last.values()))
    told = one["answers"]
    columns = [Column(words) for name, words in _RATES.items() if told]
    columns += [Column(words, "perplexity") for words in _LOSSES.values()]
    rows = []
    for name, found in last.items():
        cells: list[Any] = [rate_of(found["answers"]["rates"][one]) for one in _RATES if told]
        cells += [in_unit(rate_of(found[one]["perplexity"]), "plain") for one in _LOSSES]
        rows.append(Row(name, tuple(cells)))
    if told:
        chance = tuple(rate_of(told["chance"].get(one)) for one in _RATES)
        rows.append(Row("the same to everything", (*chance, *[None] * len(_LOSSES))))
    asked = f"{told['items']} questions about {told['scenes']} scenes" if told else "scenes"
    caption = (
        f"After the training, on {asked} held out: shares in percent of questions, perplexities "
        f"over {one['text']['tokens']:,} and {one['pictures']['tokens']:,} tokens; 95 % intervals "
        "over scenes"
    )
    return [Table("sweep", caption, tuple(columns), tuple(rows), row_head="Weight")]


def tables(card: Mapping[str, Any]) -> list[Table]:
    """What a stage came to, as tables: answers, and perplexities."""
    found = card["figures"]
    out = []
    times = [name for name in ("before", "after") if name in found]
    if found["after"]["answers"]:
        told = found["after"]["answers"]
        rows = []
        for name, words in _RATES.items():
            cells = [rate_of(found[when]["answers"]["rates"][name]) for when in times]
            rows.append(Row(words, (*cells, rate_of(told["chance"].get(name)))))
        out.append(
            Table(
                "answers",
                f"Answers to {told['items']} questions about {told['scenes']} scenes held out: "
                "percent, 95 % intervals over scenes",
                (*map(Column, map(str.title, times)), Column("Chance", "the same to everything")),
                tuple(rows),
                row_head="Share",
            )
        )
    rows = []
    for name, words in _LOSSES.items():
        last = found["after"][name]
        if last["tokens"]:
            cells = [rate_of(found[when][name]["perplexity"]) for when in times]
            cells += [rate_of(found["change"][name])] if "change" in found else []
            basis = f"{last['tokens']:,} tokens of {last['scenes']} scenes"
            rows.append(Row(words, tuple(in_unit(one, "plain") for one in cells), basis=basis))
    if rows:
        heads = [Column(when.title()) for when in times]
        heads += [Column("Factor", "after over before")] if "change" in found else []
        caption = "Perplexity of what is right, on scenes held out; 95 % intervals over scenes"
        out.append(Table("perplexity", caption, tuple(heads), tuple(rows), row_head="Rows"))
    return out
