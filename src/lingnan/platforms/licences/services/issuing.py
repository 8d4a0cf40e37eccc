"""Issue a licence: one licence for one subject, faces afterwards.

`issue_licence` is one transaction, for whoever issues within his own (a case). `issue_apart` asks
the seal's key between two, so that a slow signing device keeps nobody waiting.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Refusal
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
    IssueOvertaken,
    IssuerRefused,
    LicenceUnknown,
    OldTermRefused,
    StatusRefused,
    SupersededElsewhere,
    ValidityRefused,
)
from ..events import LicenceIssued
from ..faces import render_faces
from ..life import TRANSITIONS, Verb
from ..models import Licence, LicenceType, Seal
from ..seal_log import record_seal_use
from ..types import Holder, Status
from .seal_holding import hold_seal
from .sealing import check_usable, ensure_seal, sign_with_seal
from .standing import apply_verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be issued, for whom, by whom; as the arguments of `issue_licence`."""

    type_code: str
    holder: Holder
    fields: Mapping[str, object]
    agency_id: UUID
    valid_from: date
    valid_until: date | None
    actor: Actor
    at: datetime
    subject_kind: str = ""
    subject_id: UUID | None = None
    supersedes_id: UUID | None = None
    type_on: date | None = None
    is_old: bool = False
    """Brought in: it keeps its term, which the rule of its first day allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A licence in its words, not signed and in no table; what it rests on was checked."""

    order: Order
    licence_type: LicenceType
    agency: AgencyCard
    superseded: Licence | None
    seal: Seal
    serial: str
    version: int
    identifier: str
    words: bytes


Look = Callable[[], Order | Licence]


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
    `valid_until` is the last day of validity. One that begins later takes over on its first day
    (`supersede_begun`); until then the old one stays as it is. The version of the type is that of
    `type_on`, without it that of the first day. Locks the subject, then the old licence, then the
    serial counter.

    Raises: LicenceTypeUnknown, LicenceUnknown (404); TypeWithdrawn, HolderKindRefused,
    IssuerRefused, ValidityRefused, SupersededElsewhere, StatusRefused, SealUnavailable (409);
    FieldsMalformed (422).
    Source: Plan 五（二）; GB/T 36904-2018; 国务院关于在线政务服务的若干规定 9, 10.
    """
    order = Order(
        type_code=type_code,
        holder=holder,
        fields=fields,
        agency_id=agency_id,
        valid_from=valid_from,
        valid_until=valid_until,
        actor=actor,
        at=at,
        subject_kind=subject_kind,
        subject_id=subject_id,
        supersedes_id=supersedes_id,
        type_on=type_on,
    )
    existing = _of_subject(order)
    if existing is not None:
        return existing
    draft = _draw_up(order)
    return _keep(draft, sign_with_seal(draft.seal, draft.words))


def issue_apart(look: Look) -> Licence:
    """As `issue_licence`, but the seal signs between two transactions.

    `look` says what is to be issued, or gives the licence that is there; it is asked in both, and
    what it does in the first is taken back. Raises: as `issue_licence` and `look`; IssueOvertaken
    (409); DeviceAway (503), DeviceRefused (409).
    """
    with transaction.atomic():
        found = prepare(look)
    if isinstance(found, Licence):
        return found
    draft = found

    @transaction.atomic
    def finish(signature: bytes) -> Licence:
        return keep_prepared(draft, look, signature)

    return sign_prepared(draft, finish)


def prepare(look: Look) -> Draft | Licence:
    """In the caller's transaction: check all and draw up the words; only the number stays taken."""
    with transaction.atomic():
        found = look()
        if isinstance(found, Licence):
            return found
        checked = _check(found)
        transaction.set_rollback(True)
    return _write(checked, _usable_seal(found))


def sign_prepared(draft: Draft, finish: Callable[[bytes], Licence]) -> Licence:
    """Sign while no row is locked, then `finish` in a transaction of the caller's.

    A number under which nothing was issued goes back, where it is still the last one. Where
    nobody can tell (the connection was lost while it was kept), the number stays taken.
    """
    try:
        signature = sign_with_seal(draft.seal, draft.words)
    except BaseException:
        _give_back(draft)
        raise
    try:
        kept = finish(signature)
    except Refusal:
        _give_back(draft)
        raise
    if kept.identifier != draft.identifier:
        _give_back(draft)
    return kept


def keep_prepared(draft: Draft, look: Look, signature: bytes) -> Licence:
    """In the caller's transaction: look and check again, and keep what was signed.

    Raises: IssueOvertaken (409) where it would now say something else or by another seal.
    """
    _hold_subject(draft.order)
    found = look()
    if isinstance(found, Licence):
        return found
    now = _draw_up(found, serial=draft.serial)
    if now.words != draft.words or now.seal.pk != draft.seal.pk:
        raise IssueOvertaken
    return _keep(now, signature)


