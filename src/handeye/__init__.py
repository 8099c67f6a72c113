"""handeye: measure, explain and close the perception-to-action gap of multimodal models."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
