"""SM2 certificates: bound to the account of whom they name, removed, and used as the second step.

Binding one shows at once who the holder is: an authority has checked him in person, and he signs
our challenge with its key. Source: Plan 五（一）2（2）, digital certificates.
"""

import base64
from datetime import datetime
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import IntegrityError, transaction

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from .. import wording
from ..adapters.base import Answer
from ..errors import (
    CertificateKnown,
    CertificateRefused,
    CertificatesNotOffered,
    ProofFailed,
)
from ..models import HolderCertificate, ProofAttempt, Session
from ..queries.keys import live_certificates
from ..types import SignedIn
from . import attempts
from .certificate_use import (
    CERTIFICATE_MAX,
    KIND,
    check_holder,
    is_offered,
    new_challenge,
    read_holder,
    seal_der,
    shown_of,
    signature_from,
    signs,
    use_certificate,
)
from .challenges import Asked, ask, state_of, take, waiting_session
from .evidence import record_evidence
from .own_keys import take_off
from .proofs import check_may_add_key, check_rate, raise_session, session_of
from .sessions import advance, fail_sign_in
from .telling import tell_owner


def ask_certificate(*, actor: Actor, certificate: bytes, at: datetime) -> Asked:
    """Begin to bind a certificate: it is checked, and its holder has to sign a challenge.

    Raises: SignInRequired, SignInAgain, OwnKeyFirst (403), CertificatesNotOffered,
    CertificateKnown (409),
    CertificateRefused (422), TooManyProofs (429).
    """
    session = session_of(actor)
    check_may_add_key(session, at)
    check_rate(session.account_id, at)
    if not is_offered():
        raise CertificatesNotOffered
    held = read_holder(certificate[:CERTIFICATE_MAX])
    check_holder(session.account, held, at)
    if _is_bound(held.der):
        raise CertificateKnown
    return _ask(ProofAttempt.Purpose.ENROL, session, at, der=base64.b64encode(held.der).decode())


def bind_certificate(
    *, actor: Actor, attempt_id: UUID, answer: Answer, at: datetime
) -> HolderCertificate:
    """The holder has signed: bound, and known at the level a certificate gives. He is told.

    Raises: SignInRequired, ProofOver (410), CertificateRefused (422), CertificateKnown (409).
    """
    session = session_of(actor)
    attempt = take(KIND, attempt_id, ProofAttempt.Purpose.ENROL, session_id=session.pk, at=at)
    state = state_of(attempt)
    held = read_holder(base64.b64decode(state["der"]))
    account = session.account
    if not signs(held, state["challenge"], signature_from(answer)):
        raise CertificateRefused(reason="signature")
    check_holder(account, held, at)
    row = HolderCertificate(
        account=account,
        fingerprint=crypto.sm3(held.der).hex(),
        der_sealed=seal_der(held.der),
        issuer=held.issuer[:300],
        serial_number=held.serial_number,
        not_after=held.not_after,
        last_used_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            raise_session(session.pk, KIND, None, at)
            if account.person_id is not None:
                record_evidence(
                    kind=KIND,
                    adapter=KIND,
                    person_id=account.person_id,
                    account_id=account.pk,
                    facts={"certificate": str(row.pk)},
                    until=held.not_after,
                    at=at,
                )
            _record(actor, "identity.certificate_bound", row, wording.CERTIFICATE_BOUND, at)
    except IntegrityError as known:
        raise CertificateKnown from known
    return row


@transaction.atomic
def remove_certificate(*, actor: Actor, certificate_id: UUID, at: datetime) -> None:
    """It proves nothing here any more; what it proved stays until its term.

    Raises: SignInRequired, NotFound (404), SecondFactorKept (409).
    """
    row, _session = take_off(HolderCertificate, actor=actor, key_id=certificate_id, at=at)
    _record(actor, "identity.certificate_removed", row, wording.CERTIFICATE_REMOVED, at)


def ask_certificate_step(*, session_id: UUID, at: datetime) -> Asked:
    """For a session that waits for its second step. Raises: NotFound (404), TooManyProofs (429)."""
    pending = waiting_session(session_id, at)
    if not live_certificates(pending.account_id) or not is_offered():
        raise NotFound
    check_rate(pending.account_id, at)
    return _ask(ProofAttempt.Purpose.SECOND, pending, at)


def continue_with_certificate(
    *, session_id: UUID, attempt_id: UUID, answer: Answer, at: datetime
) -> SignedIn:
    """The second step after the password. Raises: NotFound (404), ProofOver (410), ProofFailed
    (422), TooManyAttempts (429)."""
    pending = waiting_session(session_id, at)
    attempt = take(KIND, attempt_id, ProofAttempt.Purpose.SECOND, session_id=pending.pk, at=at)
    keys = attempts.keys_for(account=f"id:{pending.account_id}", address=pending.address)
    attempts.reserve(keys, at=at)
    challenge = str(state_of(attempt)["challenge"])
    try:
        use_certificate(pending.account, challenge, signature_from(answer), at)
    except CertificateRefused as refused:
        fail_sign_in(keys, pending.account, pending.address, at)
        raise ProofFailed(reason=refused.facts["reason"]) from refused
    attempts.settle(keys, ok=True, at=at)
    return advance(pending, method=KIND, at=at)


def _ask(purpose: str, session: Session, at: datetime, **state: str) -> Asked:
    attempt_id = uuid_utils.uuid7()
    challenge = new_challenge(attempt_id, at)
    return ask(
        KIND,
        purpose,
        shown_of(challenge),
        {"challenge": challenge, **state},
        session=session,
        attempt_id=attempt_id,
        at=at,
    )


def _is_bound(der: bytes) -> bool:
    fingerprint = crypto.sm3(der).hex()
    return HolderCertificate.objects.filter(fingerprint=fingerprint, removed_at=None).exists()


def _record(actor: Actor, act: str, row: HolderCertificate, template: str, at: datetime) -> None:
    facts: dict[str, object] = {"serial": row.serial_number, "when": at}
    tell_owner(row.account, template, facts, at=at)
    audit.record(
        actor=actor,
        act=act,
        object_kind="account",
        object_id=row.account_id,
        facts={"certificate": row.pk, "serial_number": row.serial_number, "issuer": row.issuer},
        at=at,
    )
