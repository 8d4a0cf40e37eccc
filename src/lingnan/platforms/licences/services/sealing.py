"""Seals at work: the agency's own made at first need, checked before each use, each use logged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import locks
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import ofd as ofd_seals
from .. import ses
from ..errors import SealUnavailable, SealUnusable
from ..models import Seal, SealChange
from ..pdf_sealing import sign_twice
from ..seal_log import record_seal_use
from ..seal_picture import draw_seal
from ..types import SealKind, SealPlace, SealState

_MAKER_PURPOSE = "licences.seal_maker"
_TERM = timedelta(days=5 * 365 - 1)  # ends before its certificate does
_FIRST_NEED = "测试环境首次使用时自动制作、备案并启用"
_OUT_OF_USE = (SealState.SUSPENDED, SealState.LOST)


def ensure_seal(agency_id: UUID, *, at: datetime, actor: Actor = SYSTEM) -> Seal:
    """The agency's own seal in use; made at first need, with its key, certificate and picture.

    A seal past its term is replaced. Made seals are test seals: the certificate and the picture say
    so. A seal that is suspended or was reported lost is not replaced but by an application.
    Raises: SealUnavailable (409) while suspended; the refusal of agencies for an unknown one.
    Source: GB/T 38540-2020, 6.
    """
    found = _in_use(agency_id)
    if found is not None and found.valid_from <= at < found.valid_until:
        return found
    return _make_at_first_need(agency_id, at=at, actor=actor)


def _in_use(agency_id: UUID) -> Seal | None:
    return Seal.objects.filter(
        agency_id=agency_id, kind=SealKind.UNIT, state=SealState.ACTIVE
    ).first()


@transaction.atomic
def _make_at_first_need(agency_id: UUID, *, at: datetime, actor: Actor) -> Seal:
    agency = agencies.agency(agency_id)
    locks.hold("licences.seal", agency_id)
    found = _in_use(agency_id)
    if found is not None:
        if found.valid_from <= at < found.valid_until:
            return found
        move_seal(found, SealState.EXPIRED, ground=_FIRST_NEED, actor=actor, at=at)
    if Seal.objects.filter(agency_id=agency_id, kind=SealKind.UNIT, state__in=_OUT_OF_USE).exists():
        raise SealUnavailable(agency=agency.name)
    seal = make_seal_for(agency_id, kind=SealKind.UNIT, text=agency.name, actor=actor, at=at)
    for state in (SealState.RECORDED, SealState.ACTIVE):
        move_seal(seal, state, ground=_FIRST_NEED, actor=actor, at=at)
    return seal


def make_seal_for(
    agency_id: UUID,
    *,
    kind: SealKind,
    text: str,
    actor: Actor,
    at: datetime,
    replaces: Seal | None = None,
) -> Seal:
    """Make a seal with a key and certificate of its own, in the caller's transaction. It is not in
    use before it is recorded and enabled.
    """
    agency = agencies.agency(agency_id)
    holder = agency.name if kind is SealKind.UNIT else text
    maker = crypto.ensure_certificate(
        purpose=_MAKER_PURPOSE,
        common_name="岭南测试制章人",
        organisation="岭南测试制章机构（无法律效力）",
        at=at,
    )
    signer = crypto.issue_certificate(
        common_name=f"{holder}（测试）"[:64],
        organisation=agency.name[:64],
        organisation_code=agency.uscc,
        purpose=f"licences.seal:{agency.uscc}",
        at=at,
    )
    round_name, line = (agency.name, "") if kind is SealKind.UNIT else (agency.name, text)
    if kind is SealKind.PERSONAL:
        round_name, line = text, ""
    picture = draw_seal(round_name, kind=kind.value, line=line)
    start = at - timedelta(minutes=4)  # inside the certificate's own allowance for clocks
    esid = crypto.random_bytes(16).hex().upper()
    name = _name_of(kind, agency.name, text)
    seal = Seal(
        agency_id=agency_id,
        kind=kind,
        esid=esid,
        name=name,
        picture=picture,
        certificate_id=signer.certificate_id,
        key_id=signer.key_id,
        certificate_der=signer.der,
        state=SealState.MADE,
        replaces=replaces,
        valid_from=start,
        valid_until=start + _TERM,
    )
    seal.der = ses.build_seal(
        esid=esid,
        name=name,
        seal_type=kind.type_code,
        certificates=(signer.der,),
        created_at=at,
        valid_from=start,
        valid_until=start + _TERM,
        picture_png=picture,
        width_mm=int(seal.width_mm),
        height_mm=int(seal.height_mm),
        maker_certificate=maker.der,
        sign=lambda data: crypto.sign(data, key_id=maker.key_id),
    )
    seal.save(force_insert=True)
    _note(seal, "", SealState.MADE, ground=text, actor=actor, at=at)
    audit.record(
        actor=actor,
        act="licences.seal_made",
        object_kind="licences.seal",
        object_id=seal.pk,
        facts={"agency_id": agency_id, "esid": esid},
        at=at,
    )
    return seal


def _name_of(kind: SealKind, agency_name: str, text: str) -> str:
    if kind is SealKind.UNIT:
        return f"{agency_name}（测试章）"
    if kind is SealKind.PERSONAL:
        return f"{text}（{agency_name}，测试章）"
    return f"{agency_name}{text}（测试章）"


def _note(
    seal: Seal, before: str, state: SealState, *, ground: str, actor: Actor, at: datetime
) -> None:
    SealChange.objects.create(
        seal=seal,
        state_before=before,
        state=state,
        ground=ground[:500],
        changed_by=actor.name[:200],
        changed_by_account=actor.account_id,
        changed_at=at,
    )


def move_seal(seal: Seal, state: SealState, *, ground: str, actor: Actor, at: datetime) -> None:
    """Change the state of a row the caller has locked, with history and audit entry."""
    before = seal.state
    seal.state = state
    seal.save(update_fields=["state"])
    _note(seal, before, state, ground=ground, actor=actor, at=at)
    audit.record(
        actor=actor,
        act=f"licences.seal_{state.value}",
        object_kind="licences.seal",
        object_id=seal.pk,
        facts={"before": before, "ground": ground},
        at=at,
    )


def check_usable(seal: Seal, *, at: datetime) -> None:
    """A seal signs only in use, within its term, with a certificate it names and that is good now.

    Raises: SealUnusable (409) with the reason.
    Source: GB/T 38540-2020, 7.2.
    """
    reason = ""
    if seal.state != SealState.ACTIVE:
        reason = str(SealState(seal.state).label)
    elif not seal.valid_from <= at < seal.valid_until:
        reason = _("it is outside its term.")
    else:
        certificate = bytes(seal.certificate_der)
        facts = ses.parse_seal(bytes(seal.der))
        listed = certificate in facts.certificates
        listed = listed or crypto.sm3(certificate) in facts.certificate_digests
        chain = crypto.check_certificate(certificate, at=at)
        if not listed:
            reason = _("its certificate is not in its list.")
        elif not chain.is_trusted:
            reason = _("its certificate is not good (%(problems)s).") % {
                "problems": ", ".join(chain.problems)
            }
    if reason:
        raise SealUnusable(name=seal.name, reason=reason)


def sign_with_seal(seal: Seal, data: bytes) -> bytes:
    """An SM2 signature by the key of a seal (DER)."""
    return crypto.sign(data, key_id=seal.key_id)


def seal_picture_of(agency_id: UUID, *, at: datetime) -> bytes:
    """The picture (PNG, transparent) of the agency's seal, for faces and notices."""
    return bytes(ensure_seal(agency_id, at=at).picture)


