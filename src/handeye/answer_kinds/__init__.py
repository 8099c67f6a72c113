"""Kinds of answers that questions ask for: read by a strict grammar, else leniently, and scored.

Knows texts, and calls of tools, alone: no item, no model. Every kind has ``read``, which gives a
:class:`~handeye.answer_kinds.reading.Reading` or None where the text says nothing that can be told,
and ``score``, 1 or 0. A reading says whether the text was written as it was asked for, so that
lenient ones can be counted apart. What cannot be read is a class of its own, never a guess. Where
places are named, over a run it can be told by which other convention answers are right
(:mod:`handeye.answer_kinds.conventions`); it is counted apart, too.
"""
