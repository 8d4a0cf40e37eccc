"""Keys and certificates on P-256 (ES256): what wallets and PDF readers of the whole world read.

Beside the national algorithms, never in their place: what is sealed here is sealed with SM2. The
root of this test authority says 测试 in its name, as the national one does.
Source: FIPS 186-5, RFC 5280, RFC 7518.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.db import transaction

from lingnan.kernel import locks

from . import keyring
from .adapters.registry import provider
from .chains import revocation_of
from .errors import CertificateUnreadable
from .models import Certificate, Key
from .types import ChainReport, IssuedCertificate

ROOT_NAME = "岭南测试国际算法根 CA"
_ORGANISATION = "岭南测试认证机构（无法律效力）"
_ROOT_YEARS = 20  # our defaults
_SIGNER_DAYS = 3 * 365
_BACKDATE = timedelta(minutes=5)
_ROOT_BACKDATE = timedelta(days=1)  # papers are dated by their act, and signed soon after
_RENEW_BEFORE = timedelta(days=365)
_ES256 = ec.ECDSA(hashes.SHA256())
_REASONS = {
    Certificate.Reason.UNSPECIFIED.value: x509.ReasonFlags.unspecified,
    Certificate.Reason.KEY_COMPROMISE.value: x509.ReasonFlags.key_compromise,
    Certificate.Reason.AFFILIATION_CHANGED.value: x509.ReasonFlags.affiliation_changed,
    Certificate.Reason.SUPERSEDED.value: x509.ReasonFlags.superseded,
    Certificate.Reason.CESSATION.value: x509.ReasonFlags.cessation_of_operation,
}


def private_key(handle: bytes) -> ec.EllipticCurvePrivateKey:
    """The key of a handle this module made."""
    return ec.derive_private_key(int.from_bytes(handle, "big"), ec.SECP256R1())


def _new_key(purpose: str) -> tuple[Key, ec.EllipticCurvePrivateKey]:
    pair = ec.generate_private_key(ec.SECP256R1())
    point = pair.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    key = Key(purpose=purpose, algorithm=Key.Algorithm.ES256, public_point=point)
    handle = pair.private_numbers().private_value.to_bytes(32, "big")
    key.wrapped = keyring.wrap(handle, key_id=key.pk, purpose=purpose)
    key.save(force_insert=True)
    return key, pair


def _name(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
        ]
    )


def _store(
    builder: x509.CertificateBuilder,
    *,
    role: Certificate.Role,
    key: Key,
    issuer: Certificate | None,
    signer: ec.EllipticCurvePrivateKey,
    not_before: datetime,
    not_after: datetime,
) -> Certificate:
    number = int.from_bytes(b"\x01" + provider().random(15), "big")
    made = (
        builder.serial_number(number)
        .not_valid_before(not_before.astimezone(UTC))
        .not_valid_after(not_after.astimezone(UTC))
        .sign(signer, hashes.SHA256())
    )
    der = made.public_bytes(serialization.Encoding.DER)
    return Certificate.objects.create(
        role=role,
        algorithm=Key.Algorithm.ES256,
        serial_number=format(number, "x"),
        subject=asn1.Certificate.load(der).subject.human_friendly,
        der=der,
        key=key,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
    )


def _root(*, at: datetime) -> Certificate:
    """The root, made at first need, in the caller's transaction."""
    locks.hold("crypto.test_authority", "p256")
    rows = Certificate.objects.select_related("key").filter(
        role=Certificate.Role.ROOT, algorithm=Key.Algorithm.ES256, superseded_at=None
    )
    found = rows.first()
    if found is not None:
        return found
    key, pair = _new_key("authority:p256-root")
    name = _name(ROOT_NAME, _ORGANISATION)
    identifier = x509.SubjectKeyIdentifier.from_public_key(pair.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(pair.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    start = at - _ROOT_BACKDATE
    return _store(
        builder,
        role=Certificate.Role.ROOT,
        key=key,
        issuer=None,
        signer=pair,
        not_before=start,
        not_after=start + timedelta(days=_ROOT_YEARS * 365),
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@transaction.atomic
def ensure_p256_certificate(
    *,
    purpose: str,
    common_name: str,
    organisation: str,
    at: datetime,
    host: str = "",
    is_timestamper: bool = False,
) -> IssuedCertificate:
    """The P-256 certificate of a purpose that has one holder; issued at first need and a year
    before its end. `host` is a name of the Internet that it also speaks for.
    """
    locks.hold("crypto.certificate", f"p256:{purpose}")
    found = (
        Certificate.objects.filter(
            key__purpose=purpose,
            key__state=Key.State.ACTIVE,
            algorithm=Key.Algorithm.ES256,
            role=Certificate.Role.SIGNER,
            revoked_at__isnull=True,
            not_before__lte=at,
            not_after__gt=at + _RENEW_BEFORE,
        )
        .order_by("-not_after")
        .first()
    )
    if found is None:
        found = _issue(purpose, common_name, organisation, host, is_timestamper, at=at)
    return IssuedCertificate(
        certificate_id=found.pk,
        key_id=found.key_id,
        der=bytes(found.der),
        serial_number=found.serial_number,
    )


def _issue(
    purpose: str,
    common_name: str,
    organisation: str,
    host: str,
    is_timestamper: bool,
    *,
    at: datetime,
) -> Certificate:
    root = _root(at=at)
    root_pair = private_key(keyring.by_id(root.key_id).secret)
    key, pair = _new_key(purpose)
    base = settings.LINGNAN.public_url.rstrip("/")
    address = x509.UniformResourceIdentifier(f"{base}/pki/{root.serial_number}.crl")
    lists = x509.CRLDistributionPoints([x509.DistributionPoint([address], None, None, None)])
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_pair.public_key())
    identifier = x509.SubjectKeyIdentifier.from_public_key(pair.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name, organisation))
        .issuer_name(x509.load_der_x509_certificate(bytes(root.der)).subject)
        .public_key(pair.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(authority, critical=False)
        .add_extension(lists, critical=False)
    )
    if host:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    if is_timestamper:
        use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(use, critical=True)
    start = at - _BACKDATE
    return _store(
        builder,
        role=Certificate.Role.SIGNER,
        key=key,
        issuer=root,
        signer=root_pair,
        not_before=start,
        not_after=min(start + timedelta(days=_SIGNER_DAYS), root.not_after),
    )


def sign_es256(handle: bytes, data: bytes) -> bytes:
    """ECDSA with SHA-256 over a message, as DER SEQUENCE{r, s}."""
    return private_key(handle).sign(data, _ES256)


def verify_as_the_world(
    certificate: bytes, data: bytes, signature: bytes, *, method: str, digest: str
) -> bool | None:
    """Whether a signature of the common kinds (RSA PKCS #1, ECDSA) over a message holds under a
    certificate; None for a kind that is not read here.
    """
    found = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    wanted = digest if method in ("rsassa_pkcs1v15", "ecdsa") else method.partition("_")[0]
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        return None
    if wanted not in found:
        return None
    try:
        if isinstance(key, rsa.RSAPublicKey) and ("rsa" in method and "pss" not in method):
            key.verify(signature, data, padding.PKCS1v15(), found[wanted])
        elif isinstance(key, ec.EllipticCurvePublicKey) and "ecdsa" in method:
            key.verify(signature, data, ec.ECDSA(found[wanted]))
        else:
            return None
    except (InvalidSignature, ValueError):
        return False
    return True


def p256_certificates(purpose: str) -> list[bytes]:
    """Every certificate a purpose ever had that was not revoked, newest first, in DER."""
    rows = Certificate.objects.filter(
        key__purpose=purpose, algorithm=Key.Algorithm.ES256, revoked_at=None
    )
    return [bytes(row.der) for row in rows.order_by("-not_after", "-id")]


def p256_root_of(certificate: bytes) -> bytes | None:
    """The root that signed a P-256 certificate of ours, in DER; None for another's."""
    try:
        row = _issuer_row(x509.load_der_x509_certificate(certificate))
    except (ValueError, TypeError, x509.InvalidVersion):
        return None
    return bytes(row.der) if row is not None else None


def p256_point(certificate: bytes) -> bytes:
    """The 65-byte public point of a P-256 certificate. Raises: CertificateUnreadable."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, TypeError, x509.InvalidVersion) as broken:
        raise CertificateUnreadable from broken
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateUnreadable
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def check_p256_certificate(
    certificate: bytes, *, at: datetime, for_timestamps: bool = False
) -> ChainReport:
    """Check a certificate and its chain up to our P-256 root as of an instant; never raises.

    A certificate for time stamps is for nothing else, and only such a one stamps. The codes are
    those of `ChainReport`. Two queries.
    """
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        subject, issuer = _words(certificate)
        stamps = _uses(certificate) == {"time_stamping"}
    except (ValueError, TypeError, x509.InvalidVersion):
        return ChainReport(subject="", issuer="", problems=("malformed",))
    problems: list[str] = []
    if at < parsed.not_valid_before_utc:
        problems.append("not_yet_valid")
    if at > parsed.not_valid_after_utc:
        problems.append("expired")
    if stamps != for_timestamps:
        problems.append("wrong_use")
    root = _issuer_row(parsed)
    if root is None:
        known_name = any(_subject_der(row) == parsed.issuer.public_bytes() for row in _roots())
        problems.append("bad_signature" if known_name else "unknown_issuer")
        return ChainReport(subject=subject, issuer=issuer, problems=tuple(problems))
    if not root.not_before <= at <= root.not_after:
        problems.append("expired")
    known = Certificate.objects.filter(
        serial_number=format(parsed.serial_number, "x"), algorithm=Key.Algorithm.ES256
    ).first()
    if known is not None and bytes(known.der) != certificate:
        problems.append("bad_signature")  # changed where the issuer's signature does not reach
    since, key_lost = revocation_of([root, known] if known is not None else [root])
    if since is not None and since <= at:
        problems.append("revoked")
    return ChainReport(
        subject=subject,
        issuer=issuer,
        problems=tuple(problems),
        revoked_at=since,
        key_lost=key_lost,
    )


def _uses(certificate: bytes) -> set[str]:
    extended = asn1.Certificate.load(certificate).extended_key_usage_value
    return set() if extended is None else set(extended.native)


def _words(certificate: bytes) -> tuple[str, str]:
    parsed = asn1.Certificate.load(certificate)
    return parsed.subject.human_friendly, parsed.issuer.human_friendly


def _roots() -> list[Certificate]:
    return list(
        Certificate.objects.filter(role=Certificate.Role.ROOT, algorithm=Key.Algorithm.ES256)
    )


def _subject_der(row: Certificate) -> bytes:
    return x509.load_der_x509_certificate(bytes(row.der)).subject.public_bytes()


def _issuer_row(parsed: x509.Certificate) -> Certificate | None:
    for row in _roots():
        try:
            parsed.verify_directly_issued_by(x509.load_der_x509_certificate(bytes(row.der)))
        except (ValueError, TypeError, InvalidSignature):
            continue
        return row
    return None


def build_revocation_list(
    authority: Certificate,
    *,
    number: int,
    revoked: Sequence[Certificate],
    handle: bytes,
    at: datetime,
    until: datetime,
) -> bytes:
    """A revocation list of a P-256 authority (RFC 5280, 5), in DER."""
    pair = private_key(handle)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.load_der_x509_certificate(bytes(authority.der)).subject)
        .last_update(at.astimezone(UTC))
        .next_update(until.astimezone(UTC))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(pair.public_key()), critical=False
        )
    )
    for row in revoked:
        assert row.revoked_at is not None, "only revoked certificates are listed"
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(int(row.serial_number, 16))
            .revocation_date(row.revoked_at.astimezone(UTC))
            .add_extension(x509.CRLReason(_REASONS[row.revocation_reason]), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(pair, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
