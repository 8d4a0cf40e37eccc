"""The head of the chain, kept outside the database: one line per block in a file.

Whoever cuts off the end of the table must also cut the file; put `var/audit` on another machine
or on media that only append. A line lost to a crash between commit and write is no harm: the
next line covers what came before it.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from .models import Block


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line: the chain stood at `seq` with this head."""

    block: int
    seq: int
    head: bytes


def path() -> Path:
    """The anchor file of the connected database."""
    return Path(settings.LINGNAN.var_dir) / "audit" / f"{connection.settings_dict['NAME']}.anchor"


def append(block: Block) -> None:
    """Add the head of a committed block."""
    line = json.dumps(
        {
            "block": block.number,
            "seq": block.last_seq,
            "head": bytes(block.head).hex(),
            "sealed_at": block.sealed_at.isoformat(),
        }
    )
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read() -> tuple[list[Anchor], int]:
    """Every readable line, and how many lines could not be read."""
    target = path()
    if not target.exists():
        return [], 0
    anchors, broken = [], 0
    for line in target.read_text(encoding="utf-8").splitlines():
        try:
            parsed = json.loads(line)
            anchors.append(Anchor(parsed["block"], parsed["seq"], bytes.fromhex(parsed["head"])))
        except (ValueError, KeyError, TypeError):
            broken += 1
    return anchors, broken
