"""The figures printed for IMAVB (Senses Wide Shut, arXiv 2605.13737), in percent, as labelled data.

Read off the authors' project page; none has an interval there. Options stood in one order (E and F
reject), so E or F can be a late letter as well as a rejection, and which of the two is right can be
read off the question: naming the wrong sense is no failure to perceive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handeye.scores.estimate import Estimate

LABEL = "published"
HEAD = "Published, arXiv 2605.13737 (no intervals given there)"
N_CLIPS = 500
"""Clips of the published set, each with an item in each of four cells."""


@dataclass(frozen=True, slots=True)
class Published:
    """One row of a printed table.

    Attributes:
        model: as printed.
        figures: by name, in percent.
        human: whether it is a person.
        note: what to know of the row.
    """

    model: str
    figures: Mapping[str, float]
    human: bool = False
    note: str = ""

    def estimate(self, name: str) -> Estimate:
        """A figure as a fraction; nothing where the row has none of the name."""
        value = self.figures.get(name)
        return Estimate(None if value is None else value / 100)


def _table(names: tuple[str, ...], rows: Mapping[str, tuple[float, ...]]) -> tuple[Published, ...]:
    return tuple(
        Published(model, dict(zip(names, values, strict=True)), *_ABOUT.get(model, ()))
        for model, values in rows.items()
    )


_HUMAN = "Human (one volunteer, 50 clips)"
_ABOUT: dict[str, tuple[bool, str]] = {
    _HUMAN: (
        True,
        "not told that premises could be false; on one stored version of the page only",
    ),
    "Baichuan-Omni-1.5": (
        False,
        "its probe peaks at layer 2 at a ceiling: left out by the authors, likely an artefact",
    ),
}

BASELINE_COLUMNS = ("std_v", "std_a", "mis_v", "mis_a", "bal")
_BASELINE = {
    "OLA": (71.0, 71.6, 6.8, 0.0, 37.4),
    "OmniVinci": (75.4, 71.4, 6.6, 0.0, 38.4),
    "Qwen2.5-Omni": (64.4, 69.0, 16.0, 0.6, 37.5),
    "MiniCPM-o 2.6": (56.6, 54.2, 9.0, 6.6, 31.6),
    "Uni-MoE-2.0-Omni": (74.8, 69.0, 9.0, 0.0, 38.2),
    "Baichuan-Omni-1.5": (66.0, 66.8, 13.8, 0.6, 36.8),
    "Video-SALMONN-2": (69.8, 66.6, 16.2, 0.0, 38.2),
    "Qwen3-Omni": (40.6, 46.6, 72.8, 23.6, 45.9),
    "Gemini 3.1 Pro": (50.2, 53.8, 94.0, 48.6, 61.6),
    _HUMAN: (92.0, 86.0, 84.0, 72.0, 83.5),
}
BASELINE = _table(BASELINE_COLUMNS, _BASELINE)
"""Accuracy by cell, and Bal, in one order of the options."""

PROBE_COLUMNS = ("probe_v", "probe_a", "residual_v", "residual_a", "mis_v", "mis_a")
_PROBES = {
    "OLA": (84.0, 77.8, 79.0, 67.7, 6.8, 0.0),
    "OmniVinci": (84.4, 78.8, 78.9, 66.1, 6.6, 0.0),
    "Qwen2.5-Omni": (86.0, 75.6, 77.7, 67.0, 16.0, 0.6),
    "MiniCPM-o 2.6": (83.2, 78.6, 78.7, 69.5, 9.0, 6.6),
    "Uni-MoE-2.0-Omni": (84.4, 76.3, 76.7, 65.6, 9.0, 0.0),
    "Baichuan-Omni-1.5": (99.3, 98.7, 99.8, 100.0, 13.8, 0.6),
    "Video-SALMONN-2": (83.5, 77.1, 80.7, 65.8, 16.2, 0.0),
    "Qwen3-Omni": (76.5, 64.9, 79.8, 65.0, 72.8, 23.6),
}
PROBES = _table(PROBE_COLUMNS, _PROBES)
"""Accuracy of probes of hidden states, with and without a view of the text taken off, beside the
rejection rate of the answers."""
TEXT_COLUMNS = ("text_v", "text_a")
TEXTS = _table(TEXT_COLUMNS, {"TF-IDF": (73.4, 71.4), "SBERT": (66.8, 57.3)})
"""Accuracy of readers of the question's text alone, within a sense, 500 against 500."""

