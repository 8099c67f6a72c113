"""What a model holds inside, taken while it answers, and where that is lost on the way out.

    parts.py      the format on the disk: record, header of a part, index
    store.py      parts written and read; ``States`` is what all readers take
    wanted.py     layers and sites, as they are asked for
    clips.py      the check that a clip looks the same under all its questions
    leace.py      linear erasure
    edits.py      states patched, steered and erased while the model runs
    causal.py     what that does to its answers
    capture.py    a local model's forward pass -> the store
    targets.py    what is asked of states
    cases.py      questions with their letters by role, and how well they are answered
    pgla.py       the published adjustment of letters by a probe
    adjuster.py   ours, with a bound on what it costs
    gates.py      how far its gate may be opened: learn then test
    ablations.py  what it is worth, and what else could stand in its probe's place
    texts.py      what words alone tell
    measures.py   selective prediction, knowing and saying, words followed

Knows no suite: what is asked comes as questions of the lane, what is read off the states as targets
(:class:`handeye.suite.Probed`). Only ``capture``, ``clips`` and ``edits`` import torch.
"""
