"""What is held is what the tables say: seen after any change, never what was rolled back."""

from collections.abc import Iterator
from functools import partial

import pytest
from django.db import connection, transaction

from lingnan.kernel import held
from lingnan.kernel.models import LoadedSeed, TableRevision
from lingnan.kernel.testing import max_queries, race

NAME = "kernel_tests"
FORWARD, BACKWARD = held.watching(NAME, "kernel_loadedseed")


@pytest.fixture
def watched(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(FORWARD)
    yield
    with connection.cursor() as cursor:
        cursor.execute(BACKWARD)


class Digests:
    """A reader of seeds that counts how often it had to look."""

    def __init__(self) -> None:
        self.held: held.Held[str, str] = held.Held(NAME)
        self.looked = 0

    def of(self, name: str) -> str:
        def load() -> str:
            self.looked += 1
            return LoadedSeed.objects.values_list("digest", flat=True).get(name=name)

        return self.held.get(name, load)


def seed(name: str, digest: str) -> None:
    LoadedSeed.objects.update_or_create(name=name, defaults={"digest": digest})


def test_unchanged_tables_are_not_read_again(watched: None) -> None:
    seed("a", "one")
    digests = Digests()
    assert digests.of("a") == "one"
    with max_queries(1):
        assert digests.of("a") == "one"
    with max_queries(1), held.moment():
        assert [digests.of("a") for _ in range(5)] == ["one"] * 5
    assert digests.looked == 1


def test_a_change_is_seen_by_whatever_way_it_was_made(watched: None) -> None:
    seed("a", "one")
    digests = Digests()
    assert digests.of("a") == "one"
    seed("a", "two")
    assert digests.of("a") == "two"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_loadedseed SET digest = 'three'")
    assert digests.of("a") == "three"
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE kernel_loadedseed")
    with pytest.raises(LoadedSeed.DoesNotExist):
        digests.of("a")


def test_what_was_rolled_back_is_forgotten(watched: None) -> None:
    seed("a", "one")
    digests = Digests()
    with pytest.raises(RuntimeError), transaction.atomic():
        seed("a", "never")
        assert digests.of("a") == "never"
        raise RuntimeError
    assert digests.of("a") == "one"
    seed("a", "two")
    assert digests.of("a") == "two"


def test_a_set_never_written_is_not_held(watched: None) -> None:
    LoadedSeed.objects.create(name="a", digest="one")
    TableRevision.objects.filter(name=NAME).delete()
    digests = Digests()
    digests.of("a")
    digests.of("a")
    assert digests.looked == 2


def test_a_miss_is_not_held(watched: None) -> None:
    seed("other", "x")
    digests = Digests()
    with pytest.raises(LoadedSeed.DoesNotExist):
        digests.of("a")
    seed("a", "one")
    assert digests.of("a") == "one"


def test_the_limit_holds(watched: None) -> None:
    for number in range(5):
        seed(str(number), str(number))
    values: held.Held[int, str] = held.Held(NAME, limit=2)
    for number in range(5):
        assert values.get(number, partial(str, number)) == str(number)
    assert len(values._values) <= 2


def test_readers_beside_a_writer_end_with_what_was_written(watched: None) -> None:
    seed("a", "0")
    digests = Digests()

    def write() -> str:
        for number in range(1, 20):
            seed("a", str(number))
        return "written"

    def read() -> str:
        for _ in range(30):
            digests.of("a")
        return "read"

    race([write, read, read])
    assert digests.of("a") == "19"
