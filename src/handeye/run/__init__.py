"""The run lane: asks a model every item of a set and keeps each answer the moment it arrives.

Nothing is imported here: ``lane`` pulls in the engine, and ``handeye --help`` must not.
"""
