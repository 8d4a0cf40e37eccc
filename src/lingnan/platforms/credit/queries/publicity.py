"""What the public sees: nothing but what the rule shows on this very day."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef

from lingnan.kernel.pagination import Page, keyset_page
from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown
from lingnan.standards.regions import queries as regions

from ..columns import COLUMNS, DISCLOSED, said_value
from ..models import CreditRecord, CreditSubject
from ..models.records import published
from ..types import SubjectKind

HIDDEN = frozenset(
    f"{prefix}_{name}"
    for prefix in ("XK", "CF", "XX")
    for name in (
        *("XDR_MC", "XDR_LB", "XDR_SHXYM", "XDR_GSZC", "XDR_ZZJG", "XDR_SWDJ", "XDR_SYDW"),
        *("XDR_SHZZ", "FRDB", "FR_ZJLX", "FR_ZJHM", "XDR_ZJLX", "XDR_ZJHM"),
    )
) | {"CF_NR_FK", "CF_NR_WFFF", "XK_XKJGDM", "CF_CFJGDM", "XK_LYDWDM", "CF_SJLYDM", "XX_RDJGDM"}
HIDDEN |= {"XK_XKJG", "CF_CFJG", "XX_RDJG", "XK_JDRQ", "CF_JDRQ", "XX_JDRQ"}


_RESIDENT_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRecord:
    """A record as a reader sees it: name and numbers masked where it is a person's."""

    record: CreditRecord
    subject_name: str
    subject_number: str
    title: str
    lines: tuple[tuple[str, str], ...] = field(default=())

    @property
    def id(self) -> UUID:
        return self.record.pk


def masked_name(subject: CreditSubject, *, whole: bool = False) -> str:
    """A person's name as published; an organisation's in full."""
    if whole or not subject.is_person:
        return subject.name
    return mask(subject.name, Kind.NAME, Shown.TRACE)


def shown_record(record: CreditRecord, *, whole: bool = False) -> ShownRecord:
    """The record's columns with words; `whole` for its subject and for officers who handle it."""
    subject = record.subject
    name = masked_name(subject, whole=whole)
    return ShownRecord(
        record=record,
        subject_name=name,
        subject_number="" if subject.is_person else subject.uscc,
        title=_told(record.title, subject, name),
        lines=tuple(_lines(record, subject, name)),
    )


def _lines(record: CreditRecord, subject: CreditSubject, name: str) -> list[tuple[str, str]]:
    columns = COLUMNS.get(record.kind, ())
    titles: Mapping[str, str] = {column.name: column.title for column in columns}
    # In the order of the columns: a JSON object of the database has none.
    names = [name for name in titles if name in record.data]
    names += sorted(name for name in record.data if name not in titles)
    found = []
    for name_ in names:
        text = str(record.data[name_] or "")
        if name_ in HIDDEN or not text:
            continue
        found.append((titles.get(name_, name_), _told(said_value(name_, text), subject, name)))
    return found


def _told(text: str, subject: CreditSubject, name: str) -> str:
    """A text of a decision, which names the person, and his number, as well."""
    if not subject.is_person or name == subject.name:
        return text
    return _RESIDENT_NUMBER.sub("*" * 18, text.replace(subject.name, name))


def decisions(
    *,
    on: date,
    kind: str = "",
    number: str = "",
    agency_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[CreditRecord]:
    """Published licences and penalties, the newest decision first. One query."""
    rows = CreditRecord.objects.filter(published(on)).select_related("subject")
    rows = rows.filter(kind=kind) if kind else rows.filter(kind__in=DISCLOSED)
    if number:
        rows = rows.filter(number=number)
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    return keyset_page(rows, order=("-fact_on", "-id"), cursor=cursor, limit=limit)


def search_subjects(
    text: str, *, on: date, cursor: str | None = None, limit: int = 20
) -> Page[CreditSubject]:
    """Organisations and individual businesses by a part of the name, the credit code, or the number
    of a published decision. At most two queries.

    A natural person is never found by name or number: only whoever holds the number of a published
    decision comes to it, and sees it masked. Those are never in the order of names, or a cursor
    would tell the name. Source: 个人信息保护法 6; our default.
    """
    text = text.strip()
    rows = CreditSubject.objects.all()
    if not text:
        rows = rows.none()
    elif len(text) == 18 and text.isascii() and text.isalnum():
        rows = rows.filter(uscc=text.upper())
    else:
        decided = rows.filter(_with_decision(text, on))
        if decided.exists():
            return keyset_page(decided, order=("id",), cursor=cursor, limit=limit)
        rows = rows.filter(_named(text))
    return keyset_page(rows, order=("name", "id"), cursor=cursor, limit=limit)


def _named(text: str) -> "Exists":
    found = CreditSubject.objects.filter(pk=OuterRef("pk")).exclude(kind=SubjectKind.PERSON)
    for word in regions.search_words(text):
        found = found.filter(grams__contains=regions.search_grams(word), name__icontains=word)
    return Exists(found)


def _with_decision(text: str, on: date) -> "Exists":
    return Exists(
        CreditRecord.objects.filter(published(on), subject_id=OuterRef("pk"), number=text)
    )


def published_sections(subject: CreditSubject, *, on: date) -> dict[str, list[CreditRecord]]:
    """What of an archive is public, by section, newest first; at most 50 of each."""
    found: dict[str, list[CreditRecord]] = {}
    rows = CreditRecord.objects.filter(published(on), subject=subject).select_related("subject")
    for row in rows.order_by("-fact_on", "-id")[:400]:
        section = found.setdefault(row.section, [])
        if len(section) < 50:
            section.append(row)
    return found
