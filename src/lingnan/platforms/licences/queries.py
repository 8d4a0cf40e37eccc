"""Questions about licences; never writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.kernel.text import LocalisedText, localise
from lingnan.platforms.identity import queries as identity
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard

from . import payload
from .errors import LicenceTypeUnknown, LicenceUnknown, TypeWithdrawn
from .grades import prefilled_grades
from .models import (
    Batch,
    BatchRow,
    Consent,
    Licence,
    LicenceType,
    LicenceUse,
    Seal,
    SealChange,
    StatusChange,
)
from .types import (
    ASK_CONSENT,
    ISSUE,
    VIEW_LICENCES,
    LicenceCard,
    PrefillValue,
    SealStanding,
    SealState,
    Status,
)

_CARD = ("type", "agency", "seal")
_CODE_PURPOSE = "licences.verify_code"
_HOLDER_PURPOSE = "licences.holder_code"
VERIFY_CODE_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCard:
    """A seal as others see it."""

    id: UUID
    name: str
    esid: str
    state: str
    valid_from: datetime
    valid_until: datetime


def day_of(at: datetime) -> date:
    """The date in China of an instant."""
    return clock.local_date(at)


def held_by(actor: Actor) -> Q:
    """Licences of the person or organisation the actor acts for.

    Nothing of an organisation that nobody has proved to lead: anyone can name its number first.
    """
    if actor.principal is None or not is_proven(actor.principal):
        return Q(pk__in=[])
    return Q(holder_kind=actor.principal.kind, holder_id=actor.principal.id)


def held_through(actor: Actor) -> Q:
    """The same of rows that name a licence; none under a mandate for certain matters."""
    principal = actor.principal
    if principal is None or actor.matter_codes is not None or not is_proven(principal):
        return Q(pk__in=[])
    return Q(licence__holder_kind=principal.kind, licence__holder_id=principal.id)


def is_proven(principal: Principal) -> bool:
    """Whether someone has proved that he leads the organisation; a person is himself. One query."""
    if principal.kind != "organisation":
        return True
    return identity.level_of_organisation(principal.id, at=clock.now()) > 0


def received_by(actor: Actor) -> Q:
    """Requests put to whom the actor acts for; none under a mandate for certain matters."""
    if actor.principal is None or actor.matter_codes is not None:
        return Q(pk__in=[])
    if not is_proven(actor.principal):
        return Q(pk__in=[])
    return Q(holder_kind=actor.principal.kind, holder_id=actor.principal.id)


def asked_by(actor: Actor) -> Q:
    """Requests of the actor's agency, or of the firm he acts for."""
    if actor.is_officer and actor.agency_id is not None and actor.can(ASK_CONSENT):
        return Q(asker_kind="agency", asker_id=actor.agency_id)
    principal = actor.principal
    firm = principal is not None and principal.kind == "organisation"
    if firm and principal is not None and actor.matter_codes is None and is_proven(principal):
        return Q(asker_kind="organisation", asker_id=principal.id)
    return Q(pk__in=[])


def name_at_work(actor: Actor) -> str:
    """Who looked, as the holder reads it: the officer and his agency."""
    if actor.agency_id is None:
        return actor.name
    return f"{agencies.agency(actor.agency_id).name} {actor.name}"


def holder_code_index(code: str) -> str:
    """The blind index by which licences of a document number or credit code are found."""
    return crypto.blind_index(code.strip().upper(), purpose=_HOLDER_PURPOSE)


def verify_code(identifier: str) -> str:
    """The code printed on a licence (in its QR): who has it has seen the licence."""
    return crypto.blind_index(identifier, purpose=_CODE_PURPOSE)[:VERIFY_CODE_LENGTH]


def type_in_force(type_code: str, *, on: date) -> LicenceType:
    """The version of a type in force on a day.

    Raises: LicenceTypeUnknown (404), TypeWithdrawn (409).
    """
    found = version_on(type_code, on=on)
    if found is None:  # never begun, or withdrawn on the day it began
        found = LicenceType.objects.filter(code=type_code, effective_until__lte=on).first()
    if found is None:
        raise LicenceTypeUnknown(type_code=type_code)
    check_not_withdrawn(found, on=on)
    return found


def type_as_known(type_code: str, *, on: date) -> LicenceType:
    """The newest version that had begun by a day, also of a type withdrawn since: what was issued
    under it is read by it. Raises: LicenceTypeUnknown (404).
    """
    found = version_on(type_code, on=on)
    if found is None:  # withdrawn on the day it began, before which licences were issued
        begun = LicenceType.objects.filter(code=type_code, effective_from__lte=on)
        found = begun.order_by("-version").first()
    if found is None:
        raise LicenceTypeUnknown(type_code=type_code)
    return found


