"""Challenges that a key answers: one row each, used up before the answer is judged."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.security.crypto import services as crypto

from ..errors import ProofOver
from ..models import Account, ProofAttempt, Session
from ..queries.keys import live_certificates, live_passkeys
from ..queries.rules import rule
from ..sealing import PROOF, seal, unseal
from . import certificate_use, key_use
from .proofs import code_digest, use_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to a browser. `binding` stays with it: only there the answer counts."""

    attempt_id: UUID
    options: dict[str, Any]
    expires_at: datetime
    binding: str = ""


def waiting_session(session_id: UUID, at: datetime) -> Session:
    """A session that waits for its second step. Raises: NotFound (404)."""
    pending = (
        Session.objects.select_related("account", "officer")
        .filter(pk=session_id, stage=Session.Stage.CODE, ended_at=None, expires_at__gt=at)
        .first()
    )
    if pending is None:
        raise NotFound
    return pending


def second_steps(account_id: UUID) -> dict[str, bool]:
    """Which ways are open for the second step of an account: `code`, `passkey`, `certificate`."""
    return {
        "code": Account.objects.filter(pk=account_id, totp_confirmed_at__isnull=False).exists(),
        "passkey": key_use.is_offered() and bool(live_passkeys(account_id)),
        "certificate": certificate_use.is_offered() and bool(live_certificates(account_id)),
    }


def ask(
    kind: str,
    purpose: str,
    options: dict[str, Any],
    state: dict[str, Any],
    *,
    at: datetime,
    session: Session | None = None,
    address: str = "",
    attempt_id: UUID | None = None,
    bound: bool = False,
) -> Asked:
    """Write a challenge down: for a session, or (also where `bound`) for whoever keeps the
    binding."""
    minutes = rule("codes", on=clock.local_date(at)).parameters["minutes"]
    attempt_id = attempt_id or uuid_utils.uuid7()
    binding = secrets.token_urlsafe(32) if bound or session is None else ""
    row = ProofAttempt.objects.create(
        pk=attempt_id,
        method=kind,
        purpose=purpose,
        account_id=session.account_id if session else None,
        session=session,
        state_sealed=seal(json.dumps(state), purpose=PROOF),
        code_digest=code_digest(attempt_id, binding) if binding else "",
        address=address[:45],
        tries_max=1,
        expires_at=at + timedelta(minutes=minutes),
    )
    return Asked(
        attempt_id=row.pk,
        options={**options, "timeout": minutes * 60_000},
        expires_at=row.expires_at,
        binding=binding,
    )


def take(
    kind: str,
    attempt_id: UUID,
    purpose: str,
    *,
    at: datetime,
    session_id: UUID | None = None,
    binding: str = "",
) -> ProofAttempt:
    """The challenge, used up by this. Raises: ProofOver (410): of another, too old, or again."""
    rows = ProofAttempt.objects.filter(pk=attempt_id, method=kind, purpose=purpose)
    rows = rows.filter(session_id=session_id) if session_id else rows.filter(session=None)
    row = rows.first()
    expected = row.code_digest if row else ""
    if row is None or (
        expected and not crypto.equal(expected, code_digest(row.pk, binding or "-"))
    ):
        raise ProofOver
    use_up(row, at)
    return row


def state_of(attempt: ProofAttempt) -> dict[str, Any]:
    """What was to be remembered of a challenge."""
    state: dict[str, Any] = json.loads(unseal(attempt.state_sealed, purpose=PROOF))
    return state
