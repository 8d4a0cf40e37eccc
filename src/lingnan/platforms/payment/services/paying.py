"""Paying: orders at channels, their notices, and the counter."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.money import format_fen
from lingnan.kernel.text import localise
from lingnan.security.crypto import services as crypto

from .. import access, queries
from ..adapters.base import (
    Notice,
    OrderReport,
    OrderRequest,
    OrderState,
    RefundReport,
    TakesOnce,
)
from ..adapters.registry import COUNTER, in_app_channel, payer_code_channel
from ..adapters.registry import channel as channel_adapter
from ..errors import (
    BillBeingPaid,
    BillNotPayable,
    ChannelUnknown,
    CounterTransactionUsed,
    FineAtCounter,
    PayerCodeMalformed,
    PayerCodeRefused,
    ReasonMissing,
    ReplayedNotice,
)
from ..models import Bill, ChannelNotice, NoticeNonce, Payment, PaymentAttempt
from ..surcharge import COUNTER_LIMIT_FEN
from ..types import COLLECT, UNPAID, BillState
from .refunds import apply_refund_report
from .rows import LIVE, lock_bill, state_label
from .settlement import apply_report, ask_channel, settle

NONCE_TERM = timedelta(days=1)
ATTEMPT_TERM = timedelta(minutes=30)  # how long a payer may stay on the bank's page; our default


def start_payment(
    *, bill_id: UUID, channel: str, at: datetime, openid: str = "", ends_other: bool = True
) -> PaymentAttempt:
    """Place an order with a channel so that the payer can pay; asking again gives the same order.

    An order of another channel or payer is ended, unless `ends_other` is false: then it stays.

    With `openid` the payer pays inside the channel's app (JSAPI), where he is known by that name;
    `in_app_params` then gives what his page hands to the app.

    The channel is called between two transactions: before it the attempt is written, so that
    whatever happens, an order number the channel knows is in our books.

    Raises: BillNotFound, ChannelUnknown (404), BillNotPayable, BillBeingPaid (409),
    ChannelUnavailable.
    """
    adapter = channel_adapter(channel)
    product = _product(openid)
    try:
        attempt = _reserve_attempt(bill_id, channel, product=product, at=at)
    except BillBeingPaid:
        stale = queries.live_attempt(bill_id)
        is_other = stale is not None and (stale.channel, stale.product) != (channel, product)
        if stale is not None and (is_other or stale.expires_at <= at):
            if stale.expires_at > at and not ends_other:
                raise
            ask_channel(stale, at=at, close=True)
        attempt = _reserve_attempt(bill_id, channel, product=product, at=at)
    if attempt.state == PaymentAttempt.State.PENDING:
        return attempt
    if openid:
        placed = in_app_channel(channel).place_in_app(_request(attempt), openid)
    else:
        placed = adapter.place_order(_request(attempt))
    facts = {
        "state": PaymentAttempt.State.PENDING,
        "pay_url": placed.pay_url,
        "qr_text": placed.qr_text,
        "prepay_id": placed.prepay_id,
    }
    ours = PaymentAttempt.objects.filter(pk=attempt.pk, state=PaymentAttempt.State.PLACING)
    if not ours.update(**facts):  # paid or ended meanwhile
        attempt.refresh_from_db()
        return attempt
    for name, value in facts.items():
        setattr(attempt, name, value)
    return attempt


def _product(openid: str) -> str:
    return f"in_app:{crypto.sm3(openid.encode()).hex()[:32]}" if openid else ""


def in_app_params(attempt: PaymentAttempt, *, at: datetime) -> dict[str, str]:
    """What a page inside the channel's app hands to it to pay; empty where it is not that way."""
    is_live = attempt.state == PaymentAttempt.State.PENDING and attempt.expires_at > at
    if not attempt.prepay_id or not is_live:
        return {}
    return in_app_channel(attempt.channel).pay_params(attempt.prepay_id, at=at)