def _hold_subject(order: Order) -> None:
    """Hold the subject: of two who issue for it, the second finds the licence of the first."""
    if order.subject_id is not None:
        locks.hold("licences.subject", f"{order.subject_kind}:{order.subject_id}:{order.type_code}")


def _of_subject(order: Order) -> Licence | None:
    if order.subject_id is None:
        return None
    _hold_subject(order)
    return Licence.objects.filter(
        subject_kind=order.subject_kind, subject_id=order.subject_id, type_code=order.type_code
    ).first()


def _draw_up(order: Order, *, serial: str = "") -> Draft:
    """Check all a licence rests on and write its words; without a serial, the next one is taken."""
    checked = _check(order)
    return _write(checked, _usable_seal(order), serial=serial)


@dataclass(frozen=True, slots=True)
class _Checked:
    order: Order
    licence_type: LicenceType
    agency: AgencyCard
    superseded: Licence | None


def _check(order: Order) -> _Checked:
    licence_type = queries.type_in_force(order.type_code, on=order.type_on or order.valid_from)
    queries.check_not_withdrawn(licence_type, on=queries.day_of(order.at))
    agency = agencies.agency(order.agency_id)
    check_contents(
        licence_type,
        order.holder.kind,
        order.fields,
        agency,
        order.valid_from,
        order.valid_until,
        is_old=order.is_old,
    )
    if order.is_old:
        _check_old_term(order)
    superseded = _access_superseded(
        order.supersedes_id,
        type_code=order.type_code,
        holder=order.holder,
        on=queries.day_of(order.at),
    )
    return _Checked(order, licence_type, agency, superseded)


def _usable_seal(order: Order) -> Seal:
    """The agency's seal, held until the transaction ends. Raises: SealUnavailable, SealUnusable."""
    seal = hold_seal(ensure_seal(order.agency_id, at=order.at, actor=order.actor))
    check_usable(seal, at=order.at)
    return seal


def _write(checked: _Checked, seal: Seal, *, serial: str = "") -> Draft:
    """The licence in words. Without a serial, the next one is taken."""
    order, superseded, licence_type = checked.order, checked.superseded, checked.licence_type
    fields, holder, agency = order.fields, order.holder, checked.agency
    if superseded is None:
        serial = serial or next_serial(order.type_code, order.agency_id)
        version, issuer = 1, agency.uscc
    else:
        serial, version = superseded.serial, _next_version(superseded)
        issuer = licence_identifier.parse(superseded.identifier).issuer_uscc
    identifier = str(
        licence_identifier.build(
            type_code=order.type_code, issuer_uscc=issuer, serial=serial, version=version
        )
    )
    number = str(fields.get(licence_type.face.get("number_field") or "", "") or serial)
    words = payload.canonical(
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
            "valid_from": order.valid_from.isoformat(),
            "valid_until": order.valid_until.isoformat() if order.valid_until else None,
            "issued_at": order.at.isoformat(),
            "replaces": superseded.identifier if superseded else None,
            "test": True,
        }
    )
    return Draft(
        order=order,
        licence_type=licence_type,
        agency=agency,
        superseded=superseded,
        seal=seal,
        serial=serial,
        version=version,
        identifier=identifier,
        words=words,
    )


def _next_version(superseded: Licence) -> int:
    """One more than any under this serial, those ended before they began among them."""
    same = Licence.objects.filter(
        type_code=superseded.type_code, agency_id=superseded.agency_id, serial=superseded.serial
    )
    last: int = same.aggregate(last=Max("version"))["last"]
    return last + 1


def _keep(draft: Draft, signature: bytes) -> Licence:
    order, agency, seal, superseded = draft.order, draft.agency, draft.seal, draft.superseded
    licence = Licence(
        type=draft.licence_type,
        type_code=order.type_code,
        identifier=draft.identifier,
        serial=draft.serial,
        version=draft.version,
        supersedes=superseded,
        agency_id=order.agency_id,
        region_path=agency.region_path,
        holder_kind=order.holder.kind,
        holder_id=order.holder.id,
        holder_code_index=queries.holder_code_index(order.holder.code),
        payload_sealed=payload.seal_up(draft.words),
        signature=signature,
        seal=seal,
        valid_from=order.valid_from,
        valid_until=order.valid_until,
        issued_at=order.at,
        subject_kind=order.subject_kind,
        subject_id=order.subject_id,
    )
    licence.save(force_insert=True)
    subject = f"{order.subject_kind} {order.subject_id}".strip()
    record_seal_use(
        seal,
        purpose=f"licence {licence.identifier}",
        content=draft.words,
        rule=subject if order.subject_id else "automatic",
        actor=order.actor,
        at=order.at,
        is_audited=False,
    )
    if superseded is not None and order.valid_from <= queries.day_of(order.at):
        apply_verb(
            superseded,
            verb=Verb.SUPERSEDE,
            ground_code="superseded",
            reason=licence.identifier,
            actor=order.actor,
            at=order.at,
        )
    _announce(draft, licence)
    render_faces.enqueue(key=str(licence.pk), licence_id=str(licence.pk))
    return licence


