"""The world is made once for all tests of a file, and rolled back after them."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from lingnan.standards.calendar.testing import fresh_calendar

from .world import World, make_world


@pytest.fixture(scope="module")
def world_text() -> str:
    return "演示"


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, world_text: str
) -> Iterator[World]:
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), fresh_calendar(), quick, transaction.atomic():
        yield make_world(world_text)
        transaction.set_rollback(True)