def _request(attempt: PaymentAttempt) -> OrderRequest:
    bill = attempt.bill
    public_url = settings.LINGNAN.public_url.rstrip("/")
    return OrderRequest(
        order_number=attempt.order_number,
        payment_code=bill.code,
        title=localise(bill.title, "zh-hans")[:100],
        amount_fen=attempt.amount_fen,
        placed_at=attempt.started_at,
        expires_at=attempt.expires_at,
        return_url=f"{public_url}/pay/{bill.pk}/?wait=1",
        notify_url=f"{public_url}/api/v1/payment/callbacks/{attempt.channel}",
    )


def charge_payer_code(
    *, actor: Actor, bill_id: UUID, channel: str, payer_code: str, at: datetime
) -> Bill:
    """Take the amount of a bill from the wallet behind a code the payer shows at a counter.

    The bill is paid, or being paid while the payer confirms on the phone. A refused code ends its
    order; another may be shown.

    Raises: BillNotFound, ChannelUnknown (404), Forbidden (403), PayerCodeMalformed (422),
    BillNotPayable, BillBeingPaid, PayerCodeRefused (409), ChannelUnavailable.
    Source: Plan 五（三）1 (扫码缴费).
    """
    access.access_bill_for(COLLECT, actor=actor, bill_id=bill_id)
    adapter = payer_code_channel(channel)
    digits = "".join(payer_code.split())
    if adapter is None:
        raise ChannelUnknown
    if not (digits.isascii() and digits.isdigit() and 16 <= len(digits) <= 24):
        raise PayerCodeMalformed
    release_bill(bill_id, at=at)
    attempt = _reserve_attempt(bill_id, channel, product="", at=at)
    try:
        report = adapter.charge_payer_code(_request(attempt), digits)
    except PayerCodeRefused:
        apply_report(
            channel,
            OrderReport(order_number=attempt.order_number, state=OrderState.CLOSED),
            at=at,
        )
        raise
    PaymentAttempt.objects.filter(pk=attempt.pk, state=PaymentAttempt.State.PLACING).update(
        state=PaymentAttempt.State.PENDING
    )
    apply_report(channel, report, at=at)
    return Bill.objects.get(pk=bill_id)


@transaction.atomic
def _reserve_attempt(bill_id: UUID, channel: str, *, product: str, at: datetime) -> PaymentAttempt:
    bill = lock_bill(bill_id)
    today = local_date(at)
    if bill.state not in UNPAID or queries.is_over(bill, on=today):
        raise BillNotPayable(state=state_label(bill, at))
    live = PaymentAttempt.objects.filter(bill=bill, state__in=LIVE).first()
    if live is not None:
        if (live.channel, live.product) != (channel, product) or live.expires_at <= at:
            raise BillBeingPaid
        return live
    attempt = PaymentAttempt.objects.create(
        bill=bill,
        channel=channel,
        product=product,
        order_number=f"{bill.code}{secrets.token_hex(4)}",
        amount_fen=queries.payable_fen(bill, on=today),
        started_at=at,
        expires_at=at + ATTEMPT_TERM,
    )
    bill.state = BillState.PAYING
    bill.save(update_fields=["state"])
    return attempt


def receive_notice(
    *, channel: str, body: bytes, headers: Mapping[str, str], at: datetime
) -> tuple[bytes, str]:
    """Take a channel's callback: verify, keep it word for word once, bring it into the books.

    Returns what to answer. Raises: ChannelUnknown (404), ForgedNotice (403), NoticeMalformed (422),
    ReplayedNotice (409);
    after those the channel must not take the notice for delivered.
    """
    adapter = channel_adapter(channel)
    notice = adapter.read_notice(body, headers)
    nonce = adapter.nonce_of(headers) if isinstance(adapter, TakesOnce) else ""
    _keep_notice(channel, notice, body, adapter.signature_of(body, headers), nonce=nonce, at=at)
    return adapter.acknowledge()


