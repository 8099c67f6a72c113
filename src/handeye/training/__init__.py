"""A small vision-language model of our own: its words, its shape, its scenes, its training.

    words.py         the tokenizer: bytes, and the phrases of the ROSE templates and grammar
    architecture.py  presets -> model and processor, written so that Transformers loads them
    art.py           pairs of sprites, split into training and held-out art
    scenes.py        (seed, index) -> scene, picture, questions with gold answers
    packing.py       pictures with many questions -> one batch of tensors
    supervision.py   the loss: on the answers, and on what each patch of the picture shows
    training_run.py  the Trainer: progress, checkpoints, resume
    learning_curve.py run_card.py   what a run leaves behind for people
    examination.py   PASS per template on seen and unseen art, beside chance and a blind copy

Needs ``handeye[train]`` (PyTorch, Transformers, Accelerate); nothing here is imported by the rest
of the package unless it trains.
"""
