"""Old and other-province licences: brought in, matched to their holders, checked, sealed anew.

An entry is what was brought in. Where its holder is registered under the same name a licence of
grade B (from an agency), C (a holder's upload) or D (a holder's word) is made of it, else it waits
for him. A licence made so bears no seal; the issuing agency can issue it electronically as its next
version. Source: Plan 五（二）2（3）; 国办函〔2016〕108号.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Case, When
from django.utils.translation import gettext as _

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.errors import FieldProblem, Forbidden, Refusal
from lingnan.kernel.web.formats import format_date
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import JPEG, PDF
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.codes.types import licence_identifier, normalise, uscc

from .. import payload, queries
from ..errors import (
    FieldsMalformed,
    HolderKindRefused,
    HolderNameDiffers,
    IssuerRefused,
    RegisterOfAnother,
    SourceIdReused,
    StockStateRefused,
    ValidityRefused,
)
from ..events import LicenceBroughtIn
from ..faces import render_faces
from ..models import Licence, LicenceType, StockEntry
from ..rows import Row, read_rows
from ..stock_access import PURPOSE, access_entry, access_entry_to_add, content_of_entry
from ..type_access import department_of
from ..types import BRING_IN, Grade, Holder, HolderGiven
from .holders import find_holder, number_problem
from .issuing import next_serial
from .stock_grades import check_not_own, checked_reason, raise_grade

OWNER_SCAN = "licences.scan"
SCAN_TYPES = (PDF, JPEG)
_NUMBER = ("kind", "document_type", "number")
_Source, _State = StockEntry.Source, StockEntry.State


@transaction.atomic
def bring_in(
    *,
    actor: Actor,
    agency_id: UUID,
    type_code: str,
    holder: HolderGiven,
    fields: Mapping[str, object],
    valid_from: date,
    valid_until: date | None,
    source_id: str,
    issuer_name: str = "",
    issuer_uscc: str = "",
    at: datetime,
) -> StockEntry:
    """Bring in one licence from an agency's register, or another province's (`issuer_*`).

    Asked again with the same source number and contents, the entry that is there is returned; one
    that was refused is brought in again with other contents.
    An agency's own register holds what it issues; what another agency here issued, that one brings
    in. Nobody brings in a licence of his own.
    Raises: Forbidden, StockOwn (403); LicenceTypeUnknown (404); TypeWithdrawn, IssuerRefused,
    RegisterOfAnother, HolderKindRefused, ValidityRefused, SourceIdReused (409); FieldsMalformed
    (422).
    """
    agency = agencies.agency(agency_id)
    actor.check(BRING_IN, agency_id=agency.id, region_path=agency.region_path)
    licence_type = queries.type_in_force(type_code, on=queries.day_of(at))
    code = issuer_uscc.strip().upper() or agency.uscc
    foreign = code != agency.uscc
    issuer = {"uscc": code, "name": issuer_name.strip() or agency.name}
    if not foreign and not queries.issues(licence_type, agency):
        raise IssuerRefused(agency=agency.name)
    if foreign and code in agencies.agencies_by_uscc([code]):
        raise RegisterOfAnother(agency=issuer["name"])
    return _enter(
        actor=actor,
        licence_type=licence_type,
        agency_id=agency.id,
        source=_Source.PROVINCE if foreign else _Source.REGISTER,
        source_id=source_id.strip(),
        content=_content(holder, fields, valid_from, valid_until, issuer),
        at=at,
    )


@transaction.atomic
def bring_in_table(
    content: bytes, *, actor: Actor, agency_id: UUID, type_code: str, at: datetime
) -> tuple[list[Row], list[StockEntry]]:
    """Bring in a table, all of it or nothing: with one wrong row the rows say what is wrong.

    The same table again changes nothing.
    Raises: Forbidden (403); LicenceTypeUnknown (404); RowsMalformed, UnreadableTable,
    TableTooLarge (422).
    """
    agency = agencies.agency(agency_id)
    actor.check(BRING_IN, agency_id=agency.id, region_path=agency.region_path)
    licence_type = queries.type_in_force(type_code, on=queries.day_of(at))
    rows = read_rows(content, licence_type)
    made: list[StockEntry] = []
    seen: dict[str, int] = {}
    try:
        with transaction.atomic():
            for row in rows:
                if row.source_id in seen:
                    text = _("Row %(number)s has this source number too.")
                    row.refuse("source_id", "duplicate", text % {"number": seen[row.source_id]})
                seen.setdefault(row.source_id, row.number)
                if row.problems or row.holder is None or row.valid_from is None:
                    continue
                try:
                    made.append(
                        bring_in(
                            actor=actor,
                            agency_id=agency.id,
                            type_code=type_code,
                            holder=row.holder,
                            fields=row.fields,
                            valid_from=row.valid_from,
                            valid_until=row.valid_until,
                            source_id=row.source_id,
                            at=at,
                        )
                    )
                except Refusal as refusal:
                    note_refusal(row, refusal)
            if any(row.problems for row in rows):
                raise _NothingHalf
    except _NothingHalf:
        return rows, []
    return rows, made


class _NothingHalf(Exception):
    """Undoes the rows that were in order, because one was not."""


@transaction.atomic
def declare(
    *,
    actor: Actor,
    type_code: str,
    fields: Mapping[str, object],
    valid_from: date,
    valid_until: date | None,
    issuer_name: str,
    scan: tuple[str, bytes] | None = None,
    source_id: str,
    at: datetime,
) -> StockEntry:
    """Bring in a licence of one's own: with a scan grade C, on one's word grade D.

    Raises: Forbidden (403); LicenceTypeUnknown (404); as `bring_in`, documents' `check_upload`.
    """
    principal = actor.principal
    if principal is None or actor.is_officer or actor.matter_codes is not None:
        raise Forbidden(permission="")
    if not queries.is_proven(principal):
        raise Forbidden(permission="")
    licence_type = queries.type_in_force(type_code, on=queries.day_of(at))
    body = department_of(licence_type.code)
    if body is None:
        raise Forbidden(permission="")
    if principal.kind == "person":
        person = identity.person(principal.id)
        given = HolderGiven(
            kind="person",
            name=person.name,
            number=person.document_number,
            document_type=person.document_type,
        )
    else:
        firm = identity.organisation(principal.id)
        given = HolderGiven(kind="organisation", name=firm.name, number=firm.registration_number)
    entry = _enter(
        actor=actor,
        licence_type=licence_type,
        agency_id=body.id,
        source=_Source.HOLDER,
        source_id=source_id,
        content=_content(
            given, fields, valid_from, valid_until, {"uscc": body.uscc, "name": issuer_name.strip()}
        ),
        at=at,
    )
    if scan is not None:
        entry = attach_scan(actor=actor, entry_id=entry.pk, name=scan[0], content=scan[1], at=at)
    return entry


@transaction.atomic
def attach_scan(
    *, actor: Actor, entry_id: UUID, name: str, content: bytes, at: datetime
) -> StockEntry:
    """Add the picture of the paper (PDF or JPEG); what a holder vouched for (D) becomes C.

    Raises: StockEntryUnknown (404); StockStateRefused (409); documents' `check_upload`.
    """
    entry = access_entry_to_add(actor=actor, entry_id=entry_id)
    if entry.state == _State.REFUSED or entry.scan_file_id is not None:
        raise StockStateRefused(state=_State(entry.state).label)
    checked = documents.check_upload(content, name=name, allowed=SCAN_TYPES)
    file = documents.store(
        checked.content,
        name=checked.name,
        media_type=checked.media_type,
        actor=actor,
        owner_kind=OWNER_SCAN,
        owner_id=entry.pk,
        at=at,
    )
    entry.scan_file_id = file.pk
    entry.save(update_fields=["scan_file_id"])
    if entry.licence_id is not None:  # read anew and held: a window may be comparing it
        licence = Licence.objects.select_for_update().get(pk=entry.licence_id)
        if licence.grade == Grade.D:
            raise_grade(licence, Grade.C, by="", actor=actor, at=at)
        entry.licence = licence
    return entry


@transaction.atomic
def decide_entry(
    *, actor: Actor, entry_id: UUID, accept: bool, reason: str, at: datetime
) -> StockEntry:
    """Of an entry whose name differs: it is the same holder after all, or it is refused.

    One that waits can be refused too. Raises: StockEntryUnknown (404); StockOwn (403);
    StockStateRefused (409); StockReasonMissing (422).
    """
    reason = checked_reason(reason)
    entry = access_entry(actor=actor, entry_id=entry_id, lock=True)
    if entry.state not in (_State.DIFFERS, _State.WAITING) or (
        accept and entry.state != _State.DIFFERS
    ):
        raise StockStateRefused(state=_State(entry.state).label)
    entry.decided_by, entry.decided_at, entry.reason = actor.name[:200], at, reason
    if accept:
        holder = _registered(entry)
        if holder is None:
            raise StockStateRefused(state=_State(entry.state).label)
        check_not_own(actor, holder.kind, holder.id)
        _take(entry, holder, at=at)
    else:
        entry.state = _State.REFUSED
    entry.save()
    _record(entry, "decided", actor=actor, at=at, facts={"accepted": accept})
    return entry


def match_waiting(*, holder_kind: str, number: str, at: datetime) -> int:
    """Make licences of what waited for a holder who has just registered; return how many.

    Each entry by itself; matched before, it changes nothing.
    """
    index = queries.holder_code_index(normalise(number))
    waiting = StockEntry.objects.filter(
        state=_State.WAITING, holder_kind=holder_kind, number_index=index
    )
    return sum(_match_one(entry_id, at=at) for entry_id in waiting.values_list("pk", flat=True))


def match_all_waiting(*, at: datetime) -> int:
    """Look again for every holder who was not there; return how many licences were made.

    For whoever registered in the very moment an entry came in.
    """
    waiting = StockEntry.objects.filter(state=_State.WAITING).values_list("pk", flat=True)
    return sum(_match_one(entry_id, at=at) for entry_id in waiting.iterator())


@transaction.atomic
def _match_one(entry_id: UUID, *, at: datetime) -> bool:
    entry = (
        StockEntry.objects.select_for_update(of=("self",)).select_related("type").get(pk=entry_id)
    )
    if entry.state != _State.WAITING:
        return False
    _settle(entry, at=at)
    entry.save()
    if entry.state != _State.WAITING:
        _record(entry, "matched", actor=system_actor("licences.stock"), at=at)
    return entry.state == _State.TAKEN


def _content(
    holder: HolderGiven,
    fields: Mapping[str, object],
    valid_from: date,
    valid_until: date | None,
    issuer: Mapping[str, str],
) -> dict[str, object]:
    return {
        "holder": {
            "kind": holder.kind,
            "name": holder.name.strip(),
            "number": normalise(holder.number),
            "document_type": holder.document_type if holder.kind == "person" else "",
        },
        "fields": dict(fields),
        "valid_from": valid_from.isoformat(),
        "valid_until": valid_until.isoformat() if valid_until else None,
        "issuer": dict(issuer),
    }


def _enter(
    *,
    actor: Actor,
    licence_type: LicenceType,
    agency_id: UUID,
    source: StockEntry.Source,
    source_id: str,
    content: dict[str, object],
    at: datetime,
) -> StockEntry:
    locks.hold("licences.stock", f"{agency_id}:{licence_type.code}:{source}:{source_id}")
    for known in StockEntry.objects.filter(
        agency_id=agency_id, type__code=licence_type.code, source=source, source_id=source_id
    ).order_by(Case(When(state=_State.REFUSED, then=1), default=0), "-brought_at"):
        if content_of_entry(known) == content:
            return known
        if known.state != _State.REFUSED:
            raise SourceIdReused(source_id=source_id)
    _check_content(licence_type, content, is_own=source == _Source.HOLDER)
    holder = content["holder"]
    assert isinstance(holder, dict)
    entry = StockEntry(
        type=licence_type,
        agency_id=agency_id,
        region_path=agencies.agency(agency_id).region_path,
        source=source,
        source_id=source_id,
        holder_kind=holder["kind"],
        number_index=queries.holder_code_index(str(holder["number"])),
        content_sealed=crypto.encrypt(
            json.dumps(content, ensure_ascii=False).encode(), purpose=PURPOSE
        ),
        brought_by=actor.name[:200],
        brought_by_account=actor.account_id,
        brought_at=at,
    )
    entry.save(force_insert=True)
    _settle(entry, at=at)
    if source != _Source.HOLDER and entry.licence is not None:
        check_not_own(actor, entry.licence.holder_kind, entry.licence.holder_id)
    entry.save()
    _record(entry, "entered", actor=actor, at=at)
    return entry


def _check_content(
    licence_type: LicenceType, content: Mapping[str, object], *, is_own: bool = False
) -> None:
    """Fields and holder kind must fit the type; the term must be in order, whatever its rule. A
    number that cannot be would wait for ever for its holder; one's own is known here.
    """
    holder, issuer, fields = content["holder"], content["issuer"], content["fields"]
    assert isinstance(holder, dict)
    assert isinstance(issuer, dict)
    assert isinstance(fields, dict)
    if holder["kind"] not in licence_type.holder_kinds:
        raise HolderKindRefused(holder_kind=holder["kind"])
    problems = FormDefinition(licence_type.fields_schema).validate(fields)
    unknown = set(fields) - set(licence_type.fields_schema.get("properties", {}))
    if not uscc.is_valid(issuer["uscc"]):
        text = _("This is not a credit code.")
        problems = [*problems, FieldProblem("issuer_uscc", "licences.stock_issuer", text)]
    if not issuer["name"]:
        text = _("Name the agency that issued it.")
        problems = [*problems, FieldProblem("issuer_name", "licences.stock_issuer", text)]
    wrong = "" if is_own else number_problem(*(holder[name] for name in _NUMBER))
    if wrong:
        problems = [*problems, FieldProblem("holder_number", "licences.stock_number", wrong)]
    if problems or unknown:
        raise FieldsMalformed(fields=problems, unknown=", ".join(sorted(unknown)))
    first, last = str(content["valid_from"]), content["valid_until"]
    if last is not None and str(last) < first:
        raise ValidityRefused(rule=f"{format_date(first)} – {format_date(str(last))}")


def check_row(row: Row, licence_type: LicenceType) -> None:
    """Note in a row of the agency's own register what its contents lack; nothing is written."""
    assert row.holder is not None, "rows that lack something are not looked at further"
    assert row.valid_from is not None, "rows that lack something are not looked at further"
    issuer = {"uscc": licence_type.code[:18], "name": "-"}  # the agency's own are in order
    content = _content(row.holder, row.fields, row.valid_from, row.valid_until, issuer)
    try:
        _check_content(licence_type, content)
    except Refusal as refusal:
        note_refusal(row, refusal)


