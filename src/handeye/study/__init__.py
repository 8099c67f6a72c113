"""Human baseline: people answer the items of a ROSE set in a small local web page.

    plan.py        which items, in which order
    wording.py     the question as a person reads it
    replies.py     clicks and numbers -> the answer text that a model would have written
    practice.py    a few easy items of our own with feedback
    store.py       the study file (SQLite)
    session.py     what a person sees next, what an answer does
    guard.py app.py serve.py   the web side
    export.py agreement.py     prediction files; agreement between people and the human row
    static/        the pages

Knows the rose suite, and nothing of models, runs and reports.
"""
