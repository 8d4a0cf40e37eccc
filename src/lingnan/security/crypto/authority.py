"""The test certificate authority: root, intermediate, signers; their renewal and revocation.

Every subject says 测试 (test): a production installation loads certificates of a licensed
authority instead.
"""

from datetime import datetime, timedelta
from uuid import UUID

from asn1crypto.x509 import Name
from django.conf import settings
from django.db import transaction

from lingnan.kernel import locks

from . import keyring, x509
from .adapters.device import SOFTWARE, key_for
from .adapters.registry import provider
from .devices import ask_device
from .errors import AuthorityRefused, DeviceKeyLost
from .models import Certificate, Key
from .types import KEY_LOST, IssuedCertificate

_ORGANISATION = "岭南测试认证机构（无法律效力）"
ROOT_NAME = "岭南测试根 CA"
INTERMEDIATE_NAME = "岭南测试运营 CA"
_ROOT_YEARS = 30  # our defaults
_INTERMEDIATE_YEARS = 20
SIGNER_DAYS = 5 * 365
_BACKDATE = timedelta(minutes=5)  # clocks of verifiers differ a little


def revocation_url(authority: Certificate) -> str:
    """Where the revocation list of an authority is published."""
    base = settings.LINGNAN.public_url.rstrip("/")
    return f"{base}/pki/{authority.serial_number}.crl"


def _key_identifier(point: bytes) -> bytes:
    return provider().sm3(point)[:20]


def _new_key(purpose: str) -> Key:
    """A key for a purpose: in the device that has one for it, else in software.

    Before a certificate names a device's key, the device signs to show that it has it.
    Raises: DeviceKeyLost (409), DeviceAway (503), DeviceRefused (409).
    """
    found = key_for(purpose)
    if found is None:
        device, (handle, point) = SOFTWARE, provider().sm2_generate()
    else:
        device, (handle, point) = found[0], (found[1].handle, found[1].point)
        if Certificate.objects.filter(
            key__public_point=point, revocation_reason__in=KEY_LOST
        ).exists():
            raise DeviceKeyLost(device=device)
        ask_device(device, handle, provider().random(32), point)
    key = Key(purpose=purpose, algorithm=Key.Algorithm.SM2, public_point=point, device=device)
    key.wrapped = keyring.wrap(handle, key_id=key.pk, purpose=purpose)
    key.save(force_insert=True)
    return key


def _store(
    *,
    role: Certificate.Role,
    subject: Name,
    key: Key,
    issuer: Certificate | None,
    not_before: datetime,
    not_after: datetime,
    is_timestamper: bool = False,
) -> Certificate:
    is_authority = role != Certificate.Role.SIGNER
    issuer_key = key if issuer is None else issuer.key
    handle = keyring.by_id(issuer_key.pk).secret
    serial_number = int.from_bytes(b"\x01" + provider().random(15), "big")
    der = x509.build_certificate(
        subject=subject,
        issuer=subject if issuer is None else x509.load(bytes(issuer.der)).subject,
        public_point=bytes(key.public_point),
        issuer_point=bytes(issuer_key.public_point),
        serial_number=serial_number,
        not_before=not_before,
        not_after=not_after,
        is_authority=is_authority,
        path_length=0 if role == Certificate.Role.INTERMEDIATE else None,
        key_identifier=_key_identifier,
        sign=lambda tbs: provider().sm2_sign(handle, tbs),
        is_timestamper=is_timestamper,
        revocation_url="" if issuer is None else revocation_url(issuer),
    )
    return Certificate.objects.create(
        role=role,
        serial_number=format(serial_number, "x"),
        subject=x509.load(der).subject.human_friendly,
        der=der,
        key=key,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
    )


def _in_force(role: Certificate.Role) -> Certificate | None:
    rows = Certificate.objects.select_related("key").filter(role=role, superseded_at=None)
    return rows.filter(algorithm=Key.Algorithm.SM2).first()


def authorities_in_force() -> list[bytes]:
    """The certificates of the root and of the operating authority in force, in DER."""
    rows = (_in_force(Certificate.Role.ROOT), _in_force(Certificate.Role.INTERMEDIATE))
    return [bytes(row.der) for row in rows if row is not None]


@transaction.atomic
def ensure_test_authority(*, at: datetime) -> UUID:
    """The id of the test intermediate; made with its root at the first call."""
    found = _in_force(Certificate.Role.INTERMEDIATE)
    if found is not None:
        return found.pk
    locks.hold("crypto.test_authority", "one")
    found = _in_force(Certificate.Role.INTERMEDIATE)
    if found is not None:
        return found.pk
    start = at - _BACKDATE
    root = _store(
        role=Certificate.Role.ROOT,
        subject=x509.name_of(ROOT_NAME, _ORGANISATION),
        key=_new_key("authority:root"),
        issuer=None,
        not_before=start,
        not_after=start + timedelta(days=_ROOT_YEARS * 365),
    )
    return _make_intermediate(root, at=at).pk


