"""Human baseline: people answer the items of a set in a small local web page.

    plan.py        which items, in which order
    store.py       the study file (SQLite)
    session.py     what a person sees next, what an answer does
    guard.py app.py serve.py   the web side
    export.py agreement.py human_row.py   prediction files; agreement between people, their row
    static/        the pages: boards to click on (grid) and to enter a number (number)

Knows suites through :class:`handeye.suite.AsksPeople` alone, and nothing of models, runs and
reports.
"""
