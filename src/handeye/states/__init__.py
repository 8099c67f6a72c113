"""What a model holds inside, taken while it answers, and where that is lost on the way out.

    parts.py      the format on the disk: record, header of a part, index
    store.py      parts written and read; ``States`` is what all readers take
    wanted.py     layers and sites, as they are asked for
    clips.py      the check that a clip looks the same under all its questions
    capture.py    a local model's forward pass -> the store

Knows no suite: what is asked comes as questions of the lane, what is read off the states as targets
(:class:`handeye.suite.Probed`). Only ``capture`` and ``clips`` import torch (``handeye[states]``).
"""
