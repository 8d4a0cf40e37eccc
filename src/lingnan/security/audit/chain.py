"""How a record becomes bytes, and how the chain is computed. Pure, but for the keyed digests."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from .models import Block, Entry

START = b"\x00" * 32

_FIELDS = (
    "id",
    "at",
    "act",
    "object_kind",
    "object_id",
    "outcome",
    "actor_kind",
    "actor_id",
    "actor_name",
    "agency_id",
    "region_path",
    "principal_kind",
    "principal_id",
    "principal_name",
    "mandate_id",
    "session_id",
    "address",
    "facts",
)


def plain(value: object) -> object:
    """A value as JSON that survives a round trip through jsonb unchanged.

    Floats become text: the database may write 1e3 as 1000, which would look like tampering.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | UUID | Decimal | float):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(plain(str(key))): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def entry_bytes(entry: Entry) -> bytes:
    """What the MAC of an entry covers: every column but the MAC, its key's id and the chain."""
    values = {name: plain(getattr(entry, name)) for name in _FIELDS}
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link_bytes(*, previous: bytes, seq: int, entry: Entry) -> bytes:
    """What the chain hash of an entry covers."""
    return previous + seq.to_bytes(8, "big") + entry.id.bytes + bytes(entry.mac)


def block_bytes(block: Block) -> bytes:
    """What the MAC of a block covers."""
    numbers = (block.number, block.first_seq, block.last_seq)
    packed = b"".join(number.to_bytes(8, "big") for number in numbers)
    instant = block.sealed_at.astimezone(UTC).isoformat().encode()
    return packed + bytes(block.previous_head) + bytes(block.head) + instant
