"""Events become facts. Each handler may see its event late or before others of the same case."""

from lingnan.applications.government_services.events import (
    CaseAccepted,
    CaseConcluded,
    CaseDecided,
    CaseDelivered,
    CaseRated,
    CaseSubmitted,
    RatingReviewed,
)
from lingnan.kernel.events import Delivery, subscribe
from lingnan.platforms.licences.events import LicenceIssued, LicenceUsed
from lingnan.standards.matters.events import (
    ItemCancelled,
    ItemPublished,
    ItemResumed,
    ItemSuspended,
)

from . import services


@subscribe(ItemPublished, key="performance.item_published")
def item_published(event: ItemPublished, delivery: Delivery) -> None:
    services.record_item(event.code31)


@subscribe(ItemResumed, key="performance.item_resumed")
def item_resumed(event: ItemResumed, delivery: Delivery) -> None:
    services.record_item(event.code31)


@subscribe(ItemSuspended, key="performance.item_suspended")
def item_suspended(event: ItemSuspended, delivery: Delivery) -> None:
    services.record_item_out_of_force(event.code31)


@subscribe(ItemCancelled, key="performance.item_cancelled")
def item_cancelled(event: ItemCancelled, delivery: Delivery) -> None:
    services.record_item_out_of_force(event.code31)


@subscribe(CaseSubmitted, key="performance.case_submitted")
def case_submitted(event: CaseSubmitted, delivery: Delivery) -> None:
    services.record_case(
        case_id=event.case_id,
        item_code=event.item_code,
        agency_id=event.deciding_agency_id,
        region_path=event.region_path,
        number=event.number,
        channel=event.channel,
        submitted_at=event.submitted_at,
        materials=event.material_count,
        reused_materials=event.reused_material_count,
        prefilled_fields=event.prefilled_field_count,
    )


@subscribe(CaseAccepted, key="performance.case_accepted")
def case_accepted(event: CaseAccepted, delivery: Delivery) -> None:
    services.record_case(
        case_id=event.case_id,
        item_code=event.item_code,
        agency_id=event.deciding_agency_id,
        region_path=event.region_path,
        accepted_at=event.accepted_at,
    )


@subscribe(CaseDecided, key="performance.case_decided")
def case_decided(event: CaseDecided, delivery: Delivery) -> None:
    services.record_case(
        case_id=event.case_id,
        item_code=event.item_code,
        agency_id=event.deciding_agency_id,
        region_path=event.region_path,
        accepted_at=event.accepted_at,
        decided_at=event.decided_at,
        promised_due_on=event.promised_due_on,
        statutory_due_on=event.statutory_due_on,
    )


@subscribe(CaseConcluded, key="performance.case_concluded")
def case_concluded(event: CaseConcluded, delivery: Delivery) -> None:
    services.record_case(
        case_id=event.case_id,
        item_code=event.item_code,
        agency_id=event.deciding_agency_id,
        region_path=event.region_path,
        channel=event.channel,
        submitted_at=event.submitted_at,
        accepted_at=event.accepted_at,
        decided_at=event.decided_at,
        concluded_at=event.concluded_at,
        promised_due_on=event.promised_due_on,
        statutory_due_on=event.statutory_due_on,
        result=event.result,
    )


@subscribe(CaseDelivered, key="performance.case_delivered")
def case_delivered(event: CaseDelivered, delivery: Delivery) -> None:
    services.record_delivery(case_id=event.case_id, method=event.method)


@subscribe(CaseRated, key="performance.case_rated")
def case_rated(event: CaseRated, delivery: Delivery) -> None:
    services.record_case(
        case_id=event.case_id,
        item_code=event.item_code,
        agency_id=event.deciding_agency_id,
        region_path=event.region_path,
        rating=event.level,
    )


@subscribe(RatingReviewed, key="performance.rating_reviewed")
def rating_reviewed(event: RatingReviewed, delivery: Delivery) -> None:
    services.record_case(
        case_id=event.case_id,
        item_code=event.item_code,
        agency_id=event.deciding_agency_id,
        region_path=event.region_path,
        rating=event.level,
        is_rating_excluded=event.is_excluded,
    )


@subscribe(LicenceIssued, key="performance.licence_issued")
def licence_issued(event: LicenceIssued, delivery: Delivery) -> None:
    if event.subject_kind == services.CASE_KIND and event.subject_id is not None:
        services.record_licence_issued(case_id=event.subject_id, issued_at=event.issued_at)


@subscribe(LicenceUsed, key="performance.licence_used")
def licence_used(event: LicenceUsed, delivery: Delivery) -> None:
    if event.case_id is not None:
        services.record_licence_used(case_id=event.case_id)
