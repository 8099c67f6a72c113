"""Open models that see or hear, on this machine: ``handeye/hf``, with every medium encoded once.

    options.py    what can be set, and what is allowed
    loading.py    a folder or hub id -> model and processor
    processors.py the processor, without torchvision too
    media.py      pictures, videos, sounds from what was sent
    chat.py       a conversation -> the chat template's messages, pictures and sounds beside them
    prompts.py    text and media -> token ids and tensors; the media of a scene only once
    prefixes.py   the encoded part that questions share: made once, kept within a bytes limit
    forking.py    the key-value cache: many prefixes, laid side by side, written in place
    decoding.py   questions of several scenes as one batch, token by token
    plain.py      the same by the library's own ``generate``, where forking is not safe
    taps.py       hidden states, read while the model runs
    adjuster.py   rejecting a question by what the state tells: weights, gate, file; no torch
    adjusting.py  an adjuster at work on one model
    identity.py   which model this is
    choices.py    log-probabilities of strings and of a question's options
    engine.py     batches, the check that forking changes nothing, memory, choices, hidden states
    respondent.py requests as they come in -> batches; the only file here that knows Inspect
                  (with chat.py)

Needs ``pip install '.[local]'``. Nothing here is imported before such a model is asked for.
"""
