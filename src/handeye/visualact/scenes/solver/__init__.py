"""The check that clips can be solved: from the frames of a clip to what ought to be done.

Fitted on films of the generator's own catalogue (never on those of a set), so it proves something
about generated clips and is no model of anything else: ``verify`` asks it about every clip, and
``handeye/motion`` gives its answers in the place of a model's.

``features`` measures what is where, what moves and which way; ``model`` holds what these measures
are for each kind of event and decides; ``fitted.json`` has its numbers, made by ``looks`` and
``fitting``. Nothing here knows a set or a clip's row.
"""
