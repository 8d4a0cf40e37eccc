"""Results of bills, told to the agencies' own systems: registered, signed, sent until taken.

A result is written with its event and sent by a job, outside of any transaction. Between taking it
up and writing down what came of it the row is leased: a sender that dies is followed by another,
with the same text and the same id. Source: Plan 五（三）1 (results pushed to platforms of cities).
"""

import json
import secrets
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from lingnan.kernel import jobs
from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import access
from ..adapters import result_http
from ..adapters.bank_messages import hmac_sm3, instant_text
from ..errors import DeliveryNotDead, EndpointEnded, EndpointKnown, EndpointRefused, TooManyKeys
from ..events import BillExpired, BillSettled, BillVoided, RefundPaid
from ..models import (
    Account,
    Bill,
    Entry,
    Payment,
    Posting,
    Refund,
    ResultDelivery,
    ResultEndpoint,
    ResultKey,
    ResultTry,
)
from ..types import MANAGE_RESULTS, DeliveryState, ReceiptKind, RefundState, SecretKey, SendProblem

TIMESTAMP = "Lingnan-Timestamp"
SIGNATURE = "Lingnan-Signature"
DELIVERY = "Lingnan-Delivery"
RESULTS = {
    BillSettled.name: "paid",
    BillVoided.name: "voided",
    BillExpired.name: "expired",
    RefundPaid.name: "refunded",
}
KEYS_MAX = 4
URL_LENGTH_MAX = 400
LEASE = timedelta(minutes=5)
_PURPOSE = "payment.result_key"
_BATCH = 500


def register_endpoint(
    *, actor: Actor, agency_id: UUID, url: str, at: datetime
) -> tuple[ResultEndpoint, SecretKey]:
    """Register an address of an agency's system; its first key comes back, once.

    Raises: Forbidden (403), EndpointRefused (422), EndpointKnown (409).
    """
    agency = agencies.agency(agency_id)
    access.check_officer(actor, MANAGE_RESULTS, agency_id=agency.id, region_path=agency.region_path)
    url = url.strip()
    _check_url(url)
    with transaction.atomic():
        try:
            with transaction.atomic():
                endpoint = ResultEndpoint.objects.create(
                    agency_id=agency.id,
                    agency_name=agency.short_name,
                    region_path=agency.region_path,
                    url=url,
                    registered_at=at,
                    registered_by=actor.name[:100],
                )
        except IntegrityError as known:
            raise EndpointKnown from known
        key = _make_key(actor, endpoint, at=at)
        _record(actor, "payment.result_endpoint_registered", endpoint, at=at, key_id=key.key_id)
    return endpoint, key


@transaction.atomic
def rotate_endpoint_key(
    *, actor: Actor, endpoint_id: UUID, at: datetime
) -> tuple[ResultEndpoint, SecretKey]:
    """A new key, shown once; those before it sign beside it for the time of overlap, then end.

    Raises: EndpointNotFound (404), EndpointEnded, TooManyKeys (409).
    """
    endpoint = _lock(actor, endpoint_id)
    live = endpoint.keys.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    if live.count() >= KEYS_MAX:
        raise TooManyKeys(limit=KEYS_MAX)
    until = at + timedelta(days=settings.LINGNAN.result_key_overlap_days)
    endpoint.keys.filter(ends_at__isnull=True).update(ends_at=until)
    key = _make_key(actor, endpoint, at=at)
    _record(actor, "payment.result_key_rotated", endpoint, at=at, key_id=key.key_id)
    return endpoint, key


@transaction.atomic
def end_endpoint(*, actor: Actor, endpoint_id: UUID, at: datetime) -> ResultEndpoint:
    """Send nothing there any more; what waits is given up. Ending again changes nothing.

    Raises: EndpointNotFound (404).
    """
    endpoint = _lock(actor, endpoint_id, also_ended=True)
    if endpoint.ended_at is not None:
        return endpoint
    endpoint.ended_at, endpoint.ended_by = at, actor.name[:100]
    endpoint.save(update_fields=["ended_at", "ended_by"])
    endpoint.keys.update(sealed_secret="", ends_at=at)
    endpoint.deliveries.filter(state=DeliveryState.WAITING).update(
        state=DeliveryState.DEAD, retry_at=None, ended_at=at
    )
    _record(actor, "payment.result_endpoint_ended", endpoint, at=at)
    return endpoint


