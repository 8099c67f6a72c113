"""What answers as a model of our own has in common; who there is stands in the suites.

A respondent takes a conversation and gives a reply: some look, some guess, some know the gold and
have faults planted. ``local`` runs open models on this machine.
"""