def _announce(draft: Draft, licence: Licence) -> None:
    order, superseded = draft.order, draft.superseded
    events.publish(
        LicenceIssued(
            licence_id=licence.pk,
            identifier=licence.identifier,
            type_code=order.type_code,
            holder_kind=order.holder.kind,
            holder_id=order.holder.id,
            agency_id=order.agency_id,
            region_path=draft.agency.region_path,
            subject_kind=order.subject_kind,
            subject_id=order.subject_id,
            issued_at=order.at,
            supersedes_id=superseded.pk if superseded else None,
            supersedes_identifier=superseded.identifier if superseded else "",
        ),
        at=order.at,
    )
    audit.record(
        actor=order.actor,
        act="licences.issued",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={
            "identifier": licence.identifier,
            "seal_id": draft.seal.pk,
            "payload_sm3": crypto.sm3(draft.words).hex(),
            "subject_kind": order.subject_kind,
            "subject_id": order.subject_id,
        },
        at=order.at,
    )


def check_contents(
    licence_type: LicenceType,
    holder_kind: str,
    fields: Mapping[str, object],
    agency: AgencyCard,
    valid_from: date,
    valid_until: date | None,
    *,
    is_old: bool = False,
) -> None:
    """Whether a licence of the type may say this, by this agency, for this term. No query.

    The term of an old one is not measured by this version of its type.

    Raises: HolderKindRefused, IssuerRefused, ValidityRefused (409); FieldsMalformed (422).
    """
    if holder_kind not in licence_type.holder_kinds:
        raise HolderKindRefused(holder_kind=holder_kind)
    if not queries.issues(licence_type, agency):
        raise IssuerRefused(agency=agency.name)
    if not is_old:
        _check_validity(licence_type, valid_from, valid_until)
    problems = FormDefinition(licence_type.fields_schema).validate(fields)
    unknown = set(fields) - set(licence_type.fields_schema.get("properties", {}))
    if problems or unknown:
        raise FieldsMalformed(fields=problems, unknown=", ".join(sorted(unknown)))


def _check_validity(licence_type: LicenceType, valid_from: date, valid_until: date | None) -> None:
    kind, years = licence_type.validity["kind"], licence_type.validity.get("years")
    if valid_until is not None and valid_until < valid_from:
        raise ValidityRefused(rule=_("The last day is before the first"))
    if kind == "permanent" and valid_until is not None:
        raise ValidityRefused(rule=pgettext("validity", "Without end"))
    if kind == "years":
        last = _add_years(valid_from, years)
        if valid_until is None or valid_until > last:
            raise ValidityRefused(rule=_("At most %(years)s years") % {"years": years})


def _check_old_term(order: Order) -> None:
    """Of a licence brought in: the rule of its first day. Where our types do not go back so far,
    the term it was issued with stands. Raises: OldTermRefused (409).
    """
    then = queries.version_on(order.type_code, on=order.valid_from)
    if then is None:
        return
    try:
        _check_validity(then, order.valid_from, order.valid_until)
    except ValidityRefused as refusal:
        raise OldTermRefused(rule=refusal.facts["rule"]) from refusal


def _add_years(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, month=3, day=1)


def _access_superseded(
    supersedes_id: UUID | None, *, type_code: str, holder: Holder, on: date
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
    if Licence.objects.succeeding(old.pk).exists():
        raise SupersededElsewhere(identifier=old.identifier)
    status = old.status_on(on)
    if status not in TRANSITIONS[Verb.SUPERSEDE][0]:  # one that has not begun either
        raise StatusRefused(status=status.label, wanted=Status.SUPERSEDED.label)
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


@transaction.atomic
def _give_back(draft: Draft) -> None:
    """The serial of a licence that was not issued, unless another one was taken after it."""
    if draft.superseded is not None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE licences_serialcounter SET last = last - 1"
            " WHERE type_code = %s AND agency_id = %s AND last = %s AND NOT EXISTS"
            " (SELECT 1 FROM licences_licence AS kept WHERE kept.type_code = %s"
            " AND kept.agency_id = %s AND kept.serial = %s)",
            [
                *(draft.order.type_code, draft.order.agency_id, int(draft.serial)),
                *(draft.order.type_code, draft.order.agency_id, draft.serial),
            ],
        )