def queue_result(
    *, event: str, event_id: UUID, bill_id: UUID, at: datetime, refund_id: UUID | None = None
) -> int:
    """Write down what to send about an event, in the transaction of its delivery to us.

    Surplus that goes back is no result of the bill and is not told. On a joint bill each agency is
    told whose part it is, with what its part comes to. Returns how many endpoints will be told.
    """
    bill = Bill.objects.get(pk=bill_id)
    refund: Refund | None = None
    if refund_id is not None:
        refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund is not None and refund.payment.kind != Payment.Kind.SETTLEMENT:
        return 0
    parts = _parts(bill)
    told = 0
    for endpoint in ResultEndpoint.objects.filter(agency_id__in=parts, ended_at__isnull=True):
        delivery_id = uuid_utils.uuid7()
        _row, is_new = ResultDelivery.objects.get_or_create(
            endpoint=endpoint,
            event_id=event_id,
            defaults={
                "id": delivery_id,
                "bill": bill,
                "event": event,
                "body": json.dumps(
                    {
                        "delivery_id": str(delivery_id),
                        "event_id": str(event_id),
                        "event": event,
                        "result": RESULTS[event],
                        "occurred_at": instant_text(at),
                        **_facts(bill, refund),
                        "part": parts[endpoint.agency_id],
                    },
                    ensure_ascii=False,
                    separators=(",", ":"),
                ),
                "retry_at": at,
                "queued_at": at,
            },
        )
        if is_new:
            _put_off(delivery_id)
            told += 1
    return told


def send_result(delivery_id: UUID, *, at: datetime) -> None:
    """Send one result that is due, outside of any transaction, and write down what came of it."""
    taken = _take(delivery_id, at=at)
    if taken is None:
        return
    delivery, keys = taken
    begun = time.monotonic()
    address, status, problem = "", None, ""
    anywhere = settings.LINGNAN.result_targets == "any"
    limit_s = settings.LINGNAN.result_timeout_seconds
    body = delivery.body.encode()
    try:
        target = result_http.read_target(delivery.endpoint.url, anywhere=anywhere)
        address = result_http.resolve(
            target,
            anywhere=anywhere,
            networks=settings.LINGNAN.result_networks.split(),
            timeout_s=limit_s,
        )
        status = result_http.post(
            target,
            address,
            body=body,
            headers={DELIVERY: str(delivery.pk), **sign_result(keys, body, at=at)},
            timeout_s=limit_s - (time.monotonic() - begun),
        )
    except (result_http.TargetRefused, result_http.NotReached) as failure:
        problem = str(failure)
    spent = int((time.monotonic() - begun) * 1000)
    _finish(delivery.pk, address=address, status=status, problem=problem, spent_ms=spent, at=at)


def sign_result(keys: list[tuple[str, bytes]], body: bytes, *, at: datetime) -> dict[str, str]:
    """The headers that prove a result: HMAC-SM3 over the second, a full stop and the body."""
    timestamp = str(int(at.timestamp()))
    signed = timestamp.encode() + b"." + body
    values = ",".join(f"{key_id}={hmac_sm3(secret, signed).hex()}" for key_id, secret in keys)
    return {TIMESTAMP: timestamp, SIGNATURE: values}


@transaction.atomic
def resend_result(*, actor: Actor, delivery_id: UUID, at: datetime) -> ResultDelivery:
    """Send a dead letter again, from the first try on, with the id it had.

    Raises: DeliveryNotFound (404), DeliveryNotDead, EndpointEnded (409).
    """
    found = access.access_result_delivery(actor=actor, delivery_id=delivery_id)
    _lock(actor, found.endpoint_id)
    delivery = ResultDelivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.state != DeliveryState.DEAD:
        raise DeliveryNotDead
    delivery.state, delivery.repeats = DeliveryState.WAITING, 0
    delivery.retry_at, delivery.ended_at = at, None
    delivery.save(update_fields=["state", "repeats", "retry_at", "ended_at"])
    _put_off(delivery.pk)
    _record(actor, "payment.result_resent", found.endpoint, at=at, delivery_id=str(delivery.pk))
    return delivery


