"""Source ``glyph``: two look-alike Chinese characters of one face, black on white.

The bundled table (``assets/pairs/glyph.tsv``) is mined from drawings and disjoint from the pairs of
the official set. A pair is shown only in faces in which it is verified: both characters drawn,
neither the "missing" sign, pictures different.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from handeye import assets
from handeye.errors import AssetError
from handeye.rose.scenes.sources.base import Art, Band, Pair, check_cell_size
from handeye.rose.scenes.sources.order import choose, within
from handeye.rose.scenes.sources.similarity import MEASURE_SIZE, similarity
from handeye.rose.scenes.sources.typeface import Typeface, font_size_for

# Words for a similarity, as rows carry it. The release says "unknown" for most of its pairs; ours
# are measured. The bounds are the terciles of the bundled table, rounded.
LEVELS = (("high", 0.75), ("medium", 0.60), ("low", 0.0))
_SERIF = ("min", "sung", "song", "kai", "fang", "serif", "simsun", "ming")
_BOLD = ("bold", "heavy", "black", "bd")
_CREDITS = {"NotoSans": "noto-sans-cjk", "NotoSerif": "noto-serif-cjk", "WenQuanYi": "wqy-microhei"}


class _Variant(NamedTuple):
    """One way to show a pair: which character is the majority, in which face."""

    majority: str
    target: str
    face: str
    group: str
    pair: tuple[str, str]
    similarity: float


def level(score: float) -> str:
    """The word for a similarity in 0..1 (:data:`LEVELS`)."""
    return next(word for word, bound in LEVELS if score >= bound)


def pair_key(a: str, b: str) -> str:
    """Both characters in code-point order, as the release's ``undirected_pair_key``."""
    return "__".join(sorted((a, b)))


def measure(face: Typeface, a: str, b: str) -> float:
    """Similarity of two strings in one face, on tiles of the measuring size."""
    size = font_size_for(a if len(a) > len(b) else b, MEASURE_SIZE)
    return similarity(face.draw(a, MEASURE_SIZE, size), face.draw(b, MEASURE_SIZE, size))


class GlyphSource:
    """Look-alike characters; ``faces`` replaces the bundled faces by the user's.

    Raises:
        AssetError: a face of the user lacks a character of the table.
    """

    name = "glyph"

    def __init__(self, faces: Sequence[Typeface] | None = None) -> None:
        self._table = assets.table("glyph")
        self._own = faces is not None
        self._faces = (
            {face.name: face for face in faces}
            if faces is not None
            else {name: Typeface(name) for name in assets.faces()}
        )
        self._bands: dict[Band | None, dict[str, list[_Variant]]] = {}
        if faces is not None:
            needed = "".join(dict.fromkeys("".join(r["a"] + r["b"] for r in self._table)))
            for face in faces:
                face.require(needed)

    def _score(self, row: Mapping[str, str], face: str) -> float | None:
        """Similarity of a table row in a face; ``None`` where it is not verified."""
        if not self._own:
            return float(row[face]) if row[face] else None
        score = measure(self._faces[face], row["a"], row["b"])
        return score if score < 1.0 else None

    @cached_property
    def _entries(self) -> dict[str, list[_Variant]]:
        """Every variant of every pair, by pair key; measures a user's faces once."""
        return {
            pair_key(row["a"], row["b"]): [
                _Variant(first, second, face, row["group"], (row["a"], row["b"]), score)
                for face in self._faces
                if (score := self._score(row, face)) is not None
                for first, second in ((row["a"], row["b"]), (row["b"], row["a"]))
            ]
            for row in self._table
        }

    def pair(self, seed: int, index: int, band: Band | None = None) -> Pair:
        """The pair of scene ``index`` (see :class:`~handeye.rose.scenes.sources.base.Source`)."""
        if band not in self._bands:
            self._bands[band] = within(band, self._entries, self.name)
        return self._as_pair(choose(seed, self.name, index, self._bands[band]))

    def official_pair(self, row: Mapping[str, Any]) -> Pair:
        """The authors' two characters in the nearest open face that tells them apart.

        Nearest: the same of serif or sans and of regular or bold by the row's ``font_name``; if
        that face draws both alike or lacks one, the next that does not.

        Raises:
            AssetError: no face shows them as two different pictures.
        """
        majority, target = row["background_char"], row["target_char"]
        wanted = str(row.get("font_name", ""))
        faults = []
        for name in sorted(self._faces, key=lambda face: _distance(face, wanted)):
            face = self._faces[name]
            if gone := face.missing(majority + target):
                named = ", ".join(f"{char} (U+{ord(char):04X})" for char in gone)
                faults.append(f"font {name} has no picture for {named}")
                continue
            score = measure(face, majority, target)
            if score < 1.0:
                source = tuple(row.get("source_pair") or (majority, target))
                group = list(row.get("source_group") or source)
                variant = _Variant(majority, target, name, "", (source[0], source[1]), score)
                return self._as_pair(variant, group, row.get("similarity_level"))
            faults.append(f"font {name} draws both alike")
        raise AssetError(
            f"{majority} and {target} cannot be shown as two pictures: {'; '.join(faults)}; "
            "give a font that tells them apart with --fonts"
        )

    def draw(self, pair: Pair, cell_size: int) -> Art:
        """Both characters at ``floor(0.72 * cell_size)`` pixels, em boxes centred."""
        majority, target, face = pair.recipe
        check_cell_size(cell_size)
        size = font_size_for(majority if len(majority) > len(target) else target, cell_size)
        return Art(
            majority=self._faces[face].draw(majority, cell_size, size),
            target=self._faces[face].draw(target, cell_size, size),
            fields={"font_size": size},
        )

    def _as_pair(
        self, v: _Variant, group: list[str] | None = None, given_level: str | None = None
    ) -> Pair:
        key = pair_key(v.majority, v.target)
        credit = next((c for start, c in _CREDITS.items() if v.face.startswith(start)), None)
        return Pair(
            key=f"{key}@{v.face}",
            similarity=v.similarity,
            fields={
                "background_char": v.majority,
                "target_char": v.target,
                "source_group": group or list(v.group),
                "source_pair": list(v.pair),
                "pair_direction": f"{v.majority}_majority_{v.target}_target",
                "undirected_pair_key": key,
                "font_name": v.face,
                "similarity_level": given_level or level(v.similarity),
                "pair_key": key,
            },
            recipe=(v.majority, v.target, v.face),
            attribution=(credit,) if credit and not self._own else (),
        )


def _distance(face: str, wanted: str) -> tuple[bool, bool, bool, str]:
    """How far a face is from a font name: serif first, then weight, then the project itself."""

    def serif(name: str) -> bool:
        return "sans" not in name.lower() and any(part in name.lower() for part in _SERIF)

    def bold(name: str) -> bool:
        lower = name.lower()
        return any(part in lower for part in _BOLD) or lower in ("dengb", "opposans-b")

    zenhei = "文泉驿" in wanted
    other = face.startswith("WenQuanYi") != zenhei
    return serif(face) != serif(wanted), bold(face) != bold(wanted) and not zenhei, other, face
