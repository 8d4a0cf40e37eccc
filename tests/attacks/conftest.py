"""The world is made once for all tests of this folder, and rolled back after them."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from lingnan.standards.calendar.testing import fresh_calendar

from .base import NASTY, World
from .world import make_world


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), fresh_calendar(), quick, transaction.atomic():
        yield make_world(NASTY)
        transaction.set_rollback(True)
