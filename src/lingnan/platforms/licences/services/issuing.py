"""Issue a licence: one transaction, one licence for one subject, faces afterwards."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.codes.types import licence_identifier

from .. import payload, queries
from ..errors import (
    FieldsMalformed,
    HolderKindRefused,
    IssuerRefused,
    LicenceUnknown,
    StatusRefused,
    SupersededElsewhere,
    ValidityRefused,
)
from ..events import LicenceIssued
from ..faces import render_faces
from ..life import TRANSITIONS, Verb
from ..models import Licence, LicenceType
from ..seal_log import record_seal_use
from ..types import Holder, Status
from .seal_holding import hold_seal
from .sealing import check_usable, ensure_seal, sign_with_seal
from .standing import apply_verb


@transaction.atomic
def issue_licence(
    *,
    type_code: str,
    holder: Holder,
    fields: Mapping[str, object],
    agency_id: UUID,
    valid_from: date,
    valid_until: date | None,
    actor: Actor,
    at: datetime,
    subject_kind: str = "",
    subject_id: UUID | None = None,
    supersedes_id: UUID | None = None,
    type_on: date | None = None,
) -> Licence:
    """Seal a licence and announce it; the faces are rendered by a job after commit.

    Asked again for the same subject and type, it returns the licence that is there: a retried
    job or a second click issues nothing twice. `supersedes_id` names the licence that this one
    renews or changes: the serial stays, the version rises, the old one is superseded.
    `valid_until` is the last day of validity. The version of the type is that of `type_on`, without
    it that of the first day. Locks the subject, then the old licence, then the serial counter.

    Raises: LicenceTypeUnknown, LicenceUnknown (404); TypeWithdrawn, HolderKindRefused,
    IssuerRefused, ValidityRefused, SupersededElsewhere, StatusRefused, SealUnavailable (409);
    FieldsMalformed (422).
    Source: Plan 五（二）; GB/T 36904-2018; 国务院关于在线政务服务的若干规定 9, 10.
    """
    if subject_id is not None:
        locks.hold("licences.subject", f"{subject_kind}:{subject_id}:{type_code}")
        existing = Licence.objects.filter(
            subject_kind=subject_kind, subject_id=subject_id, type_code=type_code
        ).first()
        if existing is not None:
            return existing
    licence_type = queries.type_in_force(type_code, on=type_on or valid_from)
    queries.check_not_withdrawn(licence_type, on=queries.day_of(at))
    agency = agencies.agency(agency_id)
    check_contents(licence_type, holder.kind, fields, agency, valid_from, valid_until)
    superseded = _access_superseded(supersedes_id, type_code=type_code, holder=holder)
    seal = hold_seal(ensure_seal(agency_id, at=at, actor=actor))
    check_usable(seal, at=at)

    if superseded is None:
        serial, version, issuer = next_serial(type_code, agency_id), 1, agency.uscc
    else:
        parsed = licence_identifier.parse(superseded.identifier)
        serial, version, issuer = superseded.serial, superseded.version + 1, parsed.issuer_uscc
    identifier = str(
        licence_identifier.build(
            type_code=type_code, issuer_uscc=issuer, serial=serial, version=version
        )
    )
    number = str(fields.get(licence_type.face.get("number_field") or "", "") or serial)
    signed = payload.canonical(
        {
            "format": payload.FORMAT,
            "identifier": identifier,
            "type": {
                "code": licence_type.code,
                "version": licence_type.version,
                "name": licence_type.name,
            },
            "number": number,
            "issuer": {"uscc": agency.uscc, "name": agency.name},
            "holder": {"kind": holder.kind, "name": holder.name, "code": holder.code},
            "fields": dict(fields),
            "valid_from": valid_from.isoformat(),
            "valid_until": valid_until.isoformat() if valid_until else None,
            "issued_at": at.isoformat(),
            "replaces": superseded.identifier if superseded else None,
            "test": True,
        }
    )
    licence = Licence(
        type=licence_type,
        type_code=type_code,
        identifier=identifier,
        serial=serial,
        version=version,
        supersedes=superseded,
        agency_id=agency_id,
        region_path=agency.region_path,
        holder_kind=holder.kind,
        holder_id=holder.id,
        holder_code_index=queries.holder_code_index(holder.code),
        payload_sealed=payload.seal_up(signed),
        signature=sign_with_seal(seal, signed),
        seal=seal,
        valid_from=valid_from,
        valid_until=valid_until,
        issued_at=at,
        subject_kind=subject_kind,
        subject_id=subject_id,
    )
    licence.save(force_insert=True)
    record_seal_use(
        seal,
        purpose=f"licence {identifier}",
        content=signed,
        rule=f"{subject_kind} {subject_id}".strip() if subject_id else "automatic",
        actor=actor,
        at=at,
        is_audited=False,
    )
    if superseded is not None:
        apply_verb(
            superseded,
            verb=Verb.SUPERSEDE,
            ground_code="superseded",
            reason=identifier,
            actor=actor,
            at=at,
        )
    events.publish(
        LicenceIssued(
            licence_id=licence.pk,
            identifier=identifier,
            type_code=type_code,
            holder_kind=holder.kind,
            holder_id=holder.id,
            agency_id=agency_id,
            region_path=agency.region_path,
            subject_kind=subject_kind,
            subject_id=subject_id,
            issued_at=at,
            supersedes_id=superseded.pk if superseded else None,
            supersedes_identifier=superseded.identifier if superseded else "",
        ),
        at=at,
    )
    audit.record(
        actor=actor,
        act="licences.issued",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={
            "identifier": identifier,
            "seal_id": seal.pk,
            "payload_sm3": crypto.sm3(signed).hex(),
            "subject_kind": subject_kind,
            "subject_id": subject_id,
        },
        at=at,
    )
    render_faces.enqueue(key=str(licence.pk), licence_id=str(licence.pk))
    return licence


def check_contents(
    licence_type: LicenceType,
    holder_kind: str,
    fields: Mapping[str, object],
    agency: AgencyCard,
    valid_from: date,
    valid_until: date | None,
) -> None:
    """Whether a licence of the type may say this, by this agency, for this term. No query.

    Raises: HolderKindRefused, IssuerRefused, ValidityRefused (409); FieldsMalformed (422).
    """
    if holder_kind not in licence_type.holder_kinds:
        raise HolderKindRefused(holder_kind=holder_kind)
    if not queries.issues(licence_type, agency):
        raise IssuerRefused(agency=agency.name)
    _check_validity(licence_type, valid_from, valid_until)
    problems = FormDefinition(licence_type.fields_schema).validate(fields)
    unknown = set(fields) - set(licence_type.fields_schema.get("properties", {}))
    if problems or unknown:
        raise FieldsMalformed(fields=problems, unknown=", ".join(sorted(unknown)))


def _check_validity(licence_type: LicenceType, valid_from: date, valid_until: date | None) -> None:
    rule = licence_type.validity
    kind, years = rule["kind"], rule.get("years")
    stated = f"{kind} {years}" if years else kind
    if valid_until is not None and valid_until < valid_from:
        raise ValidityRefused(rule=stated)
    if kind == "permanent" and valid_until is not None:
        raise ValidityRefused(rule=stated)
    if kind == "years":
        last = _add_years(valid_from, years)
        if valid_until is None or valid_until > last:
            raise ValidityRefused(rule=stated)


def _add_years(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, month=3, day=1)


def _access_superseded(
    supersedes_id: UUID | None, *, type_code: str, holder: Holder
) -> Licence | None:
    if supersedes_id is None:
        return None
    old = (
        Licence.objects.select_for_update(of=("self",))
        .filter(pk=supersedes_id, type_code=type_code, holder_id=holder.id)
        .first()
    )
    if old is None:
        raise LicenceUnknown
    if Licence.objects.filter(supersedes=old).exists():
        raise SupersededElsewhere(identifier=old.identifier)
    if old.status not in TRANSITIONS[Verb.SUPERSEDE][0]:
        raise StatusRefused(status=Status(old.status).label, wanted=Status.SUPERSEDED.label)
    return old


def next_serial(type_code: str, agency_id: UUID) -> str:
    """The next serial of the type at this agency; the counter row is locked until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO licences_serialcounter (type_code, agency_id, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (type_code, agency_id)"
            " DO UPDATE SET last = licences_serialcounter.last + 1 RETURNING last",
            [type_code, agency_id],
        )
        row = cursor.fetchone()
    assert row is not None
    return f"{row[0]:08d}"
