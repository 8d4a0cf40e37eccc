"""Single sign-out: when a session ends here, every program that relied on it is told.

Tokens are dead the instant the session is (they are looked up with it); what is sent is only the
notice, by a job, signed, and repeated until the program takes it or a day has passed.
Source: OpenID Connect Back-Channel Logout 1.0.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from django.db import transaction
from django.db.models import Q
from joserfc import jwt

from lingnan.kernel import jobs
from lingnan.kernel.errors import Unavailable
from lingnan.kernel.networks import trusted

from ...models import Authorisation
from ..queries.released import subject_for
from . import keys
from .provider import issuer

EVENT = "http://schemas.openid.net/event/backchannel-logout"
NOTICE_TERM = timedelta(minutes=2)
GIVE_UP = timedelta(days=1)
TIMEOUT_S = 10
BATCH = 500


@transaction.atomic
def end_with_sessions(*, at: datetime) -> int:
    """End the authorisations of sessions that ended, and put off a notice to each program.

    Authorisations that were ended otherwise (consent, replay) are told as well. Returns how many
    notices were put off; running it again adds none.
    """
    over = Q(session__ended_at__isnull=False) | Q(session__expires_at__lte=at)
    due = list(
        Authorisation.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(over | Q(ended_at__isnull=False), told_at=None)
        .select_related("client")
        .order_by("pk")[:BATCH]
    )
    told = 0
    for row in due:
        if row.ended_at is None and not row.offline:
            row.ended_at, row.ended_because = at, Authorisation.End.SIGNED_OUT
        row.told_at = at
        row.save(update_fields=["ended_at", "ended_because", "told_at"])
        if row.client.backchannel_logout_uri:
            told += jobs.enqueue("identity.tell_signed_out", authorisation_id=str(row.pk))
    return told


def tell_signed_out(*, authorisation_id: UUID, at: datetime) -> None:
    """Send one program its notice. Repeatable: programs end a session once, however often told.

    Raises: Unavailable, to be tried again, when the program does not answer.
    """
    row = Authorisation.objects.select_related("client").filter(pk=authorisation_id).first()
    if row is None or not row.client.backchannel_logout_uri:
        return
    if row.told_at is not None and row.told_at <= at - GIVE_UP:
        return
    try:
        answer = httpx.post(
            row.client.backchannel_logout_uri,
            data={"logout_token": logout_token(row, at=at)},
            timeout=TIMEOUT_S,
            follow_redirects=False,
            verify=trusted(),
        )
    except httpx.HTTPError as silent:
        raise Unavailable(f"{row.client.client_id}: {type(silent).__name__}") from silent
    # 400 is the program's final word (it knows no such session); 5xx is not.
    if answer.status_code >= 500:
        raise Unavailable(f"{row.client.client_id}: {answer.status_code}")


def logout_token(row: Authorisation, *, at: datetime) -> str:
    """The notice: which session of whom is over, signed as ID tokens are."""
    algorithm = row.client.id_token_algorithm
    key = keys.signing_key(algorithm, at=at)
    claims = {
        "iss": issuer(),
        "aud": row.client.client_id,
        "iat": int(at.timestamp()),
        "exp": int((at + NOTICE_TERM).timestamp()),
        "jti": secrets.token_urlsafe(16),
        "events": {EVENT: {}},
        "sid": row.sid,
        "sub": subject_for(row.client, row.account_id),
    }
    header = {"alg": algorithm, "kid": key.kid, "typ": "logout+jwt"}
    return jwt.encode(header, claims, key, [algorithm])
