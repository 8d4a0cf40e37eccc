"""The test certificate authority: root, intermediate, signers; and checking chains to it.

Every subject says 测试 (test): a production installation loads certificates of a licensed
authority instead.
"""

from datetime import datetime, timedelta
from uuid import UUID

from asn1crypto.x509 import Name
from django.db import transaction

from lingnan.kernel import locks

from . import keyring, x509
from .adapters.registry import provider
from .errors import CertificateUnreadable
from .models import Certificate, Key
from .types import CertificateFacts, ChainReport, IssuedCertificate

_ORGANISATION = "岭南测试认证机构（无法律效力）"
ROOT_NAME = "岭南测试根 CA"
INTERMEDIATE_NAME = "岭南测试运营 CA"
_ROOT_YEARS = 30  # our defaults
_INTERMEDIATE_YEARS = 20
SIGNER_DAYS = 5 * 365
_BACKDATE = timedelta(minutes=5)  # clocks of verifiers differ a little


def _key_identifier(point: bytes) -> bytes:
    return provider().sm3(point)[:20]


def _new_key(purpose: str) -> Key:
    handle, point = provider().sm2_generate()
    key = Key(purpose=purpose, algorithm=Key.Algorithm.SM2, public_point=point)
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


@transaction.atomic
def ensure_test_authority(*, at: datetime) -> UUID:
    """The id of the test intermediate; made with its root at the first call."""
    found = Certificate.objects.filter(role=Certificate.Role.INTERMEDIATE).first()
    if found is not None:
        return found.pk
    locks.hold("crypto.test_authority", "one")
    found = Certificate.objects.filter(role=Certificate.Role.INTERMEDIATE).first()
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
    intermediate = _store(
        role=Certificate.Role.INTERMEDIATE,
        subject=x509.name_of(INTERMEDIATE_NAME, _ORGANISATION),
        key=_new_key("authority:intermediate"),
        issuer=root,
        not_before=start,
        not_after=start + timedelta(days=_INTERMEDIATE_YEARS * 365),
    )
    return intermediate.pk


@transaction.atomic
def issue_certificate(
    *,
    common_name: str,
    organisation: str,
    purpose: str,
    at: datetime,
    organisation_code: str = "",
    valid_days: int = SIGNER_DAYS,
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
    )
    return IssuedCertificate(
        certificate_id=certificate.pk,
        key_id=key.pk,
        der=bytes(certificate.der),
        serial_number=certificate.serial_number,
    )


@transaction.atomic
def ensure_certificate(
    *, common_name: str, organisation: str, purpose: str, at: datetime
) -> IssuedCertificate:
    """The signer certificate of a purpose that has one holder; issued at first need and when the
    one there is ends within a year.
    """
    locks.hold("crypto.certificate", purpose)
    found = (
        Certificate.objects.filter(
            key__purpose=purpose,
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
            common_name=common_name, organisation=organisation, purpose=purpose, at=at
        )
    return IssuedCertificate(
        certificate_id=found.pk,
        key_id=found.key_id,
        der=bytes(found.der),
        serial_number=found.serial_number,
    )


def revoke_certificate(*, certificate_id: UUID, at: datetime) -> None:
    """Stop trusting a certificate from `at` on; signatures made before stay good."""
    Certificate.objects.filter(pk=certificate_id, revoked_at__isnull=True).update(revoked_at=at)


def read_certificate(certificate: bytes) -> CertificateFacts:
    """What a DER or PEM certificate says. Raises: CertificateUnreadable."""
    return x509.facts_of(x509.load(certificate))


def check_certificate(certificate: bytes, *, at: datetime) -> ChainReport:
    """Check a certificate and its chain up to our root as of an instant; never raises.

    Two queries at most for a chain of three.
    """
    try:
        parsed = x509.load(certificate)
        facts = x509.facts_of(parsed)
    except CertificateUnreadable:
        return ChainReport(subject="", issuer="", problems=("malformed",))
    problems: list[str] = []
    _check_dates(facts, at, problems)
    known = Certificate.objects.filter(serial_number=facts.serial_number).first()
    if known is not None and known.revoked_at is not None and known.revoked_at <= at:
        problems.append("revoked")

    authorities = {
        x509.load(bytes(row.der)).subject.hashable: row
        for row in Certificate.objects.exclude(role=Certificate.Role.SIGNER)
    }
    current = parsed
    for _step in range(4):
        issuer_row = authorities.get(current.issuer.hashable)
        if issuer_row is None:
            problems.append("unknown_issuer")
            break
        issuer = x509.load(bytes(issuer_row.der))
        issuer_facts = x509.facts_of(issuer)
        if not issuer_facts.is_authority:
            problems.append("issuer_not_authority")
        signed = provider().sm2_verify(
            issuer_facts.public_point,
            current["tbs_certificate"].dump(),
            current["signature_value"].native,
        )
        if not signed:
            problems.append("bad_signature")
            break
        if current.dump() == issuer.dump():
            break  # the root signs itself and is trusted because we keep it
        _check_dates(issuer_facts, at, problems)
        if issuer_row.revoked_at is not None and issuer_row.revoked_at <= at:
            problems.append("revoked")
        current = issuer
    return ChainReport(
        subject=facts.subject, issuer=facts.issuer, problems=tuple(dict.fromkeys(problems))
    )


def _check_dates(facts: CertificateFacts, at: datetime, problems: list[str]) -> None:
    if at < facts.not_before:
        problems.append("not_yet_valid")
    if at > facts.not_after:
        problems.append("expired")


def issuers_of(certificate: bytes) -> list[bytes]:
    """The authorities above a certificate of ours, nearest first, in DER; empty for another's.

    Raises: CertificateUnreadable.
    """
    rows = {
        x509.load(bytes(row.der)).subject.hashable: bytes(row.der)
        for row in Certificate.objects.exclude(role=Certificate.Role.SIGNER)
    }
    chain: list[bytes] = []
    issuer = x509.load(certificate).issuer.hashable
    while issuer in rows and rows[issuer] not in chain:
        chain.append(rows[issuer])
        issuer = x509.load(rows[issuer]).issuer.hashable
    return chain
