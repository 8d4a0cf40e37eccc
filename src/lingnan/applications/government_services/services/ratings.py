"""Ratings (好差评): five levels, one per case, voluntary; negative ones are called back.

Source: State Council Office 2019 No. 51; GB/T 39046 A.8 and table 9.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import SelfApproval
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays

from .. import access
from ..errors import (
    AlreadyRated,
    NotRatable,
    RatingNotUnderReview,
    ReasonRequired,
    SupplementTooLate,
)
from ..events import CaseRated, RatingReviewed
from ..models import Case, Decision, ServiceRating
from ..types import HANDLE_RATINGS, NEGATIVE_LEVELS, Channel, RatingLevel
from . import state

SUPPLEMENT_WORKDAYS = 5
CALL_BACK_WORKDAYS = 5
"""Within which a negative rating is called back. Our default, provinces set their own."""


@transaction.atomic
def rate_case(
    *,
    actor: Actor,
    case_id: UUID,
    level: int,
    text: str = "",
    channel: Channel = Channel.WEB,
    at: datetime,
) -> ServiceRating:
    """The applicant rates a concluded case, once, if he likes.

    Raises: CaseNotFound, NotRatable, AlreadyRated; ValueError for a level that is none.
    """
    case = access.own_case(actor, case_id)
    if case.concluded_at is None:
        raise NotRatable
    chosen = RatingLevel(level)
    is_negative = chosen in NEGATIVE_LEVELS
    due = calendar.add_workdays(
        local_date(at), Workdays(CALL_BACK_WORKDAYS), region_code=case.region_path
    )
    try:
        with transaction.atomic():
            rating = ServiceRating.objects.create(
                case=case,
                level=chosen,
                text=text.strip(),
                channel=channel,
                rated_at=at,
                person_id=actor.person_id,
                review=ServiceRating.Review.DUE if is_negative else ServiceRating.Review.NONE,
                review_due_on=due.on if is_negative else None,
            )
    except IntegrityError as error:
        raise AlreadyRated from error
    state.record(case, actor=actor, act="government_services.rating.give", at=at, level=int(chosen))
    events.publish(
        CaseRated(
            case_id=case.pk,
            item_code=case.item_code,
            deciding_agency_id=case.deciding_agency_id,
            receiving_agency_id=case.receiving_agency_id,
            region_path=case.region_path,
            level=int(chosen),
            rated_at=at,
        ),
        at=at,
    )
    return rating


@transaction.atomic
def supplement_rating(*, actor: Actor, case_id: UUID, text: str, at: datetime) -> ServiceRating:
    """追评: words added within five workdays, once; the level stays.

    Raises: CaseNotFound, NotRatable, SupplementTooLate, ReasonRequired (no words).
    """
    case = access.own_case(actor, case_id)
    rating = ServiceRating.objects.select_for_update().filter(case=case).first()
    if rating is None:
        raise NotRatable
    until = calendar.add_workdays(
        local_date(rating.rated_at), Workdays(SUPPLEMENT_WORKDAYS), region_code=case.region_path
    )
    if rating.supplemented_at is not None or local_date(at) > until.on:
        raise SupplementTooLate(until_on=until.on.isoformat())
    if not text.strip():
        raise ReasonRequired
    rating.supplement, rating.supplemented_at = text.strip(), at
    rating.save(update_fields=["supplement", "supplemented_at"])
    state.record(case, actor=actor, act="government_services.rating.supplement", at=at)
    return rating


@transaction.atomic
def review_rating(
    *, actor: Actor, case_id: UUID, finding: str, note: str, at: datetime
) -> ServiceRating:
    """Call back after a negative rating: `confirmed`, `mistaken` or `malicious`, and what was done.

    Not by whoever decided the case. An excluded rating stays on record and leaves the figures.
    Raises: CaseNotFound, RatingNotUnderReview, ReasonRequired, identity's SelfApproval.
    """
    case = access.officer_case(actor, case_id, HANDLE_RATINGS)
    rating = ServiceRating.objects.select_for_update().filter(case=case).first()
    if rating is None or rating.review != ServiceRating.Review.DUE:
        raise RatingNotUnderReview
    outcome = ServiceRating.Review(finding)
    if outcome in (ServiceRating.Review.NONE, ServiceRating.Review.DUE) or not note.strip():
        raise ReasonRequired
    _check_not_rated_officer(case, actor)
    rating.review, rating.review_note = outcome, note.strip()
    rating.reviewed_at, rating.reviewer_id = at, actor.officer_id
    rating.save(update_fields=["review", "review_note", "reviewed_at", "reviewer_id"])
    state.record(
        case, actor=actor, act="government_services.rating.review", at=at, finding=outcome.value
    )
    events.publish(
        RatingReviewed(
            case_id=case.pk,
            item_code=case.item_code,
            deciding_agency_id=case.deciding_agency_id,
            region_path=case.region_path,
            level=rating.level,
            is_excluded=rating.is_excluded,
            reviewed_at=at,
        ),
        at=at,
    )
    return rating


def _check_not_rated_officer(case: Case, actor: Actor) -> None:
    deciders = Decision.objects.filter(case=case).values_list("officer_id", flat=True)
    if any(identity.is_officer_oneself(actor, officer_id) for officer_id in deciders):
        raise SelfApproval
