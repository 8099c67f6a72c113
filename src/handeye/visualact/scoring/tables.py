"""Every table of a summary, said once: pages and terminals draw them, CSV files hold them whole.

LaTeX rows follow the paper's columns: class by class, then overall.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handeye.printing import noun
from handeye.scores.estimate import number
from handeye.scores.tables import Column, Table, csv_files, table_of, tex_rows
from handeye.visualact.records import LARGEST_LEVEL, SCENARIOS
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.summary import SWEEP_FIGURES, ByClass, Summary

OVERALL = "overall"
POOLED = "pooled"
FIGURES = (
    Column(
        "P",
        "share of proposed actions that are called for, of a clip or a class as averaged",
        name="precision",
    ),
    Column("R", "share of the actions called for that were proposed, likewise", name="recall"),
    Column("F1", name="f1"),
    Column("weighted P", name="weighted_precision"),
    Column("weighted R", name="weighted_recall"),
    Column("weighted F1", name="weighted_f1"),
    Column("scale", "how near the levels of matched actions are", name="scale"),
)
_PROACTIVE = (
    Column("found, proactive", "share of proactive true actions that were matched", name="recall"),
    Column("found, reactive", "share of reactive true actions that were matched",
           name="recall_reactive"),
    Column("proposed proactive", "share of proposed actions called proactive",
           name="share_of_predictions"),
    Column("truly proactive", "share of true actions that are proactive", name="share_of_truth"),
    Column("right type", "share of matched actions with the true type", name="type_agreement"),
)  # fmt: skip
_OVER_ACTING = (
    Column("acted on idle", "share of clips that call for nothing and got proposals",
           name="acted_on_idle"),
    Column("actions per idle clip", name="actions_per_idle_clip"),
    Column("nothing on busy", "share of clips that call for something and got nothing",
           name="nothing_on_busy"),
    Column("proposed per clip", name="predicted_per_clip"),
    Column("called for per clip", name="truth_per_clip"),
)  # fmt: skip


def scenario_words(key: str) -> str:
    """The title of a class, or Overall."""
    return SCENARIOS.get(key, "Overall" if key == OVERALL else key)


def tables(summary: Summary) -> tuple[Table, ...]:
    """All tables of a run, those of the CSV files in their order there.

    ``by-class`` has a row for a choice of clips, a way of averaging and a class each, ``classes``
    the classes beside each other (:func:`class_key`) averaged as the options of the run say.
    """
    bases, priority = summary.bases, summary.priority
    headline = {basis: found.headline for basis, found in bases.items()}
    by_class = {
        basis: {way: _flat(getattr(found, way)) for way in ("video", POOLED)}
        for basis, found in bases.items()
    }
    levels = [Column(str(level)) for level in range(LARGEST_LEVEL + 1)]
    of_levels: dict[str, Any] = {
        "rank_correlation": {"": priority.rank_correlation},
        "exact": {"": priority.exact},
        "mean_error": {"": priority.mean_error},
        "recall_by_level": priority.recall_by_level,
        "recall_of_urgent": {"": priority.recall_of_urgent},
        "f1_by_video_level": priority.f1_by_video_level,
    }
    return (
        table_of("headline", ("clips", "figure"), headline, file="headline.csv"),
        table_of("by-class", ("clips", "averaging", "scenario", "figure"), by_class, FIGURES,
                 file="by_scenario.csv"),
        table_of("proactive", ("scenario", "figure"), _flat(summary.proactive), _PROACTIVE,
                 file="proactive.csv", row_head="Class"),
        table_of("priority", ("figure", "level"), of_levels, levels, file="priority.csv"),
        table_of("confusion", ("truth", "predicted"), priority.confusion, levels,
                 file="confusion.csv"),
        table_of("over-acting", ("figure",), summary.over_acting, _OVER_ACTING,
                 file="over_acting.csv"),
        table_of("sweep", ("threshold", "figure"), summary.sweep,
                 [column for column in FIGURES if column.key in SWEEP_FIGURES],
                 file="sweep.csv", row_head="threshold"),
        class_table(summary),
    )  # fmt: skip


def _flat(table: ByClass) -> dict[str, Any]:
    """Rows of the classes, then their mean and all clips pooled."""
    more = {"mean of classes": table.mean, "all clips as one": table.pooled}
    return {**table.by_scenario, **more}


def class_key(scenario: str, figure: str) -> str:
    """The column of a figure of a class where classes stand beside each other."""
    return f"{scenario_words(scenario)} {figure}"


def class_table(summary: Summary) -> Table:
    """Classes beside each other, Overall last, averaged as the options of the run say."""
    options, tree = Options.of(summary.options), {}
    for basis, found in summary.bases.items():
        table: ByClass = getattr(found, options.averaging)
        tree[basis] = {
            class_key(key, figure): estimate
            for key, row in [*table.by_scenario.items(), (OVERALL, options.overall(table.mean))]
            for figure, estimate in row.items()
        }
    return table_of("classes", ("clips", "figure"), tree)


# ---- words beside the tables


def way_words(options: Mapping[str, Any]) -> str:
    """How the figures of all classes are averaged, by the options of a run."""
    video = options["averaging"] == "video"
    words = (
        "averaged over videos, then classes" if video else "from sums over a class, then averaged"
    )
    harmonic = options["overall_f1"] == "harmonic"
    return f"{words}, overall F1 from overall precision and recall" if harmonic else words


def one_sided_words(options: Mapping[str, Any]) -> str:
    """How a clip counts in means over clips where actions stand on one side alone; else empty."""
    if options["averaging"] != "video":
        return ""
    if options["unasked"] == "zero":
        return "a clip that calls for something or has proposals, but not both, counts as 0"
    return "a clip that calls for something and got no proposal counts as 0"


def count_words(summary: Summary) -> str:
    """What was found and what was proposed, counted action by action over all clips."""
    counts = summary.counts
    proposed, called, hits = (int(counts[name]) for name in ("predicted", "truth", "matched"))

    def of(whole: int) -> str:
        return f"({number(hits / whole)}{_NBSP}%)"

    wanted = f"{called:,} {noun(called, 'actions')} called for"
    if not called:
        more = f"proposes {proposed:,} {noun(proposed, 'actions')}" if proposed else "proposes none"
        return f"{more}; no action is called for"
    if not proposed:
        return f"proposes nothing, and so finds none of the {wanted}"
    return (
        f"finds {hits:,} of the {wanted} {of(called)}; "
        f"{hits:,} of the {proposed:,} that it proposes {'is' if hits == 1 else 'are'} called for "
        f"{of(proposed)}"
    )


def unstated_words(summary: Summary) -> str:
    """What the answers do not state of their actions, and what is not measured for it; or empty."""
    counts = summary.counts
    proposed = int(counts["predicted"])
    lacking = {
        "level": proposed - int(counts.get("predicted_with_level", proposed)),
        "type": proposed - int(counts.get("predicted_with_type", proposed)),
    }
    lost = {"level": "weighted figures and scale", "type": "agreement of types"}
    actions = noun(proposed, "actions")
    out = []
    for name, n in lacking.items():
        if n == proposed:
            lost_are = "are" if name == "level" else "is"
            out.append(f"no action states a {name}: {lost[name]} {lost_are} not measured")
        elif n:
            out.append(f"{n:,} of {proposed:,} proposed {actions} state no {name}")
    return "; ".join(out) if proposed else ""


_NBSP = "\N{NO-BREAK SPACE}"


def idle_words(summary: Summary) -> str:
    """Where the clips are that call for nothing and got nothing; empty where there are none."""
    if not (count := summary.outcomes.get("both-empty", 0)):
        return ""
    one, right = count == 1, summary.options["both_empty"] == "one"
    clips = f"{count:,} {noun(count, 'clips')} that {'calls' if one else 'call'}"
    verb = ("counts" if one else "count") if right else ("is" if one else "are")
    counted = "as right" if right else "in no precision, recall or F1"
    return f"{clips} for nothing and got no proposals {verb} {counted}"


# ---- files


def table_files(summary: Summary) -> dict[str, str]:
    """File name to text, CSV and LaTeX, as a run folder's ``tables`` holds them."""
    csv = csv_files(tables(summary), interval=summary.interval.words, note=summary.note)
    line = class_table(summary).line("all")
    options = ", ".join(f"{name} {value}" for name, value in summary.options.items())
    comments = [
        f"percent, {way_words(summary.options)}; {summary.embedder.get('name')}; {options}",
        f"second row: intervals; {summary.interval.words}",
        *([summary.note] if summary.note else []),
    ]
    paper = ("precision", "recall", "f1")
    classes = [*summary.bases["all"].video.by_scenario, OVERALL]
    columns: dict[str, dict[str, str]] = {
        "by_scenario.tex": {class_key(k, f): class_key(k, f) for k in classes for f in paper},
        "weighted.tex": {
            class_key(k, f): class_key(k, f"weighted_{f}") for k in classes for f in paper
        },
        "scale.tex": {scenario_words(k): class_key(k, "scale") for k in classes},
    }
    label = summary.named or "model"
    if summary.so_far is True:
        n = summary.n_expected
        label += f" (so far, {summary.n_clips} of {n} {noun(n, 'clips')})"
    return csv | {
        name: tex_rows(label, {head: line[key] for head, key in found.items()}, comments)
        for name, found in columns.items()
    }
