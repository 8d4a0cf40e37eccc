"""Entering agencies, finding who is responsible, and the demo set."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lingnan.kernel.actors import ANONYMOUS, SYSTEM
from lingnan.kernel.errors import Forbidden, Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries, race
from lingnan.standards.agencies import errors, queries, services
from lingnan.standards.agencies.demo_codes import demo_uscc, is_demo_uscc
from lingnan.standards.agencies.models import Agency
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.agencies.types import MANAGE_AGENCIES, AgencyKind, NewAgency, NewPost
from lingnan.standards.calendar.testing import make_steward
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import uscc
from lingnan.standards.regions.errors import NoSuchRegion
from lingnan.standards.regions.testing import make_region, make_small_tree

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def new_agency(**changes: Any) -> NewAgency:
    plain = NewAgency(
        uscc=demo_uscc(number="27", org_class="1", region_code="440106000000"),
        name="广州市天河区市场监督管理局",
        short_name="天河区市场监管局",
        name_en="Tianhe District Market Supervision Bureau, Guangzhou",
        kind="market_supervision",
        region_code="440106000000",
        posts=(NewPost(code="head", title="局长", title_en="Head"),),
    )
    return replace(plain, **changes)


@pytest.mark.django_db
def test_an_agency_is_entered_with_its_posts() -> None:
    make_region("440106000000")
    made = services.register_agency(actor=SYSTEM, new=new_agency(), at=AT)
    assert made.region_path == "440000000000/440100000000/440106000000/"
    assert made.level == 3
    assert [post.code for post in queries.posts(made.id)] == ["head"]
    assert queries.agency(made.id) == queries.agency_by_uscc(made.uscc) == made
    event = OutboxEvent.objects.get(name="agencies.registered")
    assert event.payload["agency_ids"] == [str(made.id)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"uscc": "11440106DEM270001"}, CodeMalformed),
        ({"uscc": "91440300708461136U"}, CodeMalformed),
        ({"name": " "}, errors.AgencyMalformed),
        ({"kind": "witchcraft"}, errors.AgencyMalformed),
        ({"region_code": "449999000000"}, NoSuchRegion),
        ({"parent_uscc": "91440300708461136T"}, errors.NoSuchAgency),
    ],
)
def test_a_wrong_agency_is_refused(changes: dict[str, str], refusal: type[Refusal]) -> None:
    make_region("440106000000")
    with pytest.raises(refusal):
        services.register_agency(actor=SYSTEM, new=new_agency(**changes), at=AT)
    assert not Agency.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_one_code_and_one_kind_per_division() -> None:
    make_agency("market_supervision", "440106000000")
    with pytest.raises(errors.UsccTaken):
        services.register_agency(actor=SYSTEM, new=new_agency(kind="tax"), at=AT)
    other = demo_uscc(number="99", org_class="1", region_code="440106000000")
    with pytest.raises(errors.KindTaken):
        services.register_agency(actor=SYSTEM, new=new_agency(uscc=other), at=AT)


@pytest.mark.django_db
def test_several_are_entered_together_or_not_at_all() -> None:
    make_region("440106000000")
    wrong = new_agency(uscc="91440300708461136U", kind="tax")
    with pytest.raises(CodeMalformed):
        services.register_agencies(actor=SYSTEM, new=[new_agency(), wrong], at=AT)
    assert not Agency.objects.exists()


@pytest.mark.django_db
def test_only_who_reaches_the_division_enters_an_agency() -> None:
    make_region("440106000000")
    for actor in (ANONYMOUS, make_steward(MANAGE_AGENCIES, "440000000000/440300000000/")):
        with pytest.raises(Forbidden):
            services.register_agency(actor=actor, new=new_agency(), at=AT)
    guangzhou = make_steward(MANAGE_AGENCIES, "440000000000/440100000000/")
    services.register_agency(actor=guangzhou, new=new_agency(), at=AT)


@pytest.mark.django_db(transaction=True)
def test_two_who_enter_one_agency_at_once_enter_it_once() -> None:
    make_region("440106000000")

    def enter() -> object:
        return services.register_agency(actor=SYSTEM, new=new_agency(), at=AT)

    answers = race([enter, enter])
    assert Agency.objects.count() == 1
    assert sum(isinstance(answer, errors.UsccTaken) for answer in answers) == 1


@pytest.mark.django_db
def test_the_responsible_agency_is_the_nearest_up_the_tree() -> None:
    tree = make_small_tree()
    city = make_agency("fire", "440100000000")
    district = make_agency("fire", "440106000000")
    province = make_agency("fire", "440000000000")
    street = tree["440106004000"]
    for place in (street, street.code, street.path):
        with max_queries(2):  # the tables' revisions and the agency
            assert queries.agency_of_kind("fire", place) == district
        with max_queries(1):
            assert queries.agency_of_kind("fire", place) == district
    assert queries.agency_of_kind(AgencyKind.FIRE, "440100000000") == city
    assert queries.agency_of_kind("fire", "441900003000") == province
    with pytest.raises(errors.NoAgencyOfKind):
        queries.agency_of_kind("tax", street)


@pytest.mark.django_db
def test_a_closed_agency_is_not_responsible_but_keeps_its_name() -> None:
    made = make_agency("fire", "440106000000")
    Agency.objects.filter(pk=made.id).update(closed_on=AT.date())
    with pytest.raises(errors.NoAgencyOfKind):
        queries.agency_of_kind("fire", "440106000000")
    assert queries.agency(made.id).name == made.name
    assert queries.list_agencies().items == []


def test_a_demo_code_is_valid_and_says_that_it_is_one() -> None:
    code = demo_uscc(number="27", org_class="1", region_code="440106000000")
    assert uscc.parse(code).warnings == ()
    assert code.startswith("11440106DEM27000")
    assert is_demo_uscc(code)
    assert not is_demo_uscc("11370800MB28559184")
    hengqin = demo_uscc(number="27", org_class="1", region_code="4404F1000000")
    assert uscc.is_valid(hengqin)
    assert hengqin != demo_uscc(number="27", org_class="1", region_code="440400000000")
