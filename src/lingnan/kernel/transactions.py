"""One write is one transaction, and costs no more statements than that needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

_goes_back_whole: ContextVar[bool] = ContextVar("goes_back_whole", default=False)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """`transaction.atomic()` for a service, without a savepoint where its caller needs none.

    Inside a request that goes back as a whole when it is refused (`goes_back_whole`) the two
    statements of a savepoint are spared: a refusal then takes everything with it.
    """
    with transaction.atomic(savepoint=not _goes_back_whole.get()):
        yield


@contextmanager
def goes_back_whole() -> Iterator[None]:
    """A transaction whose refused work takes all of it back; `transaction.get_rollback` says so."""
    with transaction.atomic():
        token = _goes_back_whole.set(True)
        try:
            yield
        finally:
            _goes_back_whole.reset(token)
