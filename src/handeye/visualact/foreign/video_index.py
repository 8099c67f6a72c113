"""Finding the video that a foreign file names, with or without its folder and ending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from handeye.errors import DataError, first_ten
from handeye.visualact.foreign.layout_rows import VIDEO_ENDINGS

VIDEOS = "videos"


class VideoIndex:
    """The videos of a set: those beside its file and all below ``videos/``.

    Without a folder ``videos`` those in any folder beside the file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._by_path: set[str] = set()
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for file in sorted(_files(root)):
            path = PurePosixPath(file.relative_to(root).as_posix())
            self._by_path.add(str(path))
            for name in {path.name, path.stem}:
                self._by_name[name].append(str(path))

    def __len__(self) -> int:
        return len(self._by_path)

    def find(self, name: str) -> str | None:
        """The path inside the set of a video that is named somehow; None if it is not there.

        Raises:
            DataError: the name fits several videos.
        """
        parts = [
            part for part in name.strip().replace("\\", "/").split("/") if part not in ("", ".")
        ]
        if not parts or ".." in parts:
            return None
        # The longest tail of the named path that is there: the rest is another machine's folders.
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            for path in (tail, f"{VIDEOS}/{tail}"):
                hits = [path] if path in self._by_path else self._with_endings(path)
                if hits:
                    return _only(hits, name, self.root)
        hits = self._by_name.get(parts[-1], [])
        return _only(hits, name, self.root) if hits else None

    def _with_endings(self, path: str) -> list[str]:
        return [path + ending for ending in VIDEO_ENDINGS if path + ending in self._by_path]


def _files(root: Path) -> Iterator[Path]:
    videos = root / VIDEOS
    below = videos.rglob("*") if videos.is_dir() else root.glob("*/*")
    for file in (*root.glob("*"), *below):
        if file.suffix.lower() in VIDEO_ENDINGS and file.is_file():
            yield file


def _only(hits: list[str], name: str, root: Path) -> str:
    if len(hits) > 1:
        raise DataError(f"{root}: video {name!r} could be any of {first_ten(hits)}")
    return hits[0]
