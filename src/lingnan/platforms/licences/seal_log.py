"""The log of uses of seals. Stands below the services, for whoever puts a seal."""

from datetime import datetime

from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from .models import Seal, SealRequest, SealUse


def record_seal_use(
    seal: Seal,
    *,
    purpose: str,
    content: bytes,
    rule: str,
    actor: Actor,
    at: datetime,
    sealed: bytes = b"",
    approved_by: str = "",
    request: SealRequest | None = None,
    is_audited: bool = True,
) -> None:
    """Write a use into the seal's log and the audit chain, in the caller's transaction.

    `is_audited` is False where another audit entry of the same act names the seal and the digest.
    """
    digest = crypto.sm3(content).hex()
    sealed_digest = crypto.sm3(sealed).hex() if sealed else ""
    SealUse.objects.create(
        seal=seal,
        purpose=purpose[:300],
        digest_sm3=digest,
        sealed_digest_sm3=sealed_digest,
        used_by=actor.name[:200],
        used_by_account=actor.account_id,
        approved_by=approved_by[:200],
        rule=rule[:200],
        request=request,
        used_at=at,
    )
    if not is_audited:
        return
    audit.record(
        actor=actor,
        act="licences.seal_used",
        object_kind="licences.seal",
        object_id=seal.pk,
        facts={"purpose": purpose, "digest": sealed_digest or digest, "rule": rule},
        at=at,
    )
