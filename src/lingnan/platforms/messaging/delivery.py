"""Bringing messages out through their channels: the work of the job."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.errors import Unavailable
from lingnan.kernel.jobs import job
from lingnan.security.crypto import services as crypto

from . import types
from .adapters.base import Parcel, Rejected
from .adapters.registry import gateway
from .models import Dispatch
from .types import Channel

logger = logging.getLogger("lingnan.messaging")

PURPOSE = "messaging.address"
SECRETS = "messaging.secrets"
ATTEMPTS_MAX = 8


def bring_out(dispatch_id: UUID, *, at: datetime) -> None:
    """Hand one dispatch to its gateway, if it still waits.

    The gateway is called outside any transaction, under the message's key: should the answer be
    lost, the gateway sees the same key again. Raises: ChannelUnavailable, to be tried again, until
    the attempts are used up.
    """
    dispatch = Dispatch.objects.select_related("message").get(pk=dispatch_id)
    if dispatch.state != Dispatch.State.QUEUED:
        return
    try:
        reference = gateway(dispatch.channel).deliver(_parcel(dispatch))
    except Rejected as refusal:
        _finish(dispatch, Dispatch.State.FAILED, at=at, problem=str(refusal))
    except Unavailable as failure:
        if dispatch.attempts + 1 >= ATTEMPTS_MAX:
            _finish(dispatch, Dispatch.State.FAILED, at=at, problem=failure.reason)
            logger.error("dispatch %s given up: %s", dispatch.pk, failure.reason)
            return
        Dispatch.objects.filter(pk=dispatch.pk, state=Dispatch.State.QUEUED).update(
            attempts=dispatch.attempts + 1, problem=failure.reason[:300]
        )
        raise
    else:
        _finish(dispatch, Dispatch.State.SENT, at=at, reference=reference)


def _finish(
    dispatch: Dispatch, state: str, *, at: datetime, reference: str = "", problem: str = ""
) -> None:
    Dispatch.objects.filter(pk=dispatch.pk, state=Dispatch.State.QUEUED).update(
        state=state,
        attempts=dispatch.attempts + 1,
        reference=reference[:200],
        problem=problem[:300],
        secrets_sealed="",
        finished_at=at,
    )


def _parcel(dispatch: Dispatch) -> Parcel:
    """The words for one channel, in Chinese: the language of the service's own gateway."""
    message = dispatch.message
    address = crypto.decrypt(dispatch.address_sealed, purpose=PURPOSE).decode()
    title, text = message.title["zh-hans"], message.body["zh-hans"]
    words = types.template(message.template)
    facts = {**message.facts, **secrets_of(dispatch)}
    if dispatch.secrets_sealed:
        text = words.say(words.body, facts)["zh-hans"]
    if dispatch.channel == Channel.SMS:
        short = words.say(words.sms, facts)["zh-hans"] if words.sms else text
        text = f"【政务服务】{short}"
    return Parcel(key=f"{message.pk}-{dispatch.channel}", address=address, title=title, text=text)


def seal_secrets(secrets: Mapping[str, str] | None) -> str:
    """The secrets of a dispatch as they are kept until it is finished."""
    if not secrets:
        return ""
    return crypto.encrypt(json.dumps(dict(secrets)).encode(), purpose=SECRETS)


def secrets_of(dispatch: Dispatch) -> dict[str, str]:
    """The facts only the outside channel says; nothing once it is finished."""
    if not dispatch.secrets_sealed:
        return {}
    kept: dict[str, str] = json.loads(crypto.decrypt(dispatch.secrets_sealed, purpose=SECRETS))
    return kept


@job("messaging.deliver", retries=8)
def deliver_dispatch(*, dispatch_id: str) -> None:
    """Bring one message out through its channel."""
    bring_out(UUID(dispatch_id), at=clock.now())
