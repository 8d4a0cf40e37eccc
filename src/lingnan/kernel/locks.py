"""Locks that live as long as the transaction. Take them before row locks, sorted if several."""

from django.db import connection


def hold(name: str, key: object) -> None:
    """Take the advisory lock `name:key`, waiting for whoever holds it."""
    assert connection.in_atomic_block, "a lock needs a transaction"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{name}:{key}"])


def share(name: str, key: object) -> None:
    """Hold the lock `name:key` together with others who share it; `hold` waits for all of them."""
    assert connection.in_atomic_block, "a lock needs a transaction"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [f"{name}:{key}"]
        )


def try_hold(name: str, key: object) -> bool:
    """Take the lock if it is free; say whether it was."""
    assert connection.in_atomic_block, "a lock needs a transaction"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{name}:{key}"]
        )
        row = cursor.fetchone()
    return bool(row and row[0])