def version_on(type_code: str, *, on: date) -> LicenceType | None:
    """The newest version that had begun by a day, withdrawn since or not; None before the first."""
    return _ever_in_force(on).filter(code=type_code).order_by("-version").first()


def check_not_withdrawn(licence_type: LicenceType, *, on: date) -> None:
    """Raises: TypeWithdrawn (409) where nothing is issued under the type any more."""
    until = licence_type.effective_until
    if until is not None and until <= on:
        raise TypeWithdrawn(type=localise(licence_type.name), on=until.isoformat())


def types(*, on: date) -> list[LicenceType]:
    """The newest version in force of every type, by code; none of a type that was withdrawn."""
    rows = _ever_in_force(on).order_by("code", "-version").distinct("code")
    return [row for row in rows if row.effective_until is None or row.effective_until > on]


def _ever_in_force(on: date) -> QuerySet[LicenceType]:
    """Versions that had begun by a day; not those withdrawn before they began."""
    rows = LicenceType.objects.filter(effective_from__lte=on)
    return rows.exclude(effective_until__lte=F("effective_from"))


def issues(licence_type: LicenceType, agency: AgencyCard) -> bool:
    """Whether an agency issues a type: it is named, or its kind and region are. No query."""
    named = licence_type.issuer_agencies
    kinds, places = licence_type.issuer_kinds, licence_type.issuer_regions
    if agency.uscc in named:
        return True
    if named and not kinds and not places:
        return False
    within = not places or any(code in agency.region_path.split("/") for code in places)
    return within and (not kinds or agency.kind in kinds)


def type_name_of(licence: Licence) -> str:
    """The name of the licence's type in the reader's language."""
    return localise(licence.type.name)


def row(licence_id: UUID) -> Licence:
    """One licence with what its card needs. Raises: LicenceUnknown (404)."""
    found = Licence.objects.select_related(*_CARD).filter(pk=licence_id).first()
    if found is None:
        raise LicenceUnknown
    return found


def successor(licence_id: UUID) -> Licence | None:
    """The licence that renews or changes this one, whether it has taken over yet or not."""
    return Licence.objects.select_related(*_CARD).succeeding(licence_id).first()


def licence(licence_id: UUID, *, on: date | None = None) -> LicenceCard:
    """One licence's card; the caller has checked who asks. Raises: LicenceUnknown (404)."""
    return card(row(licence_id), on=on)


def licence_of_subject(
    subject_kind: str, subject_id: UUID, *, on: date | None = None
) -> LicenceCard | None:
    """The newest licence issued for a subject (a case), if any."""
    found = (
        Licence.objects.select_related(*_CARD)
        .filter(subject_kind=subject_kind, subject_id=subject_id)
        .order_by("-issued_at")
        .first()
    )
    return card(found, on=on) if found else None


def licences_of(
    principal: Principal, *, type_code: str = "", only_valid: bool = False, on: date | None = None
) -> list[LicenceCard]:
    """What a person or organisation holds, newest first, without superseded versions. One query."""
    rows = (
        Licence.objects.select_related(*_CARD)
        .filter(holder_kind=principal.kind, holder_id=principal.id)
        .exclude(status=Status.SUPERSEDED)
        .order_by("-issued_at", "-id")
    )
    if type_code:
        rows = rows.filter(type_code=type_code)
    cards = [card(found, on=on) for found in rows[:500]]
    return [found for found in cards if found.status is Status.VALID] if only_valid else cards


def page_of_own(
    actor: Actor, *, type_code: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Licence]:
    """The actor's principal's licences as a keyset page, newest first. One query.

    None under a mandate for certain matters: a licence does not say its matter.
    """
    rows = Licence.objects.select_related(*_CARD).filter(held_by(actor))
    if type_code:
        rows = rows.filter(type_code=type_code)
    if actor.matter_codes is not None:
        rows = rows.none()
    return keyset_page(rows, order=("-issued_at", "-id"), cursor=cursor, limit=limit)


def own_in_force(actor: Actor, type_code: str, *, on: date) -> list[LicenceCard]:
    """The valid licences of a type of whom the actor acts for, newest first. One query.

    None under a mandate for certain matters.
    """
    if not type_code or actor.principal is None or actor.matter_codes is not None:
        return []
    if not is_proven(actor.principal):
        return []
    return licences_of(actor.principal, type_code=type_code, only_valid=True, on=on)


