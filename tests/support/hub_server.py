"""A small Hub on this machine: data sets from folders, by the addresses that the client asks."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class HubServer(ThreadingHTTPServer):
    """Serves ``sets``, name to folder; ``commit`` is what every branch of them points to."""

    def __init__(self, sets: Mapping[str, Path], commit: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sets, self.commit = sets, commit

    def environment(self, home: Path) -> dict[str, str]:
        """Of a process whose client asks here and keeps its cache in ``home``."""
        about = {"HF_ENDPOINT": f"http://127.0.0.1:{self.server_port}", "HF_HOME": str(home)}
        return {**os.environ, **about, "HF_HUB_DISABLE_TELEMETRY": "1"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_GET  # noqa: N815

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        for name, root in self.server.sets.items():
            api, file = f"/api/datasets/{name}/", f"/datasets/{name}/resolve/"
            if path.startswith(api):
                return self._send(200, json.dumps(self._listing(path, root)).encode())
            if path.startswith(file):
                _, _, inside = path.removeprefix(file).partition("/")
                return self._send(200, (root / inside).read_bytes())
        return self._send(404, b"{}")

    def _listing(self, path: str, root: Path) -> object:
        files = [one for one in sorted(root.rglob("*")) if one.is_file()]
        names = [one.relative_to(root).as_posix() for one in files]
        if "/tree/" in path:
            return [
                {"type": "file", "path": name, "size": one.stat().st_size, "oid": _sha1(one)}
                for name, one in zip(names, files, strict=True)
            ]
        about = {"id": "/".join(path.split("/")[3:5]), "sha": self.server.commit}
        return about | {"siblings": [{"rfilename": name} for name in names]}

    def _send(self, code: int, data: bytes) -> None:
        self.send_response(code)
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.server.commit)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)


def _sha1(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()


@contextmanager
def serving(sets: Mapping[str, Path], commit: str = "b" * 40) -> Iterator[HubServer]:
    """A Hub with these data sets, in a thread."""
    with HubServer(sets, commit) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
