"""Joint measures: pushed to those who must act, their feedback counted, lifted with the entry."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import access
from ..errors import MeasureLifted
from ..models import JointMeasure, MeasureFeedback, RosterEntry
from ..types import APPLY, MeasureState
from . import telling

MEASURE_SUBJECT = "credit.measure"


def push_measures(entry: RosterEntry, *, actor: Actor, at: datetime) -> int:
    """Give each measure of the entry's roster to the agencies that carry it out, once; how many.

    In the transaction of the decision. Source: Plan 五（四）2（1）; standards 6.3.
    """
    assert entry.until is not None, "only a listed entry has measures"
    count = 0
    place = entry.subject.region_path or entry.region_path
    for kind in entry.kind.measures.order_by("code"):
        for executor in kind.executor_kinds:
            try:
                agency = agencies.agency_of_kind(executor, place)
            except NotFound:
                continue
            measure, created = JointMeasure.objects.get_or_create(
                entry=entry,
                kind=kind,
                agency_id=agency.id,
                defaults={
                    "subject_id": entry.subject_id,
                    "agency_name": agency.name,
                    "region_path": agency.region_path,
                    "pushed_at": at,
                    "changed_at": at,
                    "until": entry.until,
                },
            )
            if not created:
                continue
            count += 1
            _tell(measure, telling.MEASURE_PUSHED, at=at)
    return count


def lift_measures(entry: RosterEntry, *, actor: Actor, at: datetime) -> int:
    """Stop every measure of an entry, and say so to whoever applies it; how many."""
    found = list(
        JointMeasure.objects.select_for_update(of=("self",))
        .select_related("kind", "subject")
        .filter(entry=entry, state=MeasureState.IN_FORCE)
        .order_by("id")
    )
    for measure in found:
        measure.state, measure.lifted_at, measure.changed_at = MeasureState.LIFTED, at, at
        measure.save(update_fields=["state", "lifted_at", "changed_at"])
        _tell(measure, telling.MEASURE_LIFTED, at=at)
    return len(found)


@transaction.atomic
def give_feedback(
    *,
    actor: Actor,
    measure_id: UUID,
    action: str,
    reference: str = "",
    note: str = "",
    at: datetime,
) -> MeasureFeedback:
    """Say what was done because of a measure.

    Raises: MeasureNotFound (404), MeasureLifted (409) for something applied after it was lifted.
    """
    access.access_measure(actor, measure_id)
    measure = JointMeasure.objects.select_for_update().get(pk=measure_id)
    if measure.state == MeasureState.LIFTED and action == MeasureFeedback.Action.APPLIED:
        raise MeasureLifted
    row = MeasureFeedback.objects.create(
        measure=measure,
        action=action,
        reference=reference.strip()[:100],
        note=note.strip()[:500],
        given_at=at,
        given_by=actor.name[:100],
    )
    JointMeasure.objects.filter(pk=measure.pk).update(feedback_count=F("feedback_count") + 1)
    audit.record(
        actor=actor,
        act="credit.measure_feedback",
        object_kind=MEASURE_SUBJECT,
        object_id=measure.pk,
        facts={"action": action, "reference": row.reference},
        at=at,
    )
    return row


def _tell(measure: JointMeasure, template: str, *, at: datetime) -> None:
    telling.tell_agency(
        APPLY,
        agency_id=measure.agency_id,
        region_path=measure.region_path,
        template=template,
        facts={
            "subject": measure.subject.name,
            "measure": measure.kind.title,
            "basis": measure.kind.legal_basis,
            "until": measure.until.isoformat(),
        },
        subject_kind=MEASURE_SUBJECT,
        subject_id=measure.pk,
        link="/desk/credit/measures/",
        at=at,
    )
