"""Questions by the library's own ``generate``: every medium encoded for every question.

The way for models whose cache cannot be forked safely, and what the benchmark compares with.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from handeye.respondents.local.chat import Ask
from handeye.respondents.local.decoding import Row, Settings, finite, note
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prefixes import Prefix
from handeye.respondents.local.prompts import process

_NO_PREFIX = Prefix(0, (), (), 0)
# Some models bring penalties in their generation_config.json that bend even greedy answers
# (Qwen2.5-VL repeats less readily); an answer shall be what the model holds likeliest.
_AS_IT_IS = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "num_beams": 1}


@torch.inference_mode()
def write_plainly(
    loaded: LocalModel, asks: Sequence[Ask], settings: Sequence[Settings]
) -> list[Row]:
    """Answer several questions as one batch, padded on the left.

    Their settings must be equal, and either all or none of them show pictures, and sounds.

    Returns:
        Rows whose tails are the whole questions.
    """
    encoded = process(loaded, asks)
    told = settings[0]
    kwargs: dict[str, object] = {"do_sample": False}
    if told.temperature > 0:
        torch.manual_seed(told.seed)
        kwargs = {
            "do_sample": True,
            "temperature": told.temperature,
            "top_p": told.top_p,
            "top_k": told.top_k,
        }
    if told.stop:
        kwargs.update(stop_strings=list(told.stop), tokenizer=loaded.tokenizer)
    out = loaded.model.generate(
        **encoded,
        max_new_tokens=told.max_tokens,
        pad_token_id=loaded.pad_id,
        output_logits=True,
        return_dict_in_generate=True,
        **_AS_IT_IS,
        **kwargs,
    )
    before = encoded["input_ids"].shape[1]
    rows = []
    for place in range(len(asks)):
        tail = encoded["input_ids"][place][encoded["attention_mask"][place].bool()].tolist()
        row = Row(_NO_PREFIX, 0, tuple(tail), told)
        row.first_logits = out.logits[0][place].float()
        _fill(loaded, row, out.sequences[place, before:].tolist())
        for step, token in enumerate(row.written):
            note(loaded, row, token, out.logits[step][place])
            if not finite(out.logits[step][place, None])[0]:
                row.text, row.ending = "", "not_finite"
        rows.append(row)
    return rows


def _fill(loaded: LocalModel, row: Row, tokens: Sequence[int]) -> None:
    row.ending = "max_tokens"
    for token in tokens[: row.settings.max_tokens]:
        row.written.append(token)
        if token in loaded.end_ids:
            row.ending = "stop"
            break
    row.text = loaded.text_of(row.written)
    found = [p for p in (row.text.find(stop) for stop in row.settings.stop) if p >= 0]
    if found:
        row.text, row.ending = row.text[: min(found)], "stop"