def put_off_due_results(*, at: datetime) -> int:
    """Put off a job for each result that is due; returns how many."""
    due = ResultDelivery.objects.filter(state=DeliveryState.WAITING, retry_at__lte=at)
    ids = list(due.order_by("retry_at").values_list("pk", flat=True)[:_BATCH])
    return sum(_put_off(delivery_id) for delivery_id in ids)


@transaction.atomic
def sweep_results(*, at: datetime) -> int:
    """Forget what was sent long ago, and the secrets of keys that ended; returns how many."""
    ResultKey.objects.filter(ends_at__lte=at).exclude(sealed_secret="").update(sealed_secret="")
    before = at - timedelta(days=settings.LINGNAN.result_log_days)
    old = list(
        ResultDelivery.objects.filter(ended_at__lt=before).values_list("pk", flat=True)[:10_000]
    )
    ResultTry.objects.filter(delivery_id__in=old).delete()
    return ResultDelivery.objects.filter(pk__in=old).delete()[0]


def _put_off(delivery_id: UUID) -> bool:
    return jobs.enqueue("payment.send_result", delivery_id=str(delivery_id), key=str(delivery_id))


@transaction.atomic
def _take(
    delivery_id: UUID, *, at: datetime
) -> tuple[ResultDelivery, list[tuple[str, bytes]]] | None:
    delivery = (
        ResultDelivery.objects.select_for_update(of=("self",))
        .select_related("endpoint")
        .filter(pk=delivery_id, state=DeliveryState.WAITING, retry_at__lte=at)
        .first()
    )
    if delivery is None:
        return None
    delivery.retry_at = at + LEASE
    delivery.save(update_fields=["retry_at"])
    live = delivery.endpoint.keys.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    keys = [
        (key.key_id, crypto.decrypt(key.sealed_secret, purpose=_PURPOSE))
        for key in live.order_by("-made_at", "-id")
    ]
    return delivery, keys


@transaction.atomic
def _finish(
    delivery_id: UUID,
    *,
    address: str,
    status: int | None,
    problem: str,
    spent_ms: int,
    at: datetime,
) -> None:
    delivery = ResultDelivery.objects.select_for_update().get(pk=delivery_id)
    ResultTry.objects.create(
        delivery=delivery,
        tried_at=at,
        address=address,
        status=status,
        problem=problem,
        milliseconds=spent_ms,
    )
    if delivery.state != DeliveryState.WAITING:
        return  # its endpoint ended while it was on its way
    pauses = [int(minutes) for minutes in settings.LINGNAN.result_retry_minutes.split()]
    if status is not None and 200 <= status < 300:
        delivery.state, delivery.retry_at, delivery.ended_at = DeliveryState.DELIVERED, None, at
    elif delivery.repeats >= len(pauses):
        delivery.state, delivery.retry_at, delivery.ended_at = DeliveryState.DEAD, None, at
    else:
        delivery.retry_at = at + timedelta(minutes=pauses[delivery.repeats])
        delivery.repeats += 1
    delivery.save(update_fields=["state", "retry_at", "ended_at", "repeats"])


