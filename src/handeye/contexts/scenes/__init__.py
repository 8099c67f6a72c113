"""Scenes that are drawn, with what is right by written rules; a worked example; checks."""
