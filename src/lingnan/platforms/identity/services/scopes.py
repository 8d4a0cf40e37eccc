"""What a program was let do, taken back by the module whose data it was for.

Source: Personal Information Protection Law art. 15.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit

from ..models import Account, Authorisation, Consent


@transaction.atomic
def withdraw_scope(
    *, actor: Actor, account_id: UUID, client_id: str, scope: str, at: datetime
) -> bool:
    """Take one scope out of what an account agreed to with a program; what else was agreed stays.

    Every sign-in there that had it ends, so that nothing goes on with an old token: the person is
    asked anew. For modules above, where what the scope gave was taken back; they have checked who
    asks. Returns whether there was something to take.
    """
    Account.objects.select_for_update().get(pk=account_id)
    live = Consent.objects.filter(
        account_id=account_id, client__client_id=client_id, withdrawn_at=None
    ).first()
    if live is not None and scope in live.scopes:
        live.withdrawn_at = at
        live.save(update_fields=["withdrawn_at"])
        left = [kept for kept in live.scopes if kept != scope]
        if left and live.until > at:
            Consent.objects.create(
                account_id=account_id,
                client_id=live.client_id,
                scopes=left,
                claims=live.claims,
                given_at=live.given_at,
                until=live.until,
            )
    ended = Authorisation.objects.filter(
        account_id=account_id,
        client__client_id=client_id,
        ended_at=None,
        scopes__contains=[scope],
    ).update(ended_at=at, ended_because=Authorisation.End.CONSENT)
    if live is None:
        return bool(ended)
    audit.record(
        actor=actor,
        act="identity.scope_withdrawn",
        object_kind="consent",
        object_id=live.pk,
        facts={"client": str(live.client_id), "scope": scope},
        at=at,
    )
    return True
