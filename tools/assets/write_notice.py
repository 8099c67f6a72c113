"""Write NOTICE from the credits in handeye.assets.

python tools/assets/write_notice.py
"""

from __future__ import annotations

from pathlib import Path

from handeye import assets

if __name__ == "__main__":
    (Path(__file__).parents[2] / "NOTICE").write_text(assets.notice(), encoding="utf-8")
