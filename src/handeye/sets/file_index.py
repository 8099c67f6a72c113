"""Finding the file that a foreign row names, with or without its folder and ending."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from handeye.errors import DataError, first_ten

VIDEOS = "videos"
VIDEO_ENDINGS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".flv", ".gif")


class FileIndex:
    """The files of one sort in a set: those beside its rows and all below a folder of their own.

    Without that folder those in any folder beside the rows. ``.`` is the root with all below it.

    Args:
        root: of the set.
        folder: of these files, where there is one.
        endings: of their names, in lower case.
    """

    def __init__(
        self, root: Path, folder: str = VIDEOS, endings: Sequence[str] = VIDEO_ENDINGS
    ) -> None:
        self.root = root
        self._folder, self._endings = folder, tuple(endings)
        self._by_path: set[str] = set()
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for file in sorted(self._files()):
            path = PurePosixPath(file.relative_to(root).as_posix())
            self._by_path.add(str(path))
            for name in {path.name, path.stem}:
                self._by_name[name].append(str(path))

    def __len__(self) -> int:
        return len(self._by_path)

    def find(self, name: str) -> str | None:
        """The path inside the set of a file that is named somehow; None if it is not there.

        Raises:
            DataError: the name fits several files.
        """
        parts = [
            part for part in name.strip().replace("\\", "/").split("/") if part not in ("", ".")
        ]
        if not parts or ".." in parts:
            return None
        # The longest tail of the named path that is there: the rest is another machine's folders.
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            for path in (tail, f"{self._folder}/{tail}"):
                hits = [path] if path in self._by_path else self._with_endings(path)
                if hits:
                    return self._only(hits, name)
        hits = self._by_name.get(parts[-1], [])
        return self._only(hits, name) if hits else None

    def _with_endings(self, path: str) -> list[str]:
        return [path + ending for ending in self._endings if path + ending in self._by_path]

    def _files(self) -> Iterator[Path]:
        own = self.root / self._folder
        below = own.rglob("*") if own.is_dir() else self.root.glob("*/*")
        for file in (*self.root.glob("*"), *below):
            if file.suffix.lower() in self._endings and file.is_file():
                yield file

    def _only(self, hits: list[str], name: str) -> str:
        if len(hits) > 1:
            what = self._folder.removesuffix("s").replace(".", "file")
            raise DataError(f"{self.root}: {what} {name!r} could be any of {first_ten(hits)}")
        return hits[0]
