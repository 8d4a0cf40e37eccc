"""Reference data that ships with the product: loaded once per edition."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from .models import LoadedSeed


def digest_of(paths: Iterable[Path], *, edition: str = "") -> str:
    """One digest over the files' names and contents, in order."""
    digest = hashlib.sha256(edition.encode())
    for path in sorted(paths):
        digest.update(f"\n{path.name}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_loaded(name: str, digest: str) -> bool:
    return LoadedSeed.objects.filter(name=name, digest=digest).exists()


def mark_loaded(name: str, digest: str) -> None:
    """Call in the transaction that loaded it."""
    LoadedSeed.objects.update_or_create(name=name, defaults={"digest": digest})
