"""What a way to the outside must do."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message ready to go out. `key` is the same each time it is tried."""

    key: str
    address: str
    title: str
    text: str


class Rejected(Exception):
    """The gateway answered, and will never take this parcel (unknown number, blocked)."""


class Gateway(Protocol):
    """A gateway takes a parcel at least once; with the same key it should send once."""

    def deliver(self, parcel: Parcel) -> str:
        """Hand a parcel over and return the gateway's reference.

        Raises: ChannelUnavailable (tried again), Rejected (never tried again).
        """
        ...
