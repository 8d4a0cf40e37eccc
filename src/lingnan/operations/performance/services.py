"""Writing facts and freezing months. Facts come from events only; nothing here is typed in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from lingnan.applications.government_services.types import SUBJECT_KIND
from lingnan.kernel import locks
from lingnan.kernel.clock import local_date
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.matters import queries as matters
from lingnan.standards.regions import queries as regions

from . import queries
from .models import CaseFact, ItemFact, Snapshot
from .types import INDICATORS, Period, Scope

CASE_KIND = SUBJECT_KIND
PICKUP = "pickup"


@transaction.atomic
def record_item(code31: str) -> None:
    """Keep what indicators need of a list as it is in force now."""
    item = matters.published_items([code31]).get(code31)
    if item is None or item.agency_id is None:
        record_item_out_of_force(code31)
        return
    ItemFact.objects.update_or_create(
        code31=code31,
        defaults={
            "name": item.name,
            "agency_id": item.agency_id,
            "region_path": item.region_path,
            "statutory_workdays": item.statutory_limit_workdays,
            "promised_workdays": item.promised_limit_workdays,
            "has_licence": bool(item.licence_type_code),
            "is_online": item.is_online,
            "is_in_force": True,
        },
    )


def record_item_out_of_force(code31: str) -> None:
    ItemFact.objects.filter(code31=code31).update(is_in_force=False)


@transaction.atomic
def record_case(
    *, case_id: UUID, item_code: str, agency_id: UUID, region_path: str, **facts: Any
) -> None:
    """Add what an event said of a case to what is known of it.

    Facts: number, channel, submitted_at, accepted_at, decided_at, concluded_at, promised_due_on,
    statutory_due_on, result, materials, reused_materials, prefilled_fields, rating,
    is_rating_excluded. An instant is kept as the date in China; None leaves what is known.
    """
    values = {
        name.removesuffix("_at") + "_on" if name.endswith("_at") else name: (
            local_date(value) if isinstance(value, datetime) else value
        )
        for name, value in facts.items()
        if value is not None
    }
    codes = region_path.strip("/").split("/")
    locks.hold("performance.case", case_id)
    known = _fact(case_id)
    values |= {
        "item_code": item_code,
        "agency_id": agency_id,
        "region_path": region_path,
        "city": codes[1] if len(codes) > 1 else "",
        "county": codes[2] if len(codes) > 2 else "",
    }
    for name, value in values.items():
        setattr(known, name, value)
    if known.accepted_on and known.decided_on:
        county = known.county or known.city
        known.workdays_used = calendar.workdays_between(
            known.accepted_on, known.decided_on, region_code=county
        )
    known.save()


@transaction.atomic
def record_licence_issued(*, case_id: UUID, issued_at: datetime) -> None:
    """A licence came out of a case, perhaps before the case itself is known."""
    locks.hold("performance.case", case_id)
    _fact(case_id)
    CaseFact.objects.filter(pk=case_id).update(licence_issued_on=local_date(issued_at))


@transaction.atomic
def record_licence_used(*, case_id: UUID) -> None:
    """A licence served as material, perhaps before the case itself is known."""
    locks.hold("performance.case", case_id)
    _fact(case_id)
    CaseFact.objects.filter(pk=case_id).update(licences_used=F("licences_used") + 1)


@transaction.atomic
def record_delivery(*, case_id: UUID, method: str) -> None:
    """The result reached the applicant; fetching it at a counter is a visit."""
    locks.hold("performance.case", case_id)
    _fact(case_id)
    if method == PICKUP:
        CaseFact.objects.filter(pk=case_id).update(visits=F("visits") + 1)


def _fact(case_id: UUID) -> CaseFact:
    """What is known of a case; blank until an event says whose it is. The caller holds the lock."""
    fact, _made = CaseFact.objects.get_or_create(
        case_id=case_id,
        defaults={"item_code": "", "agency_id": UUID(int=0), "region_path": ""},
    )
    return fact


@transaction.atomic
def freeze_month(month: date) -> int:
    """Keep the indicators of a closed month for the province, its cities and counties.

    A frozen figure is never written again. Returns how many were added.
    """
    since = month.replace(day=1)
    period = Period(since=since, until=queries.next_month(since))
    locks.hold("performance.freeze", since)
    places = [regions.province(), *regions.at_level(2), *regions.at_level(3)]
    frozen = set(Snapshot.objects.filter(month=since).values_list("code", "region_path"))
    rows = []
    for place in places:
        todo = [entry for entry in INDICATORS if (entry.code, place.path) not in frozen]
        for entry in todo:
            figure = queries.figure(entry.code, Scope(region_path=place.path), period)
            rows.append(
                Snapshot(
                    month=since,
                    code=entry.code,
                    region_path=place.path,
                    numerator=figure.numerator,
                    denominator=figure.denominator,
                    excluded=figure.excluded,
                    value=figure.value,
                )
            )
    Snapshot.objects.bulk_create(rows)
    return len(rows)