def search(
    actor: Actor,
    *,
    identifier: str = "",
    holder_code: str = "",
    type_code: str = "",
    status: str = "",
    on: date | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Licence]:
    """Licences within an officer's reach, newest first; `status` as of a day. One query.

    A holder is found by the exact number only: it is stored encrypted.
    """
    rows = Licence.objects.select_related(*_CARD).filter(actor.reach(VIEW_LICENCES).q())
    if identifier:
        rows = rows.filter(identifier=identifier.strip().upper())
    if holder_code:
        rows = rows.filter(holder_code_index=holder_code_index(holder_code))
    if type_code:
        rows = rows.filter(type_code=type_code)
    if status:
        rows = rows.standing(status, on=on or clock.today())
    return keyset_page(rows, order=("-issued_at", "-id"), cursor=cursor, limit=limit)


def by_identifier(identifier: str) -> Licence | None:
    """The licence of an identifier; identifiers are written in capitals."""
    return (
        Licence.objects.select_related(*_CARD).filter(identifier=identifier.strip().upper()).first()
    )


def status_now(identifier: str, *, on: date) -> Status | None:
    """How the register says a licence stands on a day; None for an unknown one. One query."""
    found = by_identifier(identifier)
    return found.status_on(on) if found is not None else None


def by_face_digest(digest_sm3: str) -> Licence | None:
    """The licence of which a file is a face, byte for byte."""
    return Licence.objects.select_related(*_CARD).filter(faces__digest_sm3=digest_sm3).first()


def uses_of(licence_id: UUID, *, limit: int = 100) -> list[LicenceUse]:
    """The log of uses, newest first. One query."""
    rows = LicenceUse.objects.filter(licence_id=licence_id).order_by("-used_at", "-id")
    return list(rows[:limit])


def versions_of(found: Licence) -> list[Licence]:
    """Every version of the licence's serial, newest first. One query."""
    rows = Licence.objects.filter(
        type_code=found.type_code, agency_id=found.agency_id, serial=found.serial
    )
    return list(rows.order_by("-version"))


def page_of_uses(
    actor: Actor,
    *,
    kind: str = "",
    licence_id: UUID | None = None,
    since: date | None = None,
    cursor: str | None = None,
    limit: int = 30,
) -> Page[LicenceUse]:
    """Every use of the licences of whom one acts for, newest first. One query."""
    rows = LicenceUse.objects.select_related("licence__type")
    principal = actor.principal
    if principal is None or actor.matter_codes is not None:
        rows = rows.none()
    else:
        rows = rows.filter(licence__holder_kind=principal.kind, licence__holder_id=principal.id)
    if kind:
        rows = rows.filter(kind=kind)
    if licence_id is not None:
        rows = rows.filter(licence_id=licence_id)
    if since is not None:
        start = datetime.combine(since, datetime.min.time(), tzinfo=clock.SHANGHAI)
        rows = rows.filter(used_at__gte=start)
    return keyset_page(rows, order=("-used_at", "-id"), cursor=cursor, limit=limit)


def page_of_consents(
    actor: Actor, *, asked: bool, cursor: str | None = None, limit: int = 20
) -> Page[Consent]:
    """Requests the actor's side made (`asked`) or received, newest first. One query."""
    rows = Consent.objects.filter(asked_by(actor) if asked else received_by(actor))
    return keyset_page(rows, order=("-asked_at", "-id"), cursor=cursor, limit=limit)


def count_open_consents(actor: Actor, *, at: datetime) -> int:
    """How many requests wait for an answer. One query."""
    rows = Consent.objects.filter(received_by(actor), state=Consent.State.ASKED)
    return rows.filter(answer_by__gt=at).count()


def prefill(principal: Principal, *, paths: Iterable[str], on: date) -> dict[str, PrefillValue]:
    """Values for form paths `licences.<key>.<field>` from valid licences, the newest of each type.

    At most one query; none where no path asks for a licence. Plan 五（二）2（1）.
    """
    wanted = {path for path in paths if path.startswith("licences.") and path.count(".") == 2}
    if not wanted:
        return {}
    keys = {path.split(".")[1] for path in wanted}
    found: dict[str, PrefillValue] = {}
    for row in _trusted(principal, keys, on=on):
        shown = card(row, on=on)
        for name, value in shown.fields.items():
            path = f"licences.{row.type.key}.{name}"
            if path in wanted and value not in (None, ""):
                found[path] = PrefillValue(
                    value=str(value),
                    licence_id=row.pk,
                    type_name=shown.type_name,
                    agency_name=shown.agency_name,
                )
    return found


