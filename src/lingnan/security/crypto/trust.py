"""Certificates of other authorities, checked against a folder of what an installation trusts.

The folder holds certificates of authorities (`*.crt`, `*.cer`, `*.pem`, DER or PEM; one that signs
itself is a root) and their revocation lists (`*.crl`). Whoever runs the installation keeps the
lists fresh: without one in force a certificate is not trusted.
Source: GB/T 20518-2018, RFC 5280 6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import crl, parser, pem

from . import x509
from .adapters.registry import provider
from .chains import check_dates, check_use
from .errors import CertificateUnreadable
from .types import ChainReport, HolderFacts

CERTIFICATES = (".crt", ".cer", ".pem")
LISTS = (".crl",)
OID_IDENTITY_CODE = "1.2.156.10260.4.1.1"  # GB/T 20518-2018, 5.2.4.2.13
_ALGORITHM = "sm2_sm3"
_DEPTH = 5
_TEXT_TAGS = {12, 19, 22}  # UTF8String, PrintableString, IA5String


@dataclass(frozen=True, slots=True)
class TrustStore:
    """What a folder held when it was read."""

    authorities: tuple[x509.Parsed, ...]
    lists: tuple[crl.CertificateList, ...]

    @property
    def is_empty(self) -> bool:
        return not any(found.subject == found.issuer for found in self.authorities)


def read_trust(folder: Path) -> TrustStore:
    """Read a folder; a file that is neither is passed over. A missing folder trusts no one."""
    authorities: list[x509.Parsed] = []
    lists: list[crl.CertificateList] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        suffix = path.suffix.lower()
        if suffix not in CERTIFICATES + LISTS or not path.is_file():
            continue
        for der in _blocks(path.read_bytes()):
            try:
                if suffix in LISTS:
                    lists.append(x509.revocations(der))
                else:
                    authorities.append(x509.load(der))
            except (CertificateUnreadable, ValueError, TypeError):
                continue
    return TrustStore(tuple(authorities), tuple(lists))


def _blocks(data: bytes) -> Iterator[bytes]:
    if not pem.detect(data):
        yield data
        return
    try:
        for _name, _headers, der in pem.unarmor(data, multiple=True):
            yield der
    except ValueError:
        return


def check_foreign_certificate(
    certificate: bytes, *, trust: TrustStore, at: datetime
) -> ChainReport:
    """Check the certificate of a holder up to a root of the store as of an instant; never raises.

    Problems besides those of our own chain: `algorithm` (not SM2 with SM3), `revocation_unknown`.
    """
    try:
        parsed = x509.load(certificate)
        facts = x509.facts_of(parsed)
    except CertificateUnreadable:
        return ChainReport(subject="", issuer="", problems=("malformed",))
    problems: list[str] = []
    check_dates(facts, at, problems)
    check_use(parsed, False, problems)
    if facts.is_authority:
        problems.append("wrong_use")
    current = parsed
    for _step in range(_DEPTH):
        if current["signature_algorithm"]["algorithm"].native != _ALGORITHM:
            problems.append("algorithm")
            break
        named = [found for found in trust.authorities if found.subject == current.issuer]
        issuer = _signer(current, named)
        if issuer is None:
            problems.append("bad_signature" if named else "unknown_issuer")
            break
        issuer_facts = x509.facts_of(issuer)
        check_dates(issuer_facts, at, problems)
        if not issuer_facts.is_authority:
            problems.append("issuer_not_authority")
        if current.dump() == issuer.dump():
            break  # a root of the store
        _check_revocation(current, issuer, trust.lists, at, problems)
        current = issuer
    else:
        problems.append("unknown_issuer")
    return ChainReport(
        subject=facts.subject, issuer=facts.issuer, problems=tuple(dict.fromkeys(problems))
    )


def _signer(current: x509.Parsed, named: Sequence[x509.Parsed]) -> x509.Parsed | None:
    for issuer in named:
        try:
            point = x509.facts_of(issuer).public_point
        except CertificateUnreadable:
            continue
        signed, signature = current["tbs_certificate"].dump(), current["signature_value"].native
        if provider().sm2_verify(point, signed, signature):
            return issuer
    return None


def _check_revocation(
    current: x509.Parsed,
    issuer: x509.Parsed,
    lists: Sequence[crl.CertificateList],
    at: datetime,
    problems: list[str],
) -> None:
    point = x509.facts_of(issuer).public_point
    in_force = False
    for found in lists:
        body = found["tbs_cert_list"]
        if body["issuer"] != issuer.subject:
            continue
        until = body["next_update"].native
        if body["this_update"].native > at or until is None or until <= at:
            continue
        if not provider().sm2_verify(point, body.dump(), found["signature"].native):
            continue
        in_force = True
        for entry in body["revoked_certificates"] or ():
            if entry["user_certificate"].native == current.serial_number:
                problems.append("revoked")
    if not in_force:
        problems.append("revocation_unknown")


def holder_of(certificate: bytes) -> HolderFacts:
    """Whom a certificate names: its common name, and every number it carries of its holder.

    Raises: CertificateUnreadable.
    """
    parsed = x509.load(certificate)
    facts = x509.facts_of(parsed)
    try:
        told = parsed.subject.native
        numbers = _texts(told.get("serial_number"))
        for extension in parsed["tbs_certificate"]["extensions"]:
            if extension["extn_id"].dotted == OID_IDENTITY_CODE:
                numbers += _strings(bytes(extension["extn_value"].contents), 0)
        names = _texts(told.get("common_name"))
    except (ValueError, TypeError, KeyError, IndexError) as broken:
        raise CertificateUnreadable from broken
    return HolderFacts(
        names=tuple(names),
        numbers=tuple(numbers),
        issuer=facts.issuer,
        serial_number=facts.serial_number,
        not_before=facts.not_before,
        not_after=facts.not_after,
        public_point=facts.public_point,
        der=parsed.dump(),
    )


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _strings(data: bytes, depth: int) -> list[str]:
    """Every string in a value whose structure makers of certificates do not agree on."""
    found: list[str] = []
    while data and depth < 6:
        kind, method, tag, header, content, trailer = parser.parse(data)
        data = data[len(header) + len(content) + len(trailer) :]
        if method == 1:
            found += _strings(content, depth + 1)
        elif kind == 2 or tag in _TEXT_TAGS:  # implicitly tagged, or a string as such
            found.append(content.decode("utf-8", errors="replace"))
    return found
