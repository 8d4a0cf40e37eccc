"""Holding a seal while it is used: whoever suspends or destroys it waits, other uses do not."""

from django.db import connection

from ..models import Seal


def hold_seal(seal: Seal) -> Seal:
    """The seal as it stands now, kept from changing until the transaction ends. One query, or two.

    A shared row lock: licences under one seal are issued side by side, and a suspension comes
    before or after a use, never during it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM licences_seal WHERE id = %s FOR SHARE", [seal.pk])
        row = cursor.fetchone()
    if row is not None and row[0] != seal.state:
        seal.refresh_from_db()
    return seal
