"""Telling the owner of an account what happened to it, whoever he is here."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from lingnan.platforms.messaging import services as messaging

from ..models import Account
from ..queries.people import person as person_of


def tell_owner(
    account: Account,
    template: str,
    facts: dict[str, object],
    *,
    at: datetime,
    channels: Sequence[str] = ("inbox", "sms"),
    link: str = "",
) -> None:
    """To the person where there is one, else to the officer's inbox at work. In the caller's
    transaction."""
    person_id = account.person_id
    officer = None
    if person_id is None:
        officer = account.officers.filter(active=True).order_by("id").first()
        if officer is None:
            return
    messaging.send(
        template=template,
        facts=facts,
        subject_kind="identity.account",
        subject_id=account.pk,
        person_id=person_id,
        officer_id=officer.pk if officer else None,
        channels=channels if person_id else ("inbox",),
        phone=person_of(person_id).phone if person_id and "sms" in channels else "",
        link=link or reverse("identity:account"),
        at=at,
    )
