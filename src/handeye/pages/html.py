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
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from handeye import __version__
from handeye.atomic import PAGE_OF_OURS, TEMPORARY, held, write_outputs
from handeye.errors import OptionError, refusal
from handeye.pages.charts.charts import swatch
from handeye.printing import plain
from handeye.progress import told

SHEETS = ("report.css", "diagnosis.css")
PAGE = 48
"""Cards in one file of a page of many files."""
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
    environment.filters["exact"] = lambda value: "" if value is None else f"{value:.6g}"
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


def fragment(package: str, template: str, context: Mapping[str, Any]) -> Markup:
    """A laid-out piece of a page, of a template of a package."""
    found = _environment(package).get_template(template)
    return Markup(found.render(**{"paged": False, **context}, sections=[]))


def sheet(package: str, name: str) -> str:
    """A style sheet of a package, as text."""
    environment = _environment(package)
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def render(
    package: str,
    page: str,
    context: Mapping[str, Any],
    sheets: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> str:
    """A laid-out page.

    Args:
        package: whose ``templates`` folder holds the page, the package of the suite; the
            frame's own templates stand behind it.
        page: the template.
        context: what the template reads.
        sheets: style sheets of its own, after the frame's.
        styles: further ones as text, after those.
    """
    environment = _environment(package)
    assert environment.loader is not None
    style = "".join((*(sheet(package, name) for name in (*SHEETS, *sheets)), *styles))
    script = environment.loader.get_source(environment, "report.js")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    laid_out = environment.get_template(page).render(
        **{"paged": False, **context},
        sections=[],
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


# ---- a page of many files


@contextmanager
def page_folder(out: Path) -> Iterator[Path]:
    """A hidden folder beside ``out`` to make a page of many files in; it takes its name at the end.

    Raises:
        OptionError: ``out`` is there and no such page, or cannot be written.
    """
    index = out / "index.html"
    theirs = out.exists() and not (index.is_file() and PAGE_OF_OURS in index.read_bytes()[:4000])
    if theirs and not (out.is_dir() and not any(out.iterdir())):
        raise OptionError(f"{out}: holds something else; give the name of a new folder")
    new, old = (out.with_name(f".{out.name}.{end}{TEMPORARY}") for end in ("new", "old"))
    try:
        with held(out, file=True):
            for left in (new, old):  # by one who was killed
                shutil.rmtree(left, ignore_errors=True)
            new.mkdir(parents=True)
            yield new
            if out.exists():
                out.replace(old)
            new.replace(out)
    except OSError as error:
        raise OptionError(f"{out}: the report could not be written: {refusal(error)}") from None
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def write_items(
    folder: Path,
    package: str,
    gallery: Any,
    several: bool,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the cards of a gallery as scripts that the page loads when it shows them.

    ``items/index.js`` tells what the filters look at, ``items/0.js`` and so on hold the cards as
    HTML, :data:`PAGE` each. They call the function that the page's script gives; scripts load from
    a disk, where nothing else may.

    Args:
        folder: of the page.
        package: whose template draws the cards.
        gallery: of the page (:class:`handeye.pages.frame.Gallery`).
        several: whether the page has several runs.
        progress: as in :func:`handeye.pages.frame.write_page`.
    """
    items = folder / "items"
    items.mkdir()
    module = (
        _environment(package)
        .get_template("entry.html.j2")
        .make_module({"gallery": gallery, "several": several})
    )
    draw: Any = module.entry  # type: ignore[attr-defined]
    names = list(gallery.entries[0].values) if gallery.entries else []
    rows = [[e.key, e.find, *(e.values[name] for name in names)] for e in gallery.entries]
    index = script_json({"page": PAGE, "names": names, "rows": rows})
    (items / "index.js").write_text(f'handeye("index",{index});', "utf-8", "replace")
    drawn = (draw(one) for one in told(gallery.entries, progress, 2, 2))
    for number in range(math.ceil(len(gallery.entries) / PAGE)):
        cards = script_json(list(islice(drawn, PAGE)))
        (items / f"{number}.js").write_text(f"handeye({number},{cards});", "utf-8", "replace")
