"""What every end or recovery of an account does: ways in are shut, every address is told."""

from datetime import datetime
from uuid import UUID

from django.urls import reverse

from lingnan.kernel import jobs
from lingnan.platforms.messaging import services as messaging

from ..models import Account, ApiToken, Authorisation, Session
from ..queries.people import person as person_of


def end_access(account_id: UUID, *, at: datetime, keep: UUID | None = None) -> int:
    """End sessions (all but `keep`), API tokens and what programs were let have.

    In the caller's transaction; programs that relied on a session are told by a job. Returns how
    many sessions ended.
    """
    sessions = Session.objects.filter(account_id=account_id, ended_at=None)
    if keep is not None:
        sessions = sessions.exclude(pk=keep)
    count = sessions.update(ended_at=at)
    ApiToken.objects.filter(account_id=account_id, ended_at=None).update(ended_at=at)
    granted = Authorisation.objects.filter(account_id=account_id, ended_at=None)
    if keep is not None:
        granted = granted.exclude(session_id=keep)
    granted.update(ended_at=at, ended_because=Authorisation.End.REVOKED)
    jobs.enqueue("identity.sign_out_everywhere", key="all")
    return count


def tell_everywhere(
    account: Account,
    *,
    template: str,
    facts: dict[str, object],
    at: datetime,
    also_phone: str = "",
) -> None:
    """To the inbox, the telephone and the e-mail on record, and to a number that was on record.

    In the caller's transaction. Nothing for an account for work alone: it has no address here.
    """
    if account.person_id is None:
        return
    owner = person_of(account.person_id)
    common = {
        "template": template,
        "facts": facts,
        "subject_kind": "identity.account",
        "subject_id": account.pk,
        "person_id": owner.id,
        "link": reverse("identity:account"),
        "at": at,
    }
    messaging.send(
        **common,  # type: ignore[arg-type]
        channels=("inbox", "sms", "email"),
        phone=owner.phone,
        email=owner.email,
    )
    if also_phone and also_phone != owner.phone:
        messaging.send(**common, channels=("sms",), phone=also_phone)  # type: ignore[arg-type]
