"""A small vision-language model of our own, whatever it is taught: its shape, its training.

    lesson.py        what is taught: examples, labels of patches, recipes
    words.py         the tokenizer: bytes, and the phrases of a lesson
    architecture.py  presets -> model and processor, written so that Transformers loads them
    packing.py       pictures with many questions -> one batch of tensors
    supervision.py   the loss: on the answers, and on what each patch of the picture shows
    training_run.py  the Trainer: progress, checkpoints, resume
    learning_curve.py run_card.py   what a run leaves behind for people
    asking.py        a trained model, read and asked as anyone would
    command.py       trains, examines, tells

A suite's ``teaching/`` makes the lesson. Needs ``handeye[train]`` (PyTorch, Transformers,
Accelerate); nothing here is imported by the rest of the package unless it trains.
"""
