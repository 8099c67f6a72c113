"""Training: small models of our own, whatever they are taught, and stages for any model.

A small vision-language model of our own:

    lesson.py        what is taught: examples, labels of patches, recipes
    words.py         the tokenizer: bytes, and the phrases of a lesson
    architecture.py  presets -> model and processor, written so that Transformers loads them
    packing.py       pictures with many questions -> one batch of tensors
    supervision.py   the loss: on the answers, and on what each patch of the picture shows
    training_run.py  the Trainer: progress, checkpoints, resume
    learning_curve.py run_card.py   what a run leaves behind for people
    asking.py        a trained model, read and asked as anyone would
    command.py       trains, examines, tells

Stages that any model goes through, by a recipe. What suites (``Suite.perceived``) or files say of
pictures becomes targets of tokens:

    targets.py       truths of pictures -> what each token should tell; what a processor shows
    coco.py          truths from files of COCO
    heads.py         the perceptual head and its losses, for an encoder and for a decoder
    backbones.py     encoders behind one interface
    pictures.py probes.py perception.py   stage 1: order, linear probes, the training
    recipes.py       every number of a training, read from YAML
    rows.py          rows and their pictures; what is held out, in what order the rest comes
    checkpoints.py parts.py small.py   models opened, put together, made small for a dry run; kept
    sights.py joint.py   stage 2: answers, and what picture tokens tell of a middle layer
    reinforcement.py stage 3: GRPO with credit by token
    stages.py examination.py   a stage in a folder, gone on with; what is held out is asked
    told.py          what a stage came to

A suite's ``teaching/`` makes the lesson. Needs ``handeye[train]`` (PyTorch, Transformers,
Accelerate, TRL, PEFT); nothing here is imported by the rest of the package unless it trains.
"""
