"""``handeye/motion``: looks at the frames of a clip, and nothing else.

``features`` measures what is where, what moves and which way; ``model`` holds what these measures
are for each kind of event and decides; ``fitted.json`` has its numbers, made by ``film_looks`` and
``fitting``. Nothing here knows Inspect, a set, or a clip's record.
"""
