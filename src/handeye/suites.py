"""The register of suites."""

from __future__ import annotations

from pathlib import Path

from handeye.suite import Suite


def suite_of_set(data: str | Path) -> Suite:
    """The suite of a set."""
    from handeye.rose.human.people import RosePeople

    return Suite(name="rose", title="ROSE", people=RosePeople)
