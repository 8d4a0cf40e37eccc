"""The whole demo set over the whole province, loaded once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import Count
from pytest_django import DjangoDbBlocker

from lingnan.kernel.testing import max_queries
from lingnan.standards.agencies import demo, queries
from lingnan.standards.agencies.demo_codes import is_demo_uscc
from lingnan.standards.agencies.models import Agency, Post
from lingnan.standards.codes.types import uscc
from lingnan.standards.regions import services as region_services

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        region_services.load_regions()
        demo.load_agencies(at=AT)
        yield
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE regions_region, regions_load, kernel_outboxevent CASCADE")


def test_it_is_there_once() -> None:
    before = Agency.objects.count(), Post.objects.count()
    assert demo.load_agencies(at=AT) == 0
    assert (Agency.objects.count(), Post.objects.count()) == before


def test_every_place_has_its_bureaus() -> None:
    rows = Agency.objects.values_list("kind").annotate(n=Count("id"))
    count = dict(rows)
    for kind in ("market_supervision", "public_security", "traffic_police", "fire", "tax"):
        assert count[kind] == 1 + 21 + 122, kind
    for kind in ("human_resources", "housing", "planning", "environment", "civil_affairs"):
        assert count[kind] == 1 + 21 + 122, kind
    for kind in ("government_service", "health", "transport", "education", "emergency"):
        assert count[kind] == 1 + 21 + 122, kind
    assert count["medical_insurance"] == 144
    assert count["civil_defence"] == 22
    assert 1500 < count["town_service_centre"] < 1700


def test_every_agency_is_named_marked_and_has_a_valid_code() -> None:
    for row in Agency.objects.all():
        assert row.is_demo
        assert is_demo_uscc(row.uscc)
        assert uscc.is_valid(row.uscc), row
        assert row.name_en.isascii(), row.name_en
        assert "{" not in row.name + row.name_en
    assert Agency.objects.values("name").distinct().count() == Agency.objects.count()


def test_every_agency_has_posts_and_a_superior_above() -> None:
    with_posts = Post.objects.values("agency").distinct().count()
    assert with_posts == Agency.objects.count()
    for row in Agency.objects.exclude(parent=None).select_related("parent")[:500]:
        assert row.parent is not None
        assert row.region_path.startswith(row.parent.region_path)
        assert row.parent.level < row.level


def test_names_are_what_such_bodies_are_called() -> None:
    def name(kind: str, code: str) -> str:
        return queries.agency_of_kind(kind, code).name

    assert name("market_supervision", "440106000000") == "广州市天河区市场监督管理局"
    assert name("public_security", "440106000000") == "广州市公安局天河区分局"
    assert name("housing", "441322000000") == "博罗县住房和城乡建设局"
    assert name("traffic_police", "441900003000") == "东莞市公安局交通警察支队"
    assert name("tax", "440000000000") == "国家税务总局广东省税务局"
    english = queries.agency_of_kind("education", "440000000000").name_en
    assert english == "Guangdong Provincial Education Department"


def test_the_directory_is_searched_and_paged() -> None:
    found = queries.list_agencies(text="天河 市场监督").items
    assert [card.short_name for card in found] == ["广州市天河区市场监管局"]
    with max_queries(1):
        first = queries.list_agencies(region_path="440000000000/440300000000/", limit=50)
    second = queries.list_agencies(
        region_path="440000000000/440300000000/", limit=50, cursor=first.next_cursor
    )
    assert len(first.items) == len(second.items) == 50
    assert not {card.id for card in first.items} & {card.id for card in second.items}
    assert first.items[0].level == 2
    assert queries.list_agencies(text="Tianhe", kind="fire").items[0].kind == "fire"