def _make_intermediate(root: Certificate, *, at: datetime) -> Certificate:
    start = at - _BACKDATE
    return _store(
        role=Certificate.Role.INTERMEDIATE,
        subject=x509.name_of(INTERMEDIATE_NAME, _ORGANISATION),
        key=_new_key("authority:intermediate"),
        issuer=root,
        not_before=start,
        not_after=min(start + timedelta(days=_INTERMEDIATE_YEARS * 365), root.not_after),
    )


@transaction.atomic
def renew_intermediate(*, at: datetime) -> UUID:
    """Give the operating authority a new key and certificate under the same root.

    The old one signs nothing more but its revocation lists; what it signed stays good.
    Raises: AuthorityRefused where there is no authority yet.
    """
    locks.hold("crypto.test_authority", "one")
    root, old = _in_force(Certificate.Role.ROOT), _in_force(Certificate.Role.INTERMEDIATE)
    if root is None or old is None:
        raise AuthorityRefused
    old.superseded_at = at
    old.save(update_fields=["superseded_at"])
    return _make_intermediate(root, at=at).pk


@transaction.atomic
def issue_certificate(
    *,
    common_name: str,
    organisation: str,
    purpose: str,
    at: datetime,
    organisation_code: str = "",
    valid_days: int = SIGNER_DAYS,
    is_timestamper: bool = False,
) -> IssuedCertificate:
    """Make an SM2 key for `purpose` and a signer certificate for it from the test authority."""
    issuer = Certificate.objects.select_related("key").get(pk=ensure_test_authority(at=at))
    key = _new_key(purpose)
    start = at - _BACKDATE
    certificate = _store(
        role=Certificate.Role.SIGNER,
        subject=x509.name_of(common_name, organisation, organisation_code=organisation_code),
        key=key,
        issuer=issuer,
        not_before=start,
        not_after=min(start + timedelta(days=valid_days), issuer.not_after),
        is_timestamper=is_timestamper,
    )
    return IssuedCertificate(
        certificate_id=certificate.pk,
        key_id=key.pk,
        der=bytes(certificate.der),
        serial_number=certificate.serial_number,
    )


@transaction.atomic
def ensure_certificate(
    *,
    common_name: str,
    organisation: str,
    purpose: str,
    at: datetime,
    is_timestamper: bool = False,
) -> IssuedCertificate:
    """The signer certificate of a purpose that has one holder; issued at first need and when the
    one there is ends within a year.
    """
    locks.hold("crypto.certificate", purpose)
    found = (
        Certificate.objects.filter(
            key__purpose=purpose,
            algorithm=Key.Algorithm.SM2,
            role=Certificate.Role.SIGNER,
            revoked_at__isnull=True,
            not_before__lte=at,
            not_after__gt=at + timedelta(days=365),
        )
        .order_by("-not_after")
        .first()
    )
    if found is None:
        return issue_certificate(
            common_name=common_name,
            organisation=organisation,
            purpose=purpose,
            at=at,
            is_timestamper=is_timestamper,
        )
    return IssuedCertificate(
        certificate_id=found.pk,
        key_id=found.key_id,
        der=bytes(found.der),
        serial_number=found.serial_number,
    )


@transaction.atomic
def revoke_certificate(
    *,
    certificate_id: UUID,
    at: datetime,
    reason: str = Certificate.Reason.CESSATION.value,
) -> None:
    """Stop trusting a certificate from `at` on.

    Signatures made before stay good where a time stamp proves that they are older. If the key may
    be known to others it signs nothing more, and every certificate of it ends: in a device one key
    may have several. The revocation list follows within its period, or at once with
    `publish_revocations`. Raises: ValueError for a reason that RFC 5280 does not know.
    """
    if reason not in Certificate.Reason.values:
        raise ValueError(f"{reason} is no reason for a revocation")
    rows = Certificate.objects.filter(pk=certificate_id)
    if reason in KEY_LOST:
        same = Key.objects.filter(public_point__in=rows.values("key__public_point"))
        rows = Certificate.objects.filter(key__in=list(same))
        same.filter(state=Key.State.ACTIVE).update(state=Key.State.RETIRED, retired_at=at)
        transaction.on_commit(keyring.forget)
    rows.filter(revoked_at__isnull=True).update(revoked_at=at, revocation_reason=reason)
