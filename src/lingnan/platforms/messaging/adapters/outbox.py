"""The outbox folder: where messages go while there is no gateway, one JSON file each.

For development and the demo; the pages that show it say that nothing left the machine.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lingnan.kernel import clock

from ..errors import ChannelUnavailable
from .base import Parcel

_NAME = re.compile(r"[0-9a-f-]{36}-(?:sms|email)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One message in the folder."""

    channel: str
    address: str
    title: str
    text: str
    written_at: datetime


class OutboxGateway:
    """Writes each parcel into a file named by its key, so that trying again writes once."""

    def __init__(self, folder: Path, channel: str) -> None:
        self.folder = folder
        self.channel = channel

    def deliver(self, parcel: Parcel) -> str:
        if not _NAME.fullmatch(parcel.key):
            raise ValueError("a parcel's key is a message id and a channel")
        path = self.folder / f"{parcel.key}.json"
        body = {
            "channel": self.channel,
            "address": parcel.address,
            "title": parcel.title,
            "text": parcel.text,
            "written_at": clock.now().isoformat(),
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(body, ensure_ascii=False))
            fresh.replace(path)
        except OSError as error:
            raise ChannelUnavailable(str(error.strerror)) from error
        return f"outbox:{parcel.key}"


def entries(folder: Path, *, limit: int = 100) -> Iterator[OutboxEntry]:
    """What lies in the folder, newest first. Message ids sort by time, so do the names."""
    for path in sorted(folder.glob("*.json"), reverse=True)[:limit]:
        body = json.loads(path.read_text())
        yield OutboxEntry(
            channel=body["channel"],
            address=body["address"],
            title=body["title"],
            text=body["text"],
            written_at=datetime.fromisoformat(body["written_at"]),
        )
