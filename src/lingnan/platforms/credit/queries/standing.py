"""How a subject stands: what whoever decides on him has to know, each with its law."""

from dataclasses import replace
from datetime import date
from itertools import chain
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from lingnan.kernel.text import localise
from lingnan.kernel.web.formats import format_date

from ..models import CreditSubject
from ..models.records import in_term
from ..types import MeasureInForce, Nature, RecordKind, Standing
from .archives import latest_records, subjects_of
from .evaluation import open_commitments
from .parties import party_of
from .rosters import entries_of, measures_in_force


def standing(kind: str, principal_id: UUID, *, on: date) -> Standing:
    """How an applicant stands on a day: kind "person" or "organisation" and his id in identity.

    For officers who decide, never for the public. About six queries.
    Source: Plan 五（四）2（3） (事前信用承诺和信用查询).
    """
    found = [standing_of(subject, on=on) for subject in subjects_of(kind, principal_id)]
    if not found:
        return Standing(subject_id=None, name="", on=on)
    return replace(
        found[0],
        rosters=tuple(chain.from_iterable(each.rosters for each in found)),
        measures=tuple(chain.from_iterable(each.measures for each in found)),
        commitments=tuple(chain.from_iterable(each.commitments for each in found)),
        adverse_records=sum(each.adverse_records for each in found),
        under_objection=sum(each.under_objection for each in found),
    )


def standing_of(subject: CreditSubject, *, on: date) -> Standing:
    """As `standing`, of a subject that is known."""
    counts = latest_records(subject).aggregate(
        adverse=Count("id", filter=Q(is_adverse=True) & in_term(on)),
        disputed=Count("id", filter=Q(under_objection=True)),
    )
    return Standing(
        subject_id=subject.pk,
        name=subject.name,
        on=on,
        rosters=tuple(localise(entry.kind.title) for entry in entries_of(subject, on=on)),
        measures=tuple(
            MeasureInForce(
                id=row.pk,
                code=row.kind.code,
                nature=row.kind.nature,
                title=localise(row.kind.title),
                legal_basis=row.kind.legal_basis,
                source=row.kind.catalogue,
                executor_name=row.agency_name,
                until=row.until,
            )
            for row in measures_in_force(subject.pk, on)
        ),
        commitments=tuple(open_commitments(subject)),
        adverse_records=counts["adverse"],
        under_objection=counts["disputed"],
    )


def commitment_bars(kind: str, principal_id: UUID, *, on: date) -> tuple[str, ...]:
    """Why an applicant may not promise instead of handing a material in; empty where he may.

    A commitment that was not kept bars until its record is repaired, a roster of restraint as long
    as one stands on it. About three queries. Source: 国办发〔2020〕42号.
    """
    if party_of(kind, principal_id) is None:
        return (_("No credit archive can be kept under this kind of document."),)
    found: list[str] = []
    for subject in subjects_of(kind, principal_id):
        found += _bars_of(subject, on=on)
    return tuple(found)


def _bars_of(subject: CreditSubject, *, on: date) -> list[str]:
    broken = latest_records(subject).filter(kind=RecordKind.BREACH).order_by("-fact_on", "-id")
    found = [
        _("An earlier commitment was not kept: %(title)s (%(number)s).")
        % {"title": row.title, "number": row.number}
        for row in broken[:3]
    ]
    found += [
        _("You stand on the roster “%(roster)s” until %(day)s.")
        % {"roster": localise(entry.kind.title), "day": format_date(entry.until)}
        for entry in entries_of(subject, on=on)
        if entry.kind.nature == Nature.PUNISHMENT
    ]
    return found
