"""Seals: made once for an agency, used to sign payloads and documents."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import ofd as ofd_seals
from .. import ses
from ..errors import SealUnavailable
from ..models import Seal
from ..seal_picture import SIZE_MM, draw_seal
from ..types import SealKind, SealPlace

_MAKER_PURPOSE = "licences.seal_maker"
_TERM = timedelta(days=5 * 365 - 1)  # ends before its certificate does


def ensure_seal(agency_id: UUID, *, at: datetime, actor: Actor = SYSTEM) -> Seal:
    """The agency's seal in use; made at first need, with its key, certificate and picture.

    A seal past its term is replaced. Made seals are test seals: the certificate and the picture say
    so. A suspended seal is not replaced.
    Raises: SealUnavailable (409) while suspended; the refusal of agencies for an unknown one.
    Source: GB/T 38540-2020, 6.
    """
    found = Seal.objects.filter(agency_id=agency_id, state=Seal.State.ACTIVE).first()
    if found is not None and found.valid_from <= at < found.valid_until:
        return found
    return _make_seal(agency_id, at=at, actor=actor)


@transaction.atomic
def _make_seal(agency_id: UUID, *, at: datetime, actor: Actor) -> Seal:
    agency = agencies.agency(agency_id)
    locks.hold("licences.seal", agency_id)
    found = Seal.objects.filter(agency_id=agency_id, state=Seal.State.ACTIVE).first()
    if found is not None:
        if found.valid_from <= at < found.valid_until:
            return found
        found.state = Seal.State.DESTROYED
        found.save(update_fields=["state"])
    if Seal.objects.filter(agency_id=agency_id, state=Seal.State.SUSPENDED).exists():
        raise SealUnavailable(agency=agency.name)

    maker = crypto.ensure_certificate(
        purpose=_MAKER_PURPOSE,
        common_name="岭南测试制章人",
        organisation="岭南测试制章机构（无法律效力）",
        at=at,
    )
    signer = crypto.issue_certificate(
        common_name=f"{agency.name}（测试）",
        organisation=agency.name,
        organisation_code=agency.uscc,
        purpose=f"licences.seal:{agency.uscc}",
        at=at,
    )
    picture = draw_seal(agency.name)
    start = at - timedelta(minutes=4)  # inside the certificate's own allowance for clocks
    esid = crypto.random_bytes(16).hex().upper()
    name = f"{agency.name}（测试章）"
    der = ses.build_seal(
        esid=esid,
        name=name,
        seal_type=SealKind.UNIT.type_code,
        certificates=(signer.der,),
        created_at=at,
        valid_from=start,
        valid_until=start + _TERM,
        picture_png=picture,
        width_mm=SIZE_MM,
        height_mm=SIZE_MM,
        maker_certificate=maker.der,
        sign=lambda data: crypto.sign(data, key_id=maker.key_id),
    )
    seal = Seal.objects.create(
        agency_id=agency_id,
        esid=esid,
        name=name,
        der=der,
        picture=picture,
        certificate_id=signer.certificate_id,
        key_id=signer.key_id,
        certificate_der=signer.der,
        valid_from=start,
        valid_until=start + _TERM,
    )
    audit.record(
        actor=actor,
        act="licences.seal_made",
        object_kind="licences.seal",
        object_id=seal.pk,
        facts={"agency_id": agency_id, "esid": esid},
        at=at,
    )
    return seal


@transaction.atomic
def suspend_seal(*, seal_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a seal out of use; nothing can be sealed for the agency until it is decided upon."""
    changed = Seal.objects.filter(pk=seal_id, state=Seal.State.ACTIVE).update(
        state=Seal.State.SUSPENDED
    )
    if changed:
        audit.record(
            actor=actor,
            act="licences.seal_suspended",
            object_kind="licences.seal",
            object_id=seal_id,
            at=at,
        )


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
) -> bytes:
    """The OFD with the agency's seal over every part of it, and one audit entry for the use.

    The picture stands at each of `places`, else where the document keeps room for it (else lower
    right on its last page); `straddles` lays it across the edges of all pages too (骑缝章). A seal
    that is not `closing` leaves the document open for the next one.
    Raises: DocumentUnreadable, SealPlaceUnknown (422); SealUnavailable, DocumentClosed (409).
    Source: GB/T 38540-2020, 7; GB/T 33190-2016, 18.
    """
    seal = ensure_seal(agency_id, at=at, actor=actor)
    sealed = put_seal(content, seal, places=places, straddles=straddles, closing=closing, at=at)
    audit.record(
        actor=actor,
        act="licences.seal_used",
        object_kind="licences.seal",
        object_id=seal.pk,
        facts={"purpose": purpose, "digest": crypto.sm3(sealed).hex()},
        at=at,
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
    size = {"width_mm": float(seal.width_mm), "height_mm": float(seal.height_mm)}
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