def valid_of_key(principal: Principal, key: str, *, on: date) -> list[LicenceCard]:
    """Valid licences of the types with a key, of a grade that fills in forms. One query."""
    return [card(row, on=on) for row in _trusted(principal, {key}, on=on)]


def _trusted(principal: Principal, keys: set[str], *, on: date) -> QuerySet[Licence]:
    return (
        Licence.objects.select_related(*_CARD)
        .filter(
            holder_kind=principal.kind,
            holder_id=principal.id,
            type__key__in=keys,
        )
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on))
        .filter(status=Status.VALID, valid_from__lte=on)
        .filter(grade__in=prefilled_grades(on=on))
        .order_by("issued_at", "id")
    )


def changes_of(licence_id: UUID) -> list[StatusChange]:
    """The history of the status, newest first. One query."""
    rows = StatusChange.objects.filter(licence_id=licence_id)
    return list(rows.order_by("-changed_at", "-id"))


def page_of_batches(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[Batch]:
    """Batches within an officer's reach, newest first. One query."""
    rows = Batch.objects.select_related("type", "agency").filter(actor.reach(ISSUE).q())
    return keyset_page(rows, order=("-made_at", "-id"), cursor=cursor, limit=limit)


def page_of_rows(
    batch: Batch, *, only_problems: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[BatchRow]:
    """Rows of a batch in the order of the file. One query."""
    rows = batch.rows.select_related("licence")
    if only_problems:
        rows = rows.exclude(problems=[])
    return keyset_page(rows, order=("number",), cursor=cursor, limit=limit)


def types_issued_by(agency: AgencyCard, *, on: date) -> list[LicenceType]:
    """The types in force that an agency issues. One query."""
    return [row for row in types(on=on) if issues(row, agency)]


def seal_card(seal: Seal) -> SealCard:
    """A seal's card."""
    return SealCard(
        id=seal.pk,
        name=seal.name,
        esid=seal.esid,
        state=seal.state,
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
    )


def seal_standing_at(esid: str, der: bytes, at: datetime) -> SealStanding | None:
    """What our register says of a seal at an instant; None for a seal we never had. Two queries.

    A seal with a number of ours that is not the seal we made is an imitation.
    """
    found = Seal.objects.filter(esid=esid).first()
    if found is None:
        return None
    if bytes(found.der) != der:
        return SealStanding(could_seal=False, state="imitation", since=None)
    if not found.valid_from <= at < found.valid_until:
        return SealStanding(could_seal=False, state="outside", since=found.valid_until)
    # Signatures name whole seconds, so a step in the same second counts as taken.
    change = (
        SealChange.objects.filter(seal=found, changed_at__lt=at + timedelta(seconds=1))
        .order_by("-changed_at", "-id")
        .first()
    )
    if change is None:
        return SealStanding(could_seal=True, state=found.state, since=None)
    could_seal = change.state == SealState.ACTIVE
    return SealStanding(could_seal=could_seal, state=change.state, since=change.changed_at)


def cards(rows: Iterable[Licence], *, on: date | None = None) -> list[LicenceCard]:
    """Cards of rows that carry their type and agency."""
    return [card(found, on=on) for found in rows]


def card(found: Licence, *, on: date | None = None) -> LicenceCard:
    """The card of a row that carries its type and agency; decrypts its payload."""
    content = payload.payload_of(found)
    name: LocalisedText = found.type.name
    holder = content["holder"]
    return LicenceCard(
        id=found.pk,
        identifier=found.identifier,
        type_code=found.type_code,
        type_name=name,
        number=content["number"],
        version=found.version,
        status=found.status_on(on or clock.today()),
        status_ground=found.status_ground,
        holder_kind=holder["kind"],
        holder_id=found.holder_id,
        holder_name=holder["name"],
        holder_code=holder["code"],
        agency_id=found.agency_id,
        agency_name=content["issuer"]["name"],
        fields=content["fields"],
        shown_fields=payload.shown_fields(found.type, content["fields"]),
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        issued_at=found.issued_at,
        subject_kind=found.subject_kind,
        subject_id=found.subject_id,
        verify_path=f"/verify/{found.identifier}/?code={verify_code(found.identifier)}",
        face_style=found.type.face.get("style", "red"),
        replaces=content.get("replaces") or "",
        grade=found.grade,
        checked_by=found.checked_by,
        checked_at=found.checked_at,
    )
