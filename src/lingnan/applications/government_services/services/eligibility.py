"""Whether someone may apply for an item at all, as far as the platform can tell."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.clock import local_date
from lingnan.kernel.prepared import Given, Prepared
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import services as identity_services
from lingnan.standards.matters.types import Item, Representation, ServiceObject

from ..errors import (
    ApplicantBarred,
    ItemNotOnline,
    MandateTooNarrow,
    NotForYou,
    RepresentationExcluded,
)
from ..models import ApplicantBar, Case
from ..types import Applicant

BAR_YEARS = {
    ApplicantBar.Ground.FALSE_MATERIALS: 1,
    ApplicantBar.Ground.OBTAINED_BY_FRAUD: 3,
}


_bar = Prepared(
    ApplicantBar.objects.filter(
        applicant_id=Given("applicant"),
        basic_code=Given("basic_code"),
        from_on__lte=Given("today"),
        until_on__gt=Given("today"),
    ).order_by("-until_on")[:1]
)


def check(item: Item, principal: Principal, *, actor: Actor, at: datetime) -> None:
    """One query, two under a mandate.

    Raises: ItemNotOnline, NotForYou, MandateTooNarrow, RepresentationExcluded, ApplicantBarred.
    """
    if not item.is_online:
        raise ItemNotOnline
    check_service_object(item, principal)
    today = local_date(at)
    if actor.mandate_id is not None:
        mandate = identity.mandate(actor.mandate_id)
        if not (mandate.covers(item.code31, today) or mandate.covers(item.basic_code, today)):
            raise MandateTooNarrow
        check_representation(item, guardian=bool(mandate.ground))
    bar = _bar.first(applicant=principal.id, basic_code=item.basic_code, today=today)
    if bar is not None:
        raise ApplicantBarred(until_on=bar.until_on.isoformat(), ground=bar.ground)


def check_representation(item: Item, *, guardian: bool) -> None:
    """Whether someone with a mandate may apply here at all. Raises: RepresentationExcluded."""
    if item.representation == Representation.ANY:
        return
    if item.representation != Representation.GUARDIANS or not guardian:
        raise RepresentationExcluded


def check_assurance(
    items: Sequence[Item], *, actor: Actor, at: datetime, return_to: str = ""
) -> None:
    """Whether who asks, and for which firm, is sure enough for the most demanding of these items.

    `return_to` is the page to go on at once it is.
    Raises: identity's StepUpRequired, FirmNotProven.
    Source: Plan 五（一）2（2）.
    """
    stated = [item.assurance_level for item in items]
    identity_services.check_level(actor=actor, stated=stated, at=at, return_to=return_to)


def check_service_object(item: Item, principal: Principal) -> None:
    """Raises: NotForYou when the item is for persons and a firm asks, or the other way round.

    An item that names no objects is for everyone.
    """
    objects = set(item.service_objects)
    if not objects:
        return
    for_person = ServiceObject.PERSON.value in objects
    for_organisation = bool(objects - {ServiceObject.PERSON.value})
    fits = for_person if principal.kind == "person" else for_organisation
    if not fits:
        labels = ", ".join(str(ServiceObject(code).label) for code in item.service_objects)
        raise NotForYou(service_objects=labels)


def resolve(applicant: Applicant) -> Principal:
    """The applicant a clerk names, with the name on record. Raises: identity's NotFound."""
    if applicant.kind == "person":
        return Principal(kind="person", id=applicant.id, name=identity.person(applicant.id).name)
    return Principal(
        kind="organisation", id=applicant.id, name=identity.organisation(applicant.id).name
    )


def age_of(principal: Principal, *, on: date) -> int | None:
    """Full years of a person on a day; None for firms and where the birthday is unknown."""
    if principal.kind != "person":
        return None
    born_on = principal.born_on or identity.born_on(principal.id)
    if born_on is None:
        return None
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def bar_applicant(case: Case, *, basic_code: str, ground: str, at: datetime) -> ApplicantBar:
    """Close an item to an applicant: one year for false materials, three for fraud.

    Source: Administrative Licensing Law art. 78, 79 (matters of public safety, health, property).
    """
    from_on = local_date(at)
    bar, _ = ApplicantBar.objects.get_or_create(
        case=case,
        ground=ground,
        defaults={
            "applicant_id": case.applicant_id,
            "basic_code": basic_code,
            "from_on": from_on,
            "until_on": _years_later(from_on, BAR_YEARS[ApplicantBar.Ground(ground)]),
        },
    )
    return bar


def lift_bars(case_id: UUID) -> int:
    """Remove the bars that follow from a case, when its decision does not stand."""
    return ApplicantBar.objects.filter(case_id=case_id).delete()[0]


def _years_later(start: date, years: int) -> date:
    """The same day `years` on; 29 February becomes 1 March. Exclusive end of the bar."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28) + timedelta(days=1)
