"""Perception Stress Test: does a model trust its eyes or the words?"""
