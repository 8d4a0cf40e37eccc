"""Contents in a local folder: `<folder>/ab/cd/<digest>`."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ..errors import StoreUnavailable

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class FolderStore:
    """A content is written beside its place, forced to disk, then renamed: all or nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, digest: str, content: bytes) -> None:
        path = self._path(digest)
        try:
            if path.exists() and path.stat().st_size == len(content):
                os.utime(path)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{digest}.{secrets.token_hex(6)}")
            try:
                descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
            self._sync_folders(path.parent)
        except OSError as error:
            raise StoreUnavailable(f"{type(error).__name__}: {error.strerror}") from error

    def open(self, digest: str) -> BinaryIO:
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError:
            raise KeyError(digest) from None
        except OSError as error:
            raise StoreUnavailable(f"{type(error).__name__}: {error.strerror}") from error

    def delete(self, digest: str) -> None:
        self._path(digest).unlink(missing_ok=True)

    def old_digests(self, before: datetime) -> Iterator[str]:
        limit = before.timestamp()
        for path in self.folder.glob("??/??/*"):
            with suppress(FileNotFoundError):
                old = path.stat().st_mtime < limit
                if old and _DIGEST.fullmatch(path.name):
                    yield path.name
                elif old and path.name.startswith("."):  # left by a process that died writing
                    path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("a digest is 64 hexadecimal digits")
        return self.folder / digest[:2] / digest[2:4] / digest

    def _sync_folders(self, folder: Path) -> None:
        """Without this a crash could lose the name though it kept the bytes."""
        for path in (folder, folder.parent, self.folder):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
