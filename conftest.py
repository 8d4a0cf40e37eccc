"""Set-up every test run shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker

from lingnan.project import translations
from lingnan.standards.calendar.testing import fresh_calendar
from tests import template

PACKAGE = Path(__file__).parent / "src" / "lingnan"


# A property holds or it does not; how long a busy machine takes to see it is not the property.
hypothesis_settings.register_profile("lingnan", deadline=None)
hypothesis_settings.load_profile("lingnan")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and translations.is_stale(PACKAGE):
        translations.compile_all(PACKAGE)
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    # Every officer a test makes has a password; how hard it is to guess is not what is tested.
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 64
    Argon2PasswordHasher.parallelism = 1


@pytest.fixture(scope="session")
def template_name(django_db_modify_db_settings: None) -> str:
    """The migrated database every test database is a copy of."""
    name = template.current_name()
    template.ensure(name)
    connection.settings_dict["TEST"].update(TEMPLATE=name, MIGRATE=False)
    return name


@pytest.fixture(scope="session")
def django_db_createdb(request: pytest.FixtureRequest, template_name: str) -> bool:
    """A database of other migrations is made anew."""
    asked: bool = request.config.getvalue("create_db")
    return asked or not template.is_copy(template.database_name(), template_name)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, template_name: str, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        template.mark_copy(str(connection.settings_dict["NAME"]), template_name)
    template.empty_only_what_is_filled()


@pytest.fixture(autouse=True)
def jobs_of_this_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that commits leaves no job behind: the queue's tables are not Django's to flush."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture(autouse=True)
def calendar_of_this_test() -> Iterator[None]:
    """A year published in one test is not remembered in the next."""
    with fresh_calendar():
        yield
