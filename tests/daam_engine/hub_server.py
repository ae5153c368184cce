"""A hub on this machine: one model, every name of it, at one commit."""

from __future__ import annotations

import json
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef" * 2 + "01234567"


class HubServer(ThreadingHTTPServer):
    """Serves the files of `folder` as huggingface_hub asks for them; `fetched` are their names."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.folder = folder
        self.fetched: set[str] = set()

    def content(self, path: str) -> bytes | None:
        """What lies under a URL's path; None where nothing does, such as another revision."""
        place, _, file = path.partition(f"/resolve/{COMMIT}/")
        if file:
            return self._file(file)
        if not place.startswith("/api/models/"):
            return None
        if f"/tree/{COMMIT}" in place:
            return json.dumps([self._entry(name) for name in self._names()]).encode()
        if "/revision/" in place and not place.endswith((COMMIT, "/main")):
            return None
        files = [{"rfilename": name} for name in self._names()]
        return json.dumps({"id": "any/model", "sha": COMMIT, "siblings": files}).encode()

    def _names(self) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in files)

    def _entry(self, name: str) -> dict[str, object]:
        size = (self.folder / name).stat().st_size
        return {"type": "file", "path": name, "size": size, "oid": "0" * 40}

    def _file(self, name: str) -> bytes | None:
        if name not in self._names():
            return None
        self.fetched.add(name)
        return (self.folder / name).read_bytes()


class _Answer(BaseHTTPRequestHandler):
    server: HubServer

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        content = self.server.content(urlsplit(self.path).path)
        self.send_response(404 if content is None else 200)
        if content is None:
            is_file = "/resolve/" in self.path
            self.send_header("X-Error-Code", "EntryNotFound" if is_file else "RevisionNotFound")
            content = b""
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if with_body:
            self.wfile.write(content)
