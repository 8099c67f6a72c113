"""Turning a laid-out report into one self-contained HTML file.

Everything a model, a data set or a file name says is untrusted: templates escape by default, data
for scripts is JSON with ``<``, ``>``, ``&`` written as escapes, and the page's own policy forbids
every request and every script but the one it was made with. As on a terminal, control characters
and marks that turn the direction of writing are left out: a name could turn figures round.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from handeye import __version__
from handeye.atomic import write_outputs
from handeye.pages.charts.charts import swatch
from handeye.printing import plain

SHEETS = ("report.css", "diagnosis.css")
_JSON_ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("handeye.pages")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["swatch"] = swatch
    return environment


def script_json(value: object) -> Markup:
    """``value`` as JSON that can stand inside a ``<script>`` element, whatever its strings hold."""
    return Markup(json.dumps(_plain(value), ensure_ascii=False).translate(_JSON_ESCAPES))


def _plain(value: object) -> object:
    # Here, since in JSON control characters are escapes, which come back where it is read.
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {_plain(name): _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def render(package: str, page: str, context: Mapping[str, Any], sheets: Sequence[str] = ()) -> str:
    """A laid-out page.

    Args:
        package: whose ``templates`` folder holds the page, the package of the suite; the
            frame's own templates stand behind it.
        page: the template.
        context: what the template reads.
        sheets: style sheets of its own, after the frame's.
    """
    environment = _environment(package)
    assert environment.loader is not None
    style = "".join(
        environment.loader.get_source(environment, name)[0] for name in (*SHEETS, *sheets)
    )
    script = environment.loader.get_source(environment, "report.js")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    laid_out = environment.get_template(page).render(
        **context,
        style=Markup(style),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
        version=__version__,
    )
    return plain(laid_out)  # the whole, so that no chart and no template can forget it


def write(out: Path, page: str, beside: Mapping[Path, bytes] | None = None) -> Path:
    """Write the page in one step, so that no half of it is ever seen.

    Args:
        out: the HTML file.
        page: its text.
        beside: other files that are asked for: all are written, or none.

    Raises:
        OptionError: ``out`` is a folder, something else than an earlier page, or cannot be written;
            or one of the others.
    """
    # Lone surrogates can come in through broken answers; they have no UTF-8 form.
    write_outputs({out: page.encode("utf-8", "replace"), **(beside or {})})
    return out
