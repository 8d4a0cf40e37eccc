"""What a store of contents must do. Keys are digests, so a content never changes under its key."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol


class Store(Protocol):
    """A place for contents. Every method raises StoreUnavailable when the place does not answer."""

    def put(self, digest: str, content: bytes) -> None:
        """Keep a content, durably, before returning; putting it again makes it young again."""
        ...

    def open(self, digest: str) -> BinaryIO:
        """The content as a stream. Raises: KeyError when it is not here."""
        ...

    def delete(self, digest: str) -> None:
        """Forget a content; forgetting what is not here is no error."""
        ...

    def old_digests(self, before: datetime) -> Iterator[str]:
        """Digests of contents last put before an instant."""
        ...
