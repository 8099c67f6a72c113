"""A sample of the campaign of bad inputs (benchmarks/bad_inputs.py), another one for every seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parents[1] / "benchmarks" / "bad_inputs.py"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="tries its cases in forked processes")
def test_a_sample_of_the_campaign_is_held() -> None:
    done = subprocess.run(
        [sys.executable, str(CAMPAIGN), "--sample", "40", "--seed", "12"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "40 of 40 held" in done.stdout
