"""Checking certificates up to a root that is kept here, as of an instant."""

from collections.abc import Iterable
from datetime import datetime

from . import x509
from .adapters.registry import provider
from .errors import CertificateUnreadable
from .models import Certificate
from .types import KEY_LOST, CertificateFacts, ChainReport

_DEPTH = 4


def read_certificate(certificate: bytes) -> CertificateFacts:
    """What a DER or PEM certificate says. Raises: CertificateUnreadable."""
    return x509.facts_of(x509.load(certificate))


def check_certificate(
    certificate: bytes, *, at: datetime, for_timestamps: bool = False
) -> ChainReport:
    """Check a certificate and its chain up to our root as of an instant; never raises.

    An authority's name may stand for several of its certificates (a renewal): any may have signed.
    Two queries at most for a chain of three.
    """
    try:
        parsed = x509.load(certificate)
        facts = x509.facts_of(parsed)
    except CertificateUnreadable:
        return ChainReport(subject="", issuer="", problems=("malformed",))
    problems: list[str] = []
    check_dates(facts, at, problems)
    check_use(parsed, for_timestamps, problems)

    authorities: dict[str, list[Certificate]] = {}
    for row in Certificate.objects.exclude(role=Certificate.Role.SIGNER):
        authorities.setdefault(x509.load(bytes(row.der)).subject.hashable, []).append(row)
    current, is_ours = parsed, False
    above: list[Certificate] = []
    for _step in range(_DEPTH):
        rows = authorities.get(current.issuer.hashable, [])
        if not rows:
            problems.append("unknown_issuer")
            break
        issuer_row = _signer_of(current, rows)
        if issuer_row is None:
            problems.append("bad_signature")
            break
        is_ours = True
        issuer = x509.load(bytes(issuer_row.der))
        issuer_facts = x509.facts_of(issuer)
        if not issuer_facts.is_authority:
            problems.append("issuer_not_authority")
        if current.dump() == issuer.dump():
            break  # the root signs itself and is trusted because we keep it
        check_dates(issuer_facts, at, problems)
        above.append(issuer_row)
        current = issuer
    # Serial numbers are ours to give out, so they name a row only below our own authorities.
    known = (
        Certificate.objects.filter(serial_number=facts.serial_number).first() if is_ours else None
    )
    if known is not None and bytes(known.der) != parsed.dump():
        problems.append("bad_signature")  # changed where the issuer's signature does not reach
    since, key_lost = revocation_of([*above, known] if known is not None else above)
    if since is not None and since <= at:
        problems.append("revoked")
    return ChainReport(
        subject=facts.subject,
        issuer=facts.issuer,
        problems=tuple(dict.fromkeys(problems)),
        revoked_at=since,
        key_lost=key_lost,
    )


def revocation_of(rows: Iterable[Certificate]) -> tuple[datetime | None, bool]:
    """When the first of a chain was revoked, if one was, and whether a key of it was lost."""
    revoked = [(row.revoked_at, row.revocation_reason) for row in rows]
    first = min((at for at, _reason in revoked if at is not None), default=None)
    return first, any(at is not None and reason in KEY_LOST for at, reason in revoked)


def _signer_of(current: x509.Parsed, rows: list[Certificate]) -> Certificate | None:
    for row in rows:
        point = x509.facts_of(x509.load(bytes(row.der))).public_point
        if provider().sm2_verify(
            point, current["tbs_certificate"].dump(), current["signature_value"].native
        ):
            return row
    return None


def check_dates(facts: CertificateFacts, at: datetime, problems: list[str]) -> None:
    """Add what is wrong with the instant."""
    if at < facts.not_before:
        problems.append("not_yet_valid")
    if at > facts.not_after:
        problems.append("expired")


def check_use(parsed: x509.Parsed, for_timestamps: bool, problems: list[str]) -> None:
    """A certificate for time stamps is for nothing else, and only such a one stamps."""
    try:
        extended, usage = parsed.extended_key_usage_value, parsed.key_usage_value
        uses = set() if extended is None else set(extended.native)
        allowed = None if usage is None else set(usage.native)
    except (ValueError, TypeError, KeyError, IndexError):
        problems.append("malformed")
        return
    if (uses == {"time_stamping"}) != for_timestamps:
        problems.append("wrong_use")
    if allowed is not None and not {"digital_signature", "non_repudiation"} & allowed:
        problems.append("wrong_use")


def issuers_of(certificate: bytes) -> list[bytes]:
    """The authorities above a certificate of ours, nearest first, in DER; empty for another's.

    Raises: CertificateUnreadable.
    """
    rows: dict[str, list[Certificate]] = {}
    for row in Certificate.objects.exclude(role=Certificate.Role.SIGNER):
        rows.setdefault(x509.load(bytes(row.der)).subject.hashable, []).append(row)
    chain: list[bytes] = []
    current = x509.load(certificate)
    while True:
        found = _signer_of(current, rows.get(current.issuer.hashable, []))
        if found is None or bytes(found.der) in chain:
            return chain
        chain.append(bytes(found.der))
        current = x509.load(bytes(found.der))
