"""The tokenizer of the small model: bytes, and whole phrases of the ROSE templates and grammar.

Any text can be read (as bytes), but only the phrases are short: a question is a handful of tokens,
because everything between its numbers is one. They are taken from the wording itself, so a change
of wording is a change of the vocabulary and never leaves the two apart. Digits are bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handeye.rose.questions import PROMPT_GLOBAL, TEMPLATES, Template, prompt_local
from handeye.rose.scene import Region

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, END, IMAGE, ANSWER = "<pad>", "<end>", "<image>", "<answer>"
SPECIAL = (PAD, END, IMAGE, ANSWER)
# Parts of the answers in the spelling of the gold answers; numbers stand between them.
ANSWER_PHRASES = (
    "COUNT(",
    ")",
    "CLICK(R",
    ",C",
    "); CLICK(R",
    "); DONE",
    "); SUBMIT(",
    "DONE",
    "SUBMIT(",
)
# Image, then the text of each message in its order; an answer is opened by a mark of its own.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}{{ '" + ANSWER + "' }}{%- endif -%}"
    "{%- if message['content'] is string -%}{{ message['content'] }}"
    "{%- else -%}{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'image' -%}{{ '" + IMAGE + "' }}"
    "{%- elif part['type'] == 'text' -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}"
    "{%- if message['role'] == 'assistant' -%}{{ '" + END + "' }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '" + ANSWER + "' }}{%- endif -%}"
)


def question_text(template: Template, region: Region) -> str:
    """A question as a run sends it beside the picture: instruction and question."""
    return f"{PROMPT_GLOBAL}\n{prompt_local(template, region)}"


def phrases() -> tuple[str, ...]:
    """Every piece of text between two numbers of any question, then those of the answers."""
    found: dict[str, None] = {f"{PROMPT_GLOBAL}\n": None}
    for template in TEMPLATES.values():
        for region in _probes(template):
            found.update(dict.fromkeys(re.split(r"[0-9]+", prompt_local(template, region))))
    found.update(dict.fromkeys(ANSWER_PHRASES))
    return tuple(phrase for phrase in found if len(phrase) > 1)


def _probes(template: Template) -> list[Region]:
    """One region of each wording that a template can have."""
    if template.context == "global":
        return [Region("GLOBAL", 1, 8, 1, 8)]
    if template.context == "visual":
        return [Region("VISUAL_REGION", 2, 3, 2, 3)]
    local = [
        Region("ROW_RANGE", 2, 2, 1, 8),
        Region("ROW_RANGE", 2, 3, 1, 8),
        Region("COL_RANGE", 1, 8, 2, 2),
        Region("COL_RANGE", 1, 8, 2, 3),
        Region("RECTANGLE", 2, 3, 4, 5),
    ]
    if template.context == "local":
        return local
    return [
        Region("EXCLUSION", r.r1, r.r2, r.c1, r.c2, exclude_type=r.type)  # type: ignore[arg-type]
        for r in local
    ]


def build_tokenizer() -> PreTrainedTokenizerFast:
    """The tokenizer: special tokens, 256 bytes, phrases; the same on every machine."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL, *letters])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    core.add_tokens([AddedToken(phrase, normalized=False) for phrase in phrases()])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens={"image_token": IMAGE, "answer_token": ANSWER},
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=1024,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
