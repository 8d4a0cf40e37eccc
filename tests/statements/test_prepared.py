"""A prepared query gives what its query set gives, each time with other values."""

import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from lingnan.kernel import clock
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.prepared import Given, Prepared
from lingnan.kernel.testing import race
from lingnan.platforms.identity.models import Session
from lingnan.platforms.identity.testing import make_person_actor, session_token

pytestmark = pytest.mark.django_db


def test_rows_are_those_of_the_query_set_with_what_comes_along(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    actors = [make_person_actor(), make_person_actor()]
    for actor in actors:
        session_token(actor)
    asked = Prepared(Session.objects.select_related("account").filter(account_id=Given("account")))

    for actor in actors:
        assert actor.account_id is not None
        wanted = Session.objects.select_related("account").get(account_id=actor.account_id)
        with django_assert_num_queries(1):
            found = asked.first(account=actor.account_id)
            assert found is not None
            assert found.account.state == wanted.account.state
        assert not found._state.adding
        for field in Session._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(wanted, field.attname), field.name
        found.save(update_fields=["last_seen_at"])
    assert asked.first(account=uuid4()) is None


def test_one_value_may_stand_in_several_places_beside_fixed_ones() -> None:
    at = clock.now()
    for name, minutes in (("old", -5), ("new", 5), ("odd", 5)):
        OutboxEvent.objects.create(
            name=name, payload={"m": minutes}, occurred_at=at + timedelta(minutes=minutes)
        )
    asked = Prepared(
        OutboxEvent.objects.filter(
            Q(occurred_at__gt=Given("at")) | Q(name="old", occurred_at__lt=Given("at"))
        )
        .exclude(name=Given("without"))
        .order_by("-seq")
    )

    assert [row.name for row in asked.all(at=at, without="odd")] == ["new", "old"]
    assert [row.payload for row in asked.all(at=at, without="old")] == [{"m": 5}, {"m": 5}]
    assert asked.all(at=at + timedelta(hours=1), without="old") == []


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_first_at_once_all_get_the_row(request: pytest.FixtureRequest) -> None:
    actor = make_person_actor()
    session_token(actor)
    interval = sys.getswitchinterval()
    request.addfinalizer(lambda: sys.setswitchinterval(interval))
    sys.setswitchinterval(1e-6)  # they meet within the compiling
    for _time in range(20):
        asked = Prepared(
            Session.objects.select_related("account").filter(account_id=Given("account"))
        )

        def ask(asked: Prepared[Session] = asked) -> object:
            found = asked.first(account=actor.account_id)
            return found and found.account.pk

        assert race([ask] * 6) == [actor.account_id] * 6


def test_a_value_that_is_not_told_is_an_error_and_text_stays_text() -> None:
    OutboxEvent.objects.create(name="kept", payload={}, occurred_at=clock.now())
    asked = Prepared(OutboxEvent.objects.filter(name=Given("name")))
    with pytest.raises(KeyError):
        asked.first()
    assert asked.first(name="' OR 1=1 --") is None
    assert OutboxEvent.objects.filter(name="kept").exists()
