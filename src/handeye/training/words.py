"""The tokenizer of a small model: bytes, and whole phrases of what it is taught.

Any text can be read (as bytes), but only the phrases are short: a question is a handful of tokens,
because each of its fixed phrases is one. Digits are bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, END, IMAGE, ANSWER = "<pad>", "<end>", "<image>", "<answer>"
REPLY = "<reply>"
"""In place of :data:`ANSWER` where answers have tags of that name, for a special token is not
decoded."""


def chat_template(answer: str = ANSWER) -> str:
    """Image, then the text of each message in its order; an answer is opened by a mark."""
    return (
        "{%- for message in messages -%}"
        "{%- if message['role'] == 'assistant' -%}{{ '" + answer + "' }}{%- endif -%}"
        "{%- if message['content'] is string -%}{{ message['content'] }}"
        "{%- else -%}{%- for part in message['content'] -%}"
        "{%- if part['type'] == 'image' -%}{{ '" + IMAGE + "' }}"
        "{%- elif part['type'] == 'text' -%}{{ part['text'] }}{%- endif -%}"
        "{%- endfor -%}{%- endif -%}"
        "{%- if message['role'] == 'assistant' -%}{{ '" + END + "' }}{%- endif -%}"
        "{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{ '" + answer + "' }}{%- endif -%}"
    )


CHAT_TEMPLATE = chat_template()


def last_token(tokenizer: PreTrainedTokenizerFast, text: str) -> int:
    """The token that a text ends with."""
    return int(tokenizer(text, add_special_tokens=False)["input_ids"][-1])


def build_tokenizer(phrases: Sequence[str] = (), answer: str = ANSWER) -> PreTrainedTokenizerFast:
    """The tokenizer: special tokens, 256 bytes, phrases; the same on every machine.

    Args:
        phrases: read as one token each.
        answer: the special token that opens an answer.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = (PAD, END, IMAGE, answer)
    vocabulary = {token: i for i, token in enumerate([*special, *letters])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(token, special=True) for token in special])
    core.add_tokens([AddedToken(phrase, normalized=False) for phrase in phrases])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens={"image_token": IMAGE, "answer_token": answer},
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=1024,
    )
    tokenizer.chat_template = chat_template(answer)
    return tokenizer
