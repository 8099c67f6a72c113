"""What a model holds inside, taken while it answers, and where that is lost on the way out.

    store.py      states on the disk: parts, index, record; ``States`` is what all readers take
    capture.py    a local model's forward pass -> the store

Needs ``handeye[states]``. Knows no suite: what is asked comes as questions of the lane, what is
read off the states as targets (:class:`handeye.suite.Probed`). Only ``capture`` and ``causal`` import torch.
"""
