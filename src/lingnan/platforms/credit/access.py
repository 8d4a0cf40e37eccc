"""From an outside id to a row: find and authorise, or answer as if it were not there."""

from datetime import date
from uuid import UUID

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden

from .errors import BatchNotFound, RecordNotFound, SourceUnknown, SubjectNotFound
from .models import CreditRecord, CreditSource, CreditSubject, IntakeBatch
from .models.records import published
from .queries import archives, intake
from .types import READ, REPORT


def access_public_subject(subject_id: UUID, *, on: date) -> CreditSubject:
    """A subject with a public page: an organisation, or a person of whom something is published.

    Raises: SubjectNotFound (404).
    """
    found = CreditSubject.objects.filter(pk=subject_id).first()
    if found is None:
        raise SubjectNotFound
    if found.is_person and not CreditRecord.objects.filter(published(on), subject=found).exists():
        raise SubjectNotFound
    return found


def access_public_record(record_id: UUID, *, on: date) -> CreditRecord:
    """A record that is public today. Raises: RecordNotFound (404)."""
    found = (
        CreditRecord.objects.filter(published(on), pk=record_id)
        .select_related("subject", "source")
        .first()
    )
    if found is None:
        raise RecordNotFound
    return found


def own_subject(actor: Actor) -> CreditSubject:
    """The archive of whom the actor acts for. Raises: SubjectNotFound (404)."""
    found = CreditSubject.objects.filter(archives.own_q(actor)).first()
    if found is None:
        raise SubjectNotFound
    return found


def own_record(actor: Actor, record_id: UUID) -> CreditRecord:
    """A current record of one's own archive. Raises: RecordNotFound (404)."""
    found = (
        CreditRecord.objects.filter(
            pk=record_id,
            is_current=True,
            subject__in=CreditSubject.objects.filter(archives.own_q(actor)),
        )
        .select_related("subject", "source")
        .first()
    )
    if found is None:
        raise RecordNotFound
    return found


def access_archive(actor: Actor, subject_id: UUID) -> CreditSubject:
    """An archive an officer may open: an organisation's, or that of a person of whom an agency in
    his reach reported something. Raises: SubjectNotFound (404).
    """
    found = CreditSubject.objects.filter(pk=subject_id).first()
    if found is None or not actor.can(READ):
        raise SubjectNotFound
    if found.is_person:
        rows = CreditRecord.objects.filter(archives.visible_records(actor), subject=found)
        if not rows.exists():
            raise SubjectNotFound
    return found


def officer_record(actor: Actor, record_id: UUID) -> CreditRecord:
    """A record an officer may read. Raises: RecordNotFound (404)."""
    found = (
        CreditRecord.objects.filter(archives.visible_records(actor), pk=record_id)
        .select_related("subject", "source")
        .first()
    )
    if found is None:
        raise RecordNotFound
    return found


def reporting_record(actor: Actor, record_id: UUID) -> CreditRecord:
    """A current record the actor's agency reported and may correct.

    Raises: RecordNotFound (404), Forbidden (403) for one he may only read.
    """
    found = CreditRecord.objects.filter(pk=record_id, is_current=True).first()
    if found is None:
        raise RecordNotFound
    if actor.can(REPORT, agency_id=found.agency_id, region_path=found.region_path):
        return found
    officer_record(actor, record_id)
    raise Forbidden(permission=REPORT)


def reporting_source(actor: Actor, code: str) -> CreditSource:
    """A source one may deliver to. Raises: SourceUnknown (404), the same for another agency's."""
    found = CreditSource.objects.filter(code=code).select_related("agency").first()
    if found is None or not actor.can(
        REPORT, agency_id=found.agency_id, region_path=found.region_path
    ):
        raise SourceUnknown(source_code=code[:40])
    return found


def access_batch(actor: Actor, batch_id: UUID) -> IntakeBatch:
    """A delivery within reach. Raises: BatchNotFound (404)."""
    found = (
        IntakeBatch.objects.filter(intake.reporting_q(actor), pk=batch_id)
        .select_related("source", "agency")
        .first()
    )
    if found is None:
        raise BatchNotFound
    return found
