"""Archives: whose, what stands in them, who looked."""

from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import today
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import AccessLine

from ..models import ArchiveView, CreditRecord, CreditSubject, Repair
from ..models.records import in_term
from ..sealing import document_index
from ..types import READ, AppealState, SubjectKind


def subject_of(kind: str, principal_id: UUID) -> CreditSubject | None:
    """The archive of an applicant of other modules: kind "person" or "organisation"."""
    found = subjects_of(kind, principal_id)
    return found[0] if found else None


def subjects_of(kind: str, principal_id: UUID) -> list[CreditSubject]:
    """Every archive of someone: a person whose document was replaced may have one under each. That
    of the document on record comes first.
    """
    try:
        if kind == "person":
            documents = identity.documents_of(principal_id)
            found = [subject_by_document(kept.type, kept.number) for kept in documents]
            return [subject for subject in found if subject is not None]
        number = identity.organisation(principal_id).uscc
        return list(CreditSubject.objects.filter(uscc=number)[:1]) if number else []
    except NotFound:
        return []


def subject_by_document(document_type: str, number: str) -> CreditSubject | None:
    """A natural person by the exact number of a document. Callers record why they looked."""
    return CreditSubject.objects.filter(
        document_type=document_type, document_index=document_index(document_type, number)
    ).first()


def own_q(actor: Actor) -> Q:
    """The subject the actor acts for. None under a mandate limited to certain matters."""
    nobody = Q(pk__in=[])
    if not actor.is_person or actor.matter_codes is not None or actor.principal is None:
        return nobody
    found = subjects_of(actor.principal.kind, actor.principal.id)
    return Q(pk__in=[subject.pk for subject in found]) if found else nobody


def visible_records(actor: Actor, *, on: date | None = None) -> Q:
    """The records an officer may read at work: of organisations those in use whose publicity has
    not ended, of natural persons, and after the end, those reported by agencies in his reach.

    Source: Plan 五（四）2（1）; 个人信息保护法 6.
    """
    if not actor.is_officer and not actor.is_system:
        return Q(pk__in=[])
    if not actor.can(READ):
        return Q(pk__in=[])
    others = Q(is_person=False) & (Q(is_adverse=False, in_use=True) | in_term(on or today()))
    return others | actor.reach(READ).q()


def latest_records(subject: CreditSubject) -> QuerySet[CreditRecord]:
    """The current versions that are in use."""
    return CreditRecord.objects.filter(subject=subject, is_current=True, in_use=True)


def archive_page(
    subject: CreditSubject,
    *,
    condition: Q,
    section: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> Page[CreditRecord]:
    """One page of the current records of an archive, newest fact first. One query."""
    rows = CreditRecord.objects.filter(condition, subject=subject, is_current=True)
    if section:
        rows = rows.filter(section=section)
    return keyset_page(rows, order=("-fact_on", "-id"), cursor=cursor, limit=limit)


def section_counts(subject: CreditSubject, *, condition: Q) -> dict[str, int]:
    """How many current records stand in each section. One query."""
    rows = (
        CreditRecord.objects.filter(condition, subject=subject, is_current=True)
        .values("section")
        .annotate(n=Count("id"))
        .values_list("section", "n")
        .order_by("section")
    )
    return dict(rows)


def under_repair(subject: CreditSubject) -> frozenset[UUID]:
    """The series of records and the ids of entries whose repair is asked for now. One query."""
    rows = Repair.objects.filter(subject=subject, state=AppealState.OPEN)
    found = rows.values_list("record__series", "entry_id")
    return frozenset(one for row in found for one in row if one is not None)


def history(series: UUID, *, known_at: datetime | None = None) -> list[CreditRecord]:
    """Every version of a record, oldest first; with `known_at`, as it was known then.

    Material history is `fact_on`, formal history `recorded_at`.
    """
    rows = CreditRecord.objects.filter(series=series)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return list(rows.order_by("version"))


def archive_views(
    subject: CreditSubject, *, cursor: str | None = None, limit: int = 20
) -> Page[ArchiveView]:
    """Who looked into an archive, newest first; officers by name only where the platform names
    them to those who ask who read their data."""
    rows = ArchiveView.objects.filter(subject=subject)
    page = keyset_page(rows, order=("-viewed_at", "-id"), cursor=cursor, limit=limit)
    if settings.LINGNAN.officer_names == "hidden":
        for view in page.items:
            view.viewer_name = "" if view.viewer_kind == "officer" else view.viewer_name
    return page


def looks(actor: Actor, cursor: str | None, limit: int) -> Page[AccessLine]:
    """Who looked into the archive of whom the actor acts for, for the list a person reads.

    Four queries, three without an archive. Source: 个人信息保护法 45; standards 6.3.
    """
    principal = actor.principal if actor.is_person and actor.matter_codes is None else None
    subjects = subjects_of(principal.kind, principal.id) if principal else []
    if not subjects:
        return Page([], None)
    rows = ArchiveView.objects.filter(subject__in=subjects).exclude(viewer_id=actor.person_id)
    page = keyset_page(rows, order=("-viewed_at", "-id"), cursor=cursor, limit=limit)
    lines = [
        AccessLine(
            id=row.pk,
            at=row.viewed_at,
            agency_id=row.agency_id,
            officer_id=row.viewer_id if row.viewer_kind == "officer" else None,
            what=_("your credit archive"),
            matter="",
            number=row.reference,
            purpose=row.purpose,
            who="" if row.viewer_kind == "officer" else row.viewer_name,
        )
        for row in page.items
    ]
    return Page(lines, page.next_cursor)


def display_kind(subject: CreditSubject) -> str:
    return str(SubjectKind(subject.kind).label)
