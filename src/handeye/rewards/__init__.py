"""Rewards for training with written perception: what is seen is rewarded apart from the answer.

Knows no trainer and no suite. ``facts`` is the grammar of what is stated, ``written`` reads a
completion, ``scoring`` rewards it, ``blindfold`` has it read by others, ``columns`` is what a row
has to tell, ``adapters`` is for trainers, ``checking`` looks through files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handeye.suite import face

if TYPE_CHECKING:
    from handeye.rewards.blindfold import (
        Agreement as Agreement,
        Blindfold as Blindfold,
        Judge as Judge,
        openai_judge as openai_judge,
    )
    from handeye.rewards.columns import Task as Task, Truth as Truth, rows as rows, schema as schema
    from handeye.rewards.scoring import (
        Reward as Reward,
        Verdict as Verdict,
        fact_f1 as fact_f1,
        form as form,
        length as length,
        outcome as outcome,
        perception as perception,
        repetition as repetition,
        verdicts as verdicts,
    )
    from handeye.rewards.written import RULES as RULES

_HOMES = {
    **dict.fromkeys(("Agreement", "Blindfold", "Judge", "openai_judge"), "blindfold"),
    **dict.fromkeys(("Task", "Truth", "rows", "schema"), "columns"),
    **dict.fromkeys(("Reward", "Verdict", "verdicts"), "scoring"),
    **dict.fromkeys(("outcome", "perception", "fact_f1", "form", "length"), "scoring"),
    "repetition": "scoring",
    "RULES": "written",
}
__getattr__ = face(__name__, {n: f"handeye.rewards.{home}:{n}" for n, home in _HOMES.items()})