def _parts(bill: Bill) -> dict[UUID, dict[str, Any]]:
    """What of a bill is each agency's: the collecting one, and those of its charges."""
    billed = dict.fromkeys([bill.collecting_agency_id], 0)
    for charge in bill.charges.all():
        agency_id = charge.agency_id or bill.collecting_agency_id
        billed[agency_id] = billed.get(agency_id, 0) + charge.amount_fen
    given_back = (
        Entry.objects.filter(
            posting__kind=Posting.Kind.REFUND_APPROVED,
            posting__cause_kind="refund",
            posting__cause_id__in=Refund.objects.filter(
                payment__bill=bill, state=RefundState.PAID
            ).values("pk"),
            account__kind=Account.Kind.INCOME,
        )
        .values("account__agency_id")
        .annotate(total=Sum("amount_fen"))
    )
    refunded = {row["account__agency_id"]: row["total"] for row in given_back}
    return {
        agency_id: {
            "is_collecting": agency_id == bill.collecting_agency_id,
            "amount_fen": amount_fen,
            "refunded_fen": refunded.get(agency_id, 0),
        }
        for agency_id, amount_fen in billed.items()
    }


def _facts(bill: Bill, refund: Refund | None) -> dict[str, Any]:
    """What the other side reads; no payer is named. docs/howto/receive-results.md describes it."""
    receipts = list(bill.receipts.order_by("issued_at", "id"))
    given_back = Refund.objects.filter(
        payment__bill=bill, payment__kind=Payment.Kind.SETTLEMENT, state=RefundState.PAID
    ).aggregate(total=Sum("amount_fen", default=0))
    in_force = next(
        (r for r in receipts if r.kind == ReceiptKind.NORMAL and r.reversed_at is None), None
    )
    return {
        "bill": {
            "id": str(bill.pk),
            "code": bill.code,
            "subject_kind": bill.subject_kind,
            "subject_id": str(bill.subject_id),
            "state": bill.state,
            "amount_fen": bill.amount_fen,
            "paid_at": instant_text(bill.paid_at) if bill.paid_at else None,
            "voided_at": instant_text(bill.voided_at) if bill.voided_at else None,
            "refunded_fen": given_back["total"],
        },
        "refund": {
            "number": refund.number,
            "amount_fen": refund.amount_fen,
            "paid_at": instant_text(refund.paid_at) if refund.paid_at else None,
        }
        if refund
        else None,
        "receipt": {"code": in_force.code, "number": in_force.number} if in_force else None,
        "receipts": [
            {
                "code": row.code,
                "number": row.number,
                "kind": row.kind,
                "amount_fen": row.amount_fen,
                "is_reversed": row.reversed_at is not None,
            }
            for row in receipts
        ],
    }


def _check_url(url: str) -> None:
    """Raises: EndpointRefused (422)."""
    if not 1 <= len(url) <= URL_LENGTH_MAX:
        raise _refusal(SendProblem.FORM)
    anywhere = settings.LINGNAN.result_targets == "any"
    try:
        result_http.resolve(
            result_http.read_target(url, anywhere=anywhere),
            anywhere=anywhere,
            networks=settings.LINGNAN.result_networks.split(),
            timeout_s=settings.LINGNAN.result_timeout_seconds,
        )
    except (result_http.TargetRefused, result_http.NotReached) as refused:
        raise _refusal(SendProblem(str(refused))) from refused


def _refusal(problem: SendProblem) -> EndpointRefused:
    return EndpointRefused(reason=problem.value, reason_text=str(problem.label))


def _make_key(actor: Actor, endpoint: ResultEndpoint, *, at: datetime) -> SecretKey:
    key_id, secret = f"rk_{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    ResultKey.objects.create(
        endpoint=endpoint,
        key_id=key_id,
        sealed_secret=crypto.encrypt(secret.encode(), purpose=_PURPOSE),
        made_at=at,
        made_by=actor.name[:100],
    )
    return SecretKey(key_id=key_id, secret=secret)


def _lock(actor: Actor, endpoint_id: UUID, *, also_ended: bool = False) -> ResultEndpoint:
    access.access_result_endpoint(actor=actor, endpoint_id=endpoint_id)
    endpoint = ResultEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if endpoint.ended_at is not None and not also_ended:
        raise EndpointEnded
    return endpoint


def _record(
    actor: Actor, act: str, endpoint: ResultEndpoint, *, at: datetime, **facts: str
) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.result_endpoint",
        object_id=endpoint.pk,
        facts={"url": endpoint.url[:200], **facts},
        at=at,
    )
