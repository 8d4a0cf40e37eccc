"""Events become facts, in whatever order they come. Plan 七（三）2."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from lingnan.applications.government_services.events import (
    CaseConcluded,
    CaseDecided,
    CaseDelivered,
    CaseRated,
    CaseSubmitted,
    RatingReviewed,
)
from lingnan.kernel import events
from lingnan.kernel.models import OutboxEvent
from lingnan.platforms.licences.events import LicenceIssued, LicenceUsed
from lingnan.standards.regions.testing import make_small_tree

from ..models import CaseFact

AT = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)  # Monday 10:00 in Guangzhou
AGENCY = UUID(int=7)
ITEM = "12441500196720244T3442199806003"
PATH = "440000000000/440100000000/440106000000/"


def submitted(case_id: UUID, **more: Any) -> CaseSubmitted:
    values: dict[str, Any] = {
        "number": f"N{case_id.int % 10**12}",
        "item_code": ITEM,
        "receiving_agency_id": AGENCY,
        "deciding_agency_id": AGENCY,
        "region_path": PATH,
        "applicant_kind": "person",
        "channel": "web",
        "submitted_at": AT,
        "material_count": 3,
        "reused_material_count": 1,
        "prefilled_field_count": 4,
        **more,
    }
    return CaseSubmitted(case_id=case_id, **values)


def decided(case_id: UUID, **more: Any) -> CaseDecided:
    values: dict[str, Any] = {
        "item_code": ITEM,
        "deciding_agency_id": AGENCY,
        "region_path": PATH,
        "outcome": "granted",
        "accepted_at": AT,
        "decided_at": AT + timedelta(days=3),
        "promised_due_on": date(2026, 9, 30),
        "statutory_due_on": date(2026, 10, 20),
        **more,
    }
    return CaseDecided(case_id=case_id, **values)


def concluded(case_id: UUID, **more: Any) -> CaseConcluded:
    values: dict[str, Any] = {
        "item_code": ITEM,
        "receiving_agency_id": AGENCY,
        "deciding_agency_id": AGENCY,
        "region_path": PATH,
        "channel": "web",
        "result": "granted",
        "submitted_at": AT,
        "accepted_at": AT,
        "decided_at": AT + timedelta(days=3),
        "concluded_at": AT + timedelta(days=4),
        "promised_due_on": date(2026, 9, 30),
        "statutory_due_on": date(2026, 10, 20),
        **more,
    }
    return CaseConcluded(case_id=case_id, **values)


def rated(case_id: UUID, level: int = 1) -> CaseRated:
    return CaseRated(
        case_id=case_id,
        item_code=ITEM,
        deciding_agency_id=AGENCY,
        receiving_agency_id=AGENCY,
        region_path=PATH,
        level=level,
        rated_at=AT + timedelta(days=5),
    )


def issued(case_id: UUID) -> LicenceIssued:
    return LicenceIssued(
        licence_id=uuid4(),
        identifier="1.2.156.3005.2",
        type_code="T",
        holder_kind="person",
        holder_id=uuid4(),
        agency_id=AGENCY,
        region_path=PATH,
        subject_kind="case",
        subject_id=case_id,
        issued_at=AT + timedelta(days=4),
        supersedes_id=None,
    )


def tell(*happened: events.Event) -> None:
    with transaction.atomic():
        for event in happened:
            events.publish(event)
    while events.deliver_pending():
        pass


def known(case_id: UUID) -> dict[str, Any]:
    fact = CaseFact.objects.get(pk=case_id)
    return {field.name: getattr(fact, field.name) for field in CaseFact._meta.get_fields()}


@pytest.mark.django_db
def test_a_case_is_known_from_receipt_to_rating() -> None:
    make_small_tree()
    case_id = uuid4()
    tell(submitted(case_id), decided(case_id), concluded(case_id), rated(case_id, 2))
    fact = CaseFact.objects.get(pk=case_id)
    assert (fact.city, fact.county) == ("440100000000", "440106000000")
    assert fact.submitted_on == date(2026, 9, 21) and fact.concluded_on == date(2026, 9, 25)
    # Mon 21 to Thu 24 September 2026: three working days.
    assert fact.workdays_used == 3
    assert (fact.materials, fact.reused_materials, fact.prefilled_fields) == (3, 1, 4)
    assert (fact.result, fact.rating, fact.is_rating_excluded) == ("granted", 2, False)


@pytest.mark.django_db
def test_the_order_of_events_does_not_matter() -> None:
    make_small_tree()
    outcomes = []
    makers: tuple[Callable[[UUID], events.Event], ...] = (submitted, decided, concluded, rated)
    for order in permutations(makers):
        case_id = uuid4()
        tell(*(make(case_id) for make in order))
        fact = known(case_id)
        del fact["case_id"], fact["number"]
        outcomes.append(fact)
    assert all(outcome == outcomes[0] for outcome in outcomes)


@pytest.mark.django_db
def test_a_licence_may_come_before_its_case() -> None:
    make_small_tree()
    case_id = uuid4()
    tell(issued(case_id))
    tell(submitted(case_id))
    fact = CaseFact.objects.get(pk=case_id)
    assert (fact.licence_issued_on, fact.item_code) == (date(2026, 9, 25), ITEM)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "visits"), [("pickup", 1), ("electronic", 0), ("mail", 0)])
def test_fetching_the_result_is_a_visit(method: str, visits: int) -> None:
    make_small_tree()
    case_id = uuid4()
    handed = CaseDelivered(case_id=case_id, method=method, delivered_at=AT)
    tell(submitted(case_id), handed)
    assert CaseFact.objects.get(pk=case_id).visits == visits


@pytest.mark.django_db
def test_each_use_of_a_licence_counts_once_however_often_it_is_delivered() -> None:
    make_small_tree()
    case_id = uuid4()
    used = LicenceUsed(licence_id=uuid4(), use_id=uuid4(), purpose="x", case_id=case_id, used_at=AT)
    tell(submitted(case_id), used)
    OutboxEvent.objects.update(pending=True)
    events.deliver_pending()
    assert CaseFact.objects.get(pk=case_id).licences_used == 1


@pytest.mark.django_db
def test_a_rating_found_mistaken_is_kept_and_left_out() -> None:
    make_small_tree()
    case_id = uuid4()
    review = RatingReviewed(
        case_id=case_id,
        item_code=ITEM,
        deciding_agency_id=AGENCY,
        region_path=PATH,
        level=5,
        is_excluded=True,
        reviewed_at=AT + timedelta(days=6),
    )
    tell(submitted(case_id), concluded(case_id), rated(case_id, 5), review)
    fact = CaseFact.objects.get(pk=case_id)
    assert (fact.rating, fact.is_rating_excluded) == (5, True)
