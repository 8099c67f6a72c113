"""What a model holds inside, taken while it answers, and where that is lost on the way out.

Taking and keeping:

    wanted.py     layers and sites, as they are asked for
    capture.py    a local model's forward pass -> the store
    clips.py      the check that a clip looks the same under all its questions
    parts.py      the format on the disk: record, header of a part, index
    store.py      parts written and read; ``States`` is what all readers take
    targets.py    what is asked of states

Reading:

    solver.py     many logistic regressions at once
    folds.py      folds of whole groups, nested
    search.py     what inner folds choose, of layers and strengths; the null
    probes.py     what a linear reader tells, held out
    figures.py    areas, their intervals, calibration
    controls.py   what else could tell it, and alarms
    texts.py      what words, format and letters tell
    cells.py      which cells of a grid are right, read with the cell as a query
    acting.py     of failed answers, how many whose right cells were held

From seen to said:

    premises.py   premises as readers take them: letters by role, S, answers
    readers.py    nested readers
    chain.py      where on the way it is lost
    measures.py   selective prediction, knowing and saying, words followed; measures of others
    planted.py    states of known truth

From knowing to saying:

    cases.py      questions with their letters by role, and how well they are answered
    pgla.py       the published adjustment of letters by a probe
    adjuster.py   ours
    gates.py      how far its gate may be opened: learn then test
    ablations.py  what it is worth, and what else could stand in its probe's place

Whether it is used:

    leace.py      linear erasure
    edits.py      states patched, steered and erased while the model runs
    rerun.py      questions answered again with changed states
    effects.py    what changes did, beside their controls
    causal.py     all of it

What was found:

    analysis.py   everything that is made of captured states at once
    results.py    kept beside them, and read back
    tables.py     said as tables
    charts.py     drawn
    page.py       a page
    protocol.py   a fixed measurement, for some hours of a model

Knows no suite: what is asked comes as questions of the lane, what is read off the states as targets
(:class:`handeye.suite.Probed`). Only ``capture``, ``clips``, ``edits`` and ``rerun`` import torch.
"""
