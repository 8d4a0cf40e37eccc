"""Certificate revocation lists: signed by each authority, published, and read again.

Source: RFC 5280, 5; GB/T 20518-2018. Online status (OCSP) is not offered: a verifier takes the list
that the certificate names.
"""

from datetime import datetime, timedelta

from asn1crypto import algos, core, crl
from asn1crypto.x509 import Time
from django.db import transaction

from lingnan.kernel import locks

from . import keyring, x509
from .adapters.registry import provider
from .errors import CertificateUnreadable, RevocationListUnknown
from .models import Certificate, Key, RevocationList
from .p256 import build_revocation_list
from .types import RevocationFacts

TERM = timedelta(days=7)  # our default
RENEW_BEFORE = timedelta(days=6)  # a new list daily


def revocation_list(serial_number: str, *, at: datetime) -> bytes:
    """The list in force of an authority, made anew where a revocation came after it or it is old.

    Raises: RevocationListUnknown (404).
    """
    authority = (
        Certificate.objects.exclude(role=Certificate.Role.SIGNER)
        .filter(serial_number=serial_number)
        .first()
    )
    if authority is None:
        raise RevocationListUnknown
    newest = _newest(authority)
    if newest is not None and not _is_stale(authority, newest, at):
        return bytes(newest.der)
    return bytes(_publish(authority, at=at).der)


def publish_revocations(*, at: datetime) -> int:
    """Sign a fresh list for every authority whose list is old or lacks something; return how many.

    A list that is fresh stays. One transaction for each authority.
    """
    made = 0
    for authority in Certificate.objects.exclude(role=Certificate.Role.SIGNER):
        newest = _newest(authority)
        if newest is None or _is_stale(authority, newest, at):
            _publish(authority, at=at)
            made += 1
    return made


def _newest(authority: Certificate) -> RevocationList | None:
    return RevocationList.objects.filter(issuer=authority).order_by("-number").first()


def _revoked(authority: Certificate, at: datetime) -> list[Certificate]:
    rows = Certificate.objects.filter(issuer=authority, revoked_at__lte=at)
    return list(rows.order_by("revoked_at", "serial_number"))


def _is_stale(authority: Certificate, newest: RevocationList, at: datetime) -> bool:
    if newest.next_update - RENEW_BEFORE <= at:
        return True
    listed = read_revocations(bytes(newest.der)).revoked
    return any(row.serial_number not in listed for row in _revoked(authority, at))


@transaction.atomic
def _publish(authority: Certificate, *, at: datetime) -> RevocationList:
    locks.hold("crypto.revocation_list", authority.pk)
    newest = _newest(authority)
    if newest is not None and not _is_stale(authority, newest, at):
        return newest
    number = 1 if newest is None else newest.number + 1
    handle = keyring.by_id(authority.key_id).secret
    revoked = _revoked(authority, at)
    if authority.algorithm == Key.Algorithm.ES256:
        der = build_revocation_list(
            authority, number=number, revoked=revoked, handle=handle, at=at, until=at + TERM
        )
    else:
        der = _build(authority, number=number, revoked=revoked, at=at, handle=handle)
    return RevocationList.objects.create(
        issuer=authority, number=number, der=der, this_update=at, next_update=at + TERM
    )


def _build(
    authority: Certificate, *, number: int, revoked: list[Certificate], at: datetime, handle: bytes
) -> bytes:
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sm2_sm3"})
    entries = [
        {
            "user_certificate": int(row.serial_number, 16),
            "revocation_date": _time(row.revoked_at),
            "crl_entry_extensions": [
                {
                    "extn_id": "crl_reason",
                    "critical": False,
                    "extn_value": crl.CRLReason(row.revocation_reason),
                }
            ],
        }
        for row in revoked
        if row.revoked_at is not None
    ]
    point = bytes(authority.key.public_point)
    fields: dict[str, object] = {
        "version": "v2",
        "signature": algorithm,
        "issuer": x509.load(bytes(authority.der)).subject,
        "this_update": _time(at),
        "next_update": _time(at + TERM),
        "crl_extensions": [
            {
                "extn_id": "authority_key_identifier",
                "critical": False,
                "extn_value": x509.authority_key(provider().sm3(point)[:20]),
            },
            {"extn_id": "crl_number", "critical": False, "extn_value": core.Integer(number)},
        ],
    }
    if entries:
        fields["revoked_certificates"] = entries
    body = crl.TbsCertList(fields)
    signed = crl.CertificateList(
        {
            "tbs_cert_list": body,
            "signature_algorithm": algorithm,
            "signature": provider().sm2_sign(handle, body.dump()),
        }
    )
    der: bytes = signed.dump()
    return der


def _time(instant: datetime | None) -> Time:
    assert instant is not None
    return x509.time_of(instant)


def read_revocations(der: bytes) -> RevocationFacts:
    """What a list says; its signature is checked apart. Raises: CertificateUnreadable."""
    try:
        parsed = x509.revocations(der)
        body = parsed["tbs_cert_list"]
        revoked = {}
        for entry in body["revoked_certificates"] or ():
            reason = entry.crl_reason_value
            revoked[format(entry["user_certificate"].native, "x")] = (
                entry["revocation_date"].native,
                "unspecified" if reason is None else str(reason.native),
            )
        number = parsed.crl_number_value
        return RevocationFacts(
            issuer=body["issuer"].human_friendly,
            number=0 if number is None else int(number.native),
            this_update=body["this_update"].native,
            next_update=body["next_update"].native,
            revoked=revoked,
        )
    except (ValueError, TypeError, KeyError, IndexError) as broken:
        raise CertificateUnreadable from broken