def note_refusal(row: Row, refusal: Refusal) -> None:
    """A refusal as problems of a row."""
    for problem in refusal.fields:
        row.refuse(problem.path, problem.code, str(problem.message))
    if not refusal.fields:
        row.refuse("", refusal.code, refusal.text)


def _settle(entry: StockEntry, *, at: datetime) -> None:
    """Match the holder: same number and name, same number and another name, or nobody yet."""
    try:
        holder = find_holder(_given(entry))
    except HolderNameDiffers:
        entry.state = _State.DIFFERS
        return
    if holder is not None:
        _take(entry, holder, at=at)


def _given(entry: StockEntry) -> HolderGiven:
    holder = content_of_entry(entry)["holder"]
    return HolderGiven(
        kind=holder["kind"],
        name=holder["name"],
        number=holder["number"],
        document_type=holder["document_type"] or "resident_id",
    )


def _registered(entry: StockEntry) -> Holder | None:
    """Whoever is registered under the number, under whichever name."""
    given = _given(entry)
    if given.kind == "organisation":
        firm = identity.organisation_by_number(given.number)
        if firm is None:
            return None
        return Holder(
            kind="organisation", id=firm.id, name=firm.name, code=firm.registration_number
        )
    person = identity.find_person(given.document_type, given.number)
    if person is None:
        return None
    return Holder(kind="person", id=person.id, name=person.name, code=person.document_number)