@transaction.atomic
def seal_ofd(
    content: bytes,
    *,
    agency_id: UUID,
    purpose: str,
    actor: Actor,
    at: datetime,
    places: Sequence[SealPlace] = (),
    straddles: bool = False,
    closing: bool = True,
    rule: str = "automatic",
) -> bytes:
    """The OFD with the agency's own seal over every part of it; the use is logged.

    The picture stands at each of `places`, else where the document keeps room for it (else lower
    right on its last page); `straddles` lays it across the edges of all pages too (骑缝章). A seal
    that is not `closing` leaves the document open for the next one. `rule` says why nobody was
    asked: the decision the document rests on was approved where it was made.
    Raises: DocumentUnreadable, SealPlaceUnknown (422); SealUnavailable, SealUnusable,
    DocumentClosed (409).
    Source: GB/T 38540-2020, 7; GB/T 33190-2016, 18.
    """
    seal = ensure_seal(agency_id, at=at, actor=actor)
    check_usable(seal, at=at)
    sealed = put_seal(content, seal, places=places, straddles=straddles, closing=closing, at=at)
    record_seal_use(
        seal, purpose=purpose, content=content, sealed=sealed, rule=rule, actor=actor, at=at
    )
    return sealed


@transaction.atomic
def seal_pdf(
    content: bytes,
    *,
    agency_id: UUID,
    purpose: str,
    actor: Actor,
    at: datetime,
    rule: str = "automatic",
) -> bytes:
    """The PDF with the two signatures of the agency, each under a time stamp; the use is logged.

    One service for every paper of an agency: receipts, notices. `rule` as for `seal_ofd`.
    Raises: SealUnavailable, SealUnusable (409).
    Source: GM/T 0010-2012; ETSI EN 319 142-1.
    """
    seal = ensure_seal(agency_id, at=at, actor=actor)
    check_usable(seal, at=at)
    agency = agencies.agency(agency_id)
    sealed = sign_twice(content, seal=seal, agency=agency, reason=purpose, at=at)
    record_seal_use(
        seal, purpose=purpose, content=content, sealed=sealed, rule=rule, actor=actor, at=at
    )
    return sealed


def put_seal(
    content: bytes,
    seal: Seal,
    *,
    places: Sequence[SealPlace],
    straddles: bool,
    closing: bool,
    at: datetime,
) -> bytes:
    """Sign an OFD with a seal that may be used, with its picture where it belongs."""
    size = {"width_mm": seal.width_mm, "height_mm": seal.height_mm}
    if places:
        named = [(place.page, place.x_mm, place.y_mm) for place in places]
        stamps = list(ofd_seals.seal_stamps(content, named, **size))
    else:
        stamps = [ofd_seals.place_of(content, **size)]
    if straddles:
        stamps += ofd_seals.straddling_stamps(content, **size)
    return ofd_seals.sign_package(
        content,
        seal=bytes(seal.der),
        certificate=bytes(seal.certificate_der),
        stamps=stamps,
        at=at,
        sign=lambda data: sign_with_seal(seal, data),
        closing=closing,
        timestamp=lambda value: crypto.make_timestamp(value, at=at),
    )