@transaction.atomic
def _keep_notice(
    channel: str, notice: Notice, body: bytes, signature: str, *, nonce: str, at: datetime
) -> None:
    if nonce:
        _kept, is_new = NoticeNonce.objects.get_or_create(
            channel=channel, nonce=nonce, defaults={"taken_at": at}
        )
        if not is_new:
            raise ReplayedNotice
    digest = crypto.sm3(body).hex()
    locks.hold("payment.notice", f"{channel}:{digest}")
    known = ChannelNotice.objects.filter(channel=channel, digest=digest).first()
    if known is not None:
        known.times_received += 1
        known.last_received_at = at
        known.save(update_fields=["times_received", "last_received_at"])
        if known.outcome != ChannelNotice.Outcome.UNKNOWN_ORDER:
            return
    outcome, bill_id = _apply(channel, notice, at=at)
    if known is not None:
        known.outcome, known.bill_id = outcome, bill_id
        known.save(update_fields=["outcome", "bill"])
        return
    if isinstance(notice, RefundReport):
        number, transaction_number = notice.refund_number, notice.channel_refund
    else:
        number, transaction_number = notice.order_number, notice.channel_transaction
    ChannelNotice.objects.create(
        channel=channel,
        digest=digest,
        body=body.decode(),
        signature=signature[:500],
        order_number=number,
        channel_transaction=transaction_number,
        outcome=outcome,
        first_received_at=at,
        last_received_at=at,
        bill_id=bill_id,
    )


def _apply(channel: str, notice: Notice, *, at: datetime) -> tuple[str, UUID | None]:
    if isinstance(notice, RefundReport):
        bill_id = apply_refund_report(channel, notice, at=at)
        found = ChannelNotice.Outcome.REFUND if bill_id else ChannelNotice.Outcome.UNKNOWN_ORDER
        return found, bill_id
    return apply_report(channel, notice, at=at)


def forget_nonces(*, at: datetime) -> int:
    """Forget nonces of messages that are too old to be taken anyway; returns how many."""
    return NoticeNonce.objects.filter(taken_at__lt=at - NONCE_TERM).delete()[0]


def refresh_bill(bill_id: UUID, *, at: datetime) -> None:
    """Ask the channel what became of the bill's live order; past its term, end it.

    Raises: ChannelUnavailable.
    """
    live = queries.live_attempt(bill_id)
    if live is not None:
        ask_channel(live, at=at, close=live.expires_at <= at)


def release_bill(bill_id: UUID, *, at: datetime) -> None:
    """End the bill's live order at the channel, so that it may be voided or paid otherwise.

    Should the money have arrived meanwhile, the bill is paid. Raises: ChannelUnavailable.
    """
    live = queries.live_attempt(bill_id)
    if live is not None:
        ask_channel(live, at=at, close=True)


def collect_at_counter(*, actor: Actor, bill_id: UUID, slip: str, at: datetime) -> Bill:
    """Record that the whole amount was paid at a counter, in cash or by card, under a slip number.

    Raises: BillNotFound (404), Forbidden (403), ReasonMissing (422), BillNotPayable, BillBeingPaid,
    CounterTransactionUsed, FineAtCounter (409), ChannelUnavailable.
    """
    found = access.access_bill_for(COLLECT, actor=actor, bill_id=bill_id)
    if not slip.strip():
        raise ReasonMissing
    release_bill(bill_id, at=at)
    transaction_number = f"{found.collecting_agency_id.hex[:12]}:{slip.strip()[:40]}"
    try:
        with transaction.atomic():
            bill = lock_bill(bill_id)
            if bill.state not in UNPAID or queries.is_over(bill, on=local_date(at)):
                raise BillNotPayable(state=state_label(bill, at))
            if PaymentAttempt.objects.filter(bill=bill, state__in=LIVE).exists():
                raise BillBeingPaid
            amount_fen = queries.payable_fen(bill, on=local_date(at))
            if bill.is_fine and amount_fen > COUNTER_LIMIT_FEN:
                raise FineAtCounter(limit=format_fen(COUNTER_LIMIT_FEN))
            settle(
                bill,
                amount_fen=amount_fen,
                attempt=None,
                channel=COUNTER,
                channel_transaction=transaction_number,
                paid_at=at,
                actor=actor,
                at=at,
            )
    except IntegrityError as error:
        used = Payment.objects.filter(channel=COUNTER, channel_transaction=transaction_number)
        if used.exists():
            raise CounterTransactionUsed(slip=slip.strip()[:40]) from error
        raise
    return bill