def _take(entry: StockEntry, holder: Holder, *, at: datetime) -> None:
    """Make the licence, unsealed; its payload says what was brought in, and by whom."""
    content = content_of_entry(entry)
    from_agency = entry.source != _Source.HOLDER
    grade = Grade.B if from_agency else Grade.C if entry.scan_file_id else Grade.D
    agency, issuer = agencies.agency(entry.agency_id), content["issuer"]
    serial = next_serial(entry.type.code, agency.id)
    if issuer["uscc"] != agency.uscc or not from_agency:  # numbers of another's register stay free
        serial = f"S{agency.uscc[8:17]}{serial}"
    identifier = str(
        licence_identifier.build(
            type_code=entry.type.code, issuer_uscc=issuer["uscc"], serial=serial, version=1
        )
    )
    fields = content["fields"]
    number = str(fields.get(entry.type.face.get("number_field") or "", "") or serial)
    kept = payload.canonical(
        {
            "format": payload.FORMAT,
            "identifier": identifier,
            "type": {
                "code": entry.type.code,
                "version": entry.type.version,
                "name": entry.type.name,
            },
            "number": number,
            "issuer": issuer,
            "holder": {
                "kind": holder.kind,
                "name": content["holder"]["name"],
                "code": holder.code,
            },
            "fields": fields,
            "valid_from": content["valid_from"],
            "valid_until": content["valid_until"],
            "issued_at": at.isoformat(),
            "replaces": None,
            "brought_in_from": entry.source,
        }
    )
    until = content["valid_until"]
    licence = Licence(
        type=entry.type,
        type_code=entry.type.code,
        identifier=identifier,
        serial=serial,
        version=1,
        agency_id=agency.id,
        region_path=entry.region_path,
        holder_kind=holder.kind,
        holder_id=holder.id,
        holder_code_index=queries.holder_code_index(holder.code),
        payload_sealed=payload.seal_up(kept),
        signature=b"",
        grade=grade,
        checked_by=agency.name if from_agency else "",
        checked_at=at if from_agency else None,
        valid_from=date.fromisoformat(content["valid_from"]),
        valid_until=date.fromisoformat(until) if until else None,
        issued_at=at,
    )
    licence.save(force_insert=True)
    entry.state, entry.licence = _State.TAKEN, licence
    events.publish(
        LicenceBroughtIn(
            licence_id=licence.pk,
            identifier=identifier,
            type_code=licence.type_code,
            grade=grade.value,
            holder_kind=holder.kind,
            holder_id=holder.id,
            agency_id=agency.id,
            brought_at=at,
        ),
        at=at,
    )
    render_faces.enqueue(key=str(licence.pk), licence_id=str(licence.pk))


def _record(
    entry: StockEntry,
    act: str,
    *,
    actor: Actor,
    at: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        actor=actor,
        act=f"licences.stock_{act}",
        object_kind="licences.stock",
        object_id=entry.pk,
        facts={"state": entry.state, "source": entry.source, **(facts or {})},
        at=at,
    )