PGLA_COLUMNS = ("bal_before", "std", "mis", "bal", "gain")
_PGLA = {
    "Uni-MoE-2.0-Omni": (38.2, 54.7, 59.3, 57.0, 18.8),
    "MiniCPM-o 2.6": (31.6, 45.5, 52.8, 49.2, 17.6),
    "OLA": (37.4, 58.7, 51.2, 54.9, 17.5),
    "Video-SALMONN-2": (38.2, 46.2, 64.1, 55.1, 16.9),
    "Qwen2.5-Omni": (37.5, 55.5, 51.3, 53.4, 15.9),
    "OmniVinci": (38.4, 53.8, 52.2, 53.0, 14.6),
    "Qwen3-Omni": (45.9, 46.5, 68.8, 57.7, 11.8),
    "Baichuan-Omni-1.5": (36.8, 52.0, 35.0, 43.5, 6.7),
}
PGLA = _table(PGLA_COLUMNS, _PGLA)
"""The authors' adjustment of answers by a probe, mean of five test folds."""

INTERFERENCE_COLUMNS = ("audio_on_vision", "vision_on_audio")
_INTERFERENCE = {
    "Qwen2.5-Omni": (6.2, 1.0),
    "Video-SALMONN-2": (6.4, 0.0),
    "Baichuan-Omni-1.5": (5.4, 0.6),
    "OmniVinci": (1.2, 0.0),
    "OLA": (-0.6, 0.0),
    "Uni-MoE-2.0-Omni": (-1.8, 0.4),
    "MiniCPM-o 2.6": (-4.4, -5.8),
    "Qwen3-Omni": (2.0, 14.4),
}
INTERFERENCE = _table(INTERFERENCE_COLUMNS, _INTERFERENCE)
"""Mis of a sense with the other one removed, less Mis with both, in points: above 0 the other sense
did harm."""

RUNNER_UP: Mapping[str, float] = {
    "second": 23.0,
    "second_vision": 25.8,
    "second_audio": 20.2,
    "second_of_true": 15.2,
    "chance": 100 / 6,
}
"""How often the right rejection is second by its logit, over seven models that seldom reject."""


def within_sense(mixed: float) -> float:
    """Accuracy within a sense that a printed probe accuracy stands for, in percent.

    The released probe sets the 500 false premises of a sense against the 1,000 true ones of both.
    Who only knows which sense a question is about, which the text says, has a third of these right,
    and within the sense an accuracy of a: ``1/3 + 2/3 a`` in all. This is the a. It takes for
    granted that the sense is read without a fault, and the protocol as the released script has it.

    Args:
        mixed: as printed, in percent.
    """
    return (mixed - 100 / 3) * 1.5


WITHIN: tuple[Published, ...] = tuple(
    Published(
        row.model,
        {f"within_{s}": round(within_sense(row.figures[f"probe_{s}"]), 1) for s in "va"},
        row.human,
        row.note,
    )
    for row in PROBES
)
"""The probes of :data:`PROBES` within a sense, to be set beside :data:`TEXTS`."""

REMARKS: tuple[str, ...] = (
    "The printed probe accuracies mix two things: 1,000 true premises of both senses against 500 "
    "false ones of one. The commoner class alone has 66.7 %, and who knows only which sense a "
    "question is about gets a third right for nothing. Within a sense they stand for 75 to 79 % "
    "(vision) and 63 to 68 % (audio) in six models, beside 73.4 and 71.4 % of TF-IDF on the text: "
    "a small edge for vision, none for audio",
    "Qwen3-Omni does not fit that reading: 64.8 and 47.4 % within a sense against 79.8 and 65.0 % "
    "residualised; its probe for audio is below the commoner class",
    "A probe's accuracy (two classes) less a rejection rate (one class, chance 17 %) is no gap: "
    "the two have different chances. Here perception and action are both balanced accuracies of "
    "accepting and rejecting, and chance is 50 % for either",
    "Residualising takes off a view of 384 dimensions that TF-IDF beats by 7 to 14 points on the "
    "same text; what is left may still be words",
    "No model was asked without either medium, with black and silent ones, or with another clip",
    "An answer that could not be parsed got a random letter; here it is a class of its own",
    "PGLA adds the same to E and F, so it cannot choose the sense; its gate never closes, and no "
    "constant or permuted probe was tried: an unknown part of the gain is a lean towards E and F",
    "The categories of questions were drawn at random by the released generator and not shown to "
    "the model that wrote them: unless they were annotated anew, figures by category mean nothing",
)
"""What to know before a published figure is compared with one of ours."""
