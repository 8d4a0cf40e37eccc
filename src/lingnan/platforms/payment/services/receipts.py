"""Receipts: numbered when money arrives, rendered by a job, sealed, booked, reversed."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.jobs import job
from lingnan.kernel.text import localise
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import OFD, PDF
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import codes
from ..adapters.registry import channel_name
from ..errors import NotYourMark, ReceiptBooked, ReceiptNotFound, ReceiptNotInForce
from ..events import ReceiptRendered
from ..models import Bill, FiscalReceipt, Payment, ReceiptSerial
from ..splitting import compute_shares
from ..types import ReceiptKind, ReceiptToSeal

OWNER = "payment.bill"
LANGUAGE = "zh-hans"  # of the document with legal form
_MEDIA_TYPES = {"pdf": PDF, "ofd": OFD}
_ACTOR = system_actor("payment.receipts")


def issue_receipt(
    bill: Bill,
    *,
    amount_fen: int,
    at: datetime,
    kind: ReceiptKind = ReceiptKind.NORMAL,
    reverses: FiscalReceipt | None = None,
) -> FiscalReceipt:
    """Number a receipt in the caller's transaction and put off its files.

    The numbers of a code have no gaps: they roll back with their cause.
    """
    agency = agencies.agency(bill.collecting_agency_id)
    code = codes.receipt_code(region_code=agency.region_code, year=local_date(at).year)
    number = f"{_next_number(code):010d}"
    receipt = FiscalReceipt.objects.create(
        bill=bill,
        kind=kind,
        reverses=reverses,
        code=code,
        number=number,
        amount_fen=amount_fen,
        check_code=codes.receipt_check_code(
            code=code, number=number, payment_code=bill.code, amount_fen=amount_fen
        ),
        issued_at=at,
    )
    render_receipt.enqueue(receipt_id=str(receipt.pk))
    return receipt


def _next_number(code: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ReceiptSerial._meta.db_table} AS serial (code, last) VALUES (%s, 1)"  # noqa: S608
            " ON CONFLICT (code) DO UPDATE SET last = serial.last + 1 RETURNING last",
            [code],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def check_reversible(bill: Bill) -> None:
    """Raises: ReceiptBooked (409) while somebody has booked the bill's receipt."""
    booked = bill.receipts.filter(booked_at__isnull=False, reversed_at__isnull=True).first()
    if booked is not None:
        raise ReceiptBooked(who=booked.booked_by_name)


def reverse_receipt(bill: Bill, *, left_fen: int, actor: Actor, at: datetime) -> None:
    """Reverse the receipt in force of a locked bill by a red one; what is left gets a new one.

    Raises: ReceiptBooked (409). Source: standards section 5 (红冲).
    """
    found = (
        bill.receipts.select_for_update()
        .filter(kind=ReceiptKind.NORMAL, reversed_at__isnull=True)
        .first()
    )
    if found is None:
        return
    if found.booked_at is not None:
        raise ReceiptBooked(who=found.booked_by_name)
    found.reversed_at = at
    found.save(update_fields=["reversed_at"])
    issue_receipt(
        bill, amount_fen=found.amount_fen, at=at, kind=ReceiptKind.REVERSAL, reverses=found
    )
    if left_fen:
        issue_receipt(bill, amount_fen=left_fen, at=at)
    _record(actor, "payment.receipt_reversed", found, at=at, left_fen=left_fen)


@transaction.atomic
def book_receipt(
    *, actor: Actor, number: str, check_code: str, amount_fen: int, at: datetime
) -> FiscalReceipt:
    """Mark a receipt as booked in one's accounts (入账标记), so that it is not paid out twice.

    Whoever has the paper knows code, number, check code and amount; all must fit. Marking again by
    the same unit changes nothing.

    Raises: ReceiptNotFound (404), ReceiptNotInForce, ReceiptBooked by another (409).
    Source: 财会〔2020〕6号 第四条 (an electronic voucher is not booked twice).
    """
    found = _by_numbers(number, check_code, amount_fen)
    if found.kind != ReceiptKind.NORMAL or found.reversed_at is not None:
        raise ReceiptNotInForce
    unit_id, unit_name = _unit(actor)
    if found.booked_at is not None:
        if found.booked_by_id == unit_id:
            return found
        raise ReceiptBooked(who=found.booked_by_name)
    found.booked_at, found.booked_by_id, found.booked_by_name = at, unit_id, unit_name[:200]
    found.save(update_fields=["booked_at", "booked_by_id", "booked_by_name"])
    _record(actor, "payment.receipt_booked", found, at=at)
    return found


@transaction.atomic
def unbook_receipt(
    *, actor: Actor, number: str, check_code: str, amount_fen: int, at: datetime
) -> FiscalReceipt:
    """Take one's own mark off. Raises: ReceiptNotFound (404), NotYourMark (403)."""
    found = _by_numbers(number, check_code, amount_fen)
    if found.booked_at is None:
        return found
    if found.booked_by_id != _unit(actor)[0]:
        raise NotYourMark
    found.booked_at, found.booked_by_id, found.booked_by_name = None, None, ""
    found.save(update_fields=["booked_at", "booked_by_id", "booked_by_name"])
    _record(actor, "payment.receipt_unbooked", found, at=at)
    return found


def _unit(actor: Actor) -> tuple[UUID, str]:
    """In whose accounts: the firm acted for, the officer's agency, or the person's own."""
    if actor.is_officer and actor.agency_id is not None:
        return actor.agency_id, agencies.agency(actor.agency_id).name
    if actor.principal is not None:
        return actor.principal.id, actor.principal.name
    assert actor.person_id is not None, "guarded: only who signed in marks receipts"
    return actor.person_id, actor.name


def _by_numbers(number: str, check_code: str, amount_fen: int) -> FiscalReceipt:
    plain = "".join(character for character in number if character.isdigit())
    found = (
        FiscalReceipt.objects.select_for_update()
        .filter(
            code=plain[:8],
            number=plain[8:18],
            check_code=check_code.strip().lower()[:6],
            amount_fen=amount_fen,
        )
        .first()
        if len(plain) == 18
        else None
    )
    if found is None:
        raise ReceiptNotFound
    return found


def make_receipt_files(receipt_id: UUID, *, at: datetime) -> None:
    """Render a receipt as PDF and OFD and keep both; done once, again changes nothing.

    Rendering is outside the transaction; the row is locked only to hang the files on it. The seal
    comes later, from above: `ReceiptRendered` asks for it.
    """
    receipt = FiscalReceipt.objects.select_related("bill", "reverses").get(pk=receipt_id)
    if receipt.pdf_file_id and receipt.ofd_file_id:
        return
    rendered = documents.render("receipt", _facts(receipt))
    with transaction.atomic():
        receipt = FiscalReceipt.objects.select_for_update().get(pk=receipt_id)
        if receipt.pdf_file_id and receipt.ofd_file_id:
            return
        for kind, content in rendered.items():
            _hang(receipt, kind, content, at=at)
        receipt.save(update_fields=["pdf_file", "ofd_file"])
        events.publish(
            ReceiptRendered(receipt_id=receipt.pk, agency_id=receipt.bill.collecting_agency_id)
        )


def receipt_to_seal(receipt_id: UUID) -> ReceiptToSeal | None:
    """The OFD of a receipt and where the seal belongs on it; None once it is sealed."""
    receipt = FiscalReceipt.objects.select_related("bill", "reverses").get(pk=receipt_id)
    if receipt.sealed_at is not None or receipt.ofd_file_id is None:
        return None
    place = documents.seal_place("receipt", _facts(receipt))
    assert place is not None, "a receipt's paper says where its seal stands"
    return ReceiptToSeal(
        ofd=documents.read_file(receipt.ofd_file_id),
        agency_id=receipt.bill.collecting_agency_id,
        number=f"{receipt.code}{receipt.number}",
        x_mm=place.x,
        y_mm=place.y,
        width_mm=place.width,
        height_mm=place.height,
    )


def attach_sealed_receipt(
    receipt_id: UUID,
    *,
    ofd: bytes,
    seal_picture: bytes,
    sign_pdf: Callable[[bytes], bytes],
    at: datetime,
) -> None:
    """Replace the files by the sealed OFD and a PDF that shows the seal and is signed: the receipt
    is delivered.

    Attaching again changes nothing. Seal and signatures are made above, where seals are kept
    (docs/decisions/0010-receipts-are-sealed-from-above.md).
    """
    receipt = FiscalReceipt.objects.select_related("bill", "reverses").get(pk=receipt_id)
    if receipt.sealed_at is not None:
        return
    facts = {**_facts(receipt), "seal_image": seal_picture}
    pdf = sign_pdf(documents.render("receipt", facts, formats=("pdf",))["pdf"])
    with transaction.atomic():
        receipt = FiscalReceipt.objects.select_for_update().get(pk=receipt_id)
        if receipt.sealed_at is not None:
            return
        old = [receipt.pdf_file_id, receipt.ofd_file_id]
        _hang(receipt, "pdf", pdf, at=at)
        _hang(receipt, "ofd", ofd, at=at)
        receipt.sealed_at = receipt.delivered_at = at
        receipt.save(update_fields=["pdf_file", "ofd_file", "sealed_at", "delivered_at"])
        for file_id in old:
            if file_id is not None:
                documents.forget_file(file_id)


def _hang(receipt: FiscalReceipt, kind: str, content: bytes, *, at: datetime) -> None:
    stored = documents.store(
        content,
        name=f"{receipt.code}{receipt.number}.{kind}",
        media_type=_MEDIA_TYPES[kind],
        actor=_ACTOR,
        owner_kind=OWNER,
        owner_id=receipt.bill_id,
        at=at,
    )
    setattr(receipt, f"{kind}_file", stored)


def _facts(receipt: FiscalReceipt) -> dict[str, object]:
    bill = receipt.bill
    payment = Payment.objects.get(bill=bill, kind=Payment.Kind.SETTLEMENT)
    sign = -1 if receipt.kind == ReceiptKind.REVERSAL else 1
    with translation.override(LANGUAGE):
        channel = channel_name(payment.channel)
        test_mark = _("Test receipt · not for reimbursement")
        title = _("Electronic receipt of non-tax revenue")
        note = ""
        if receipt.reverses is not None:
            title = _("Electronic receipt of non-tax revenue (red)")
            note = _("Reverses the receipt %(code)s %(number)s.") % {
                "code": receipt.reverses.code,
                "number": receipt.reverses.number,
            }
        lines = _lines(receipt, sign)
    return {
        "title": title,
        "note": note,
        "code": receipt.code,
        "number": receipt.number,
        "check_code": receipt.check_code,
        "payment_code": bill.code,
        "payer_name": bill.payer_name,
        "agency_name": bill.collecting_agency_name,
        "lines": lines,
        "amount_fen": sign * receipt.amount_fen,
        "paid_at": payment.paid_at,
        "channel": channel,
        "channel_transaction": payment.channel_transaction,
        "issued_at": receipt.issued_at,
        "made_at": receipt.issued_at,
        "verify_url": f"{settings.LINGNAN.public_url.rstrip('/')}/pay/receipts/"
        f"{receipt.code}{receipt.number}/?check={receipt.check_code}",
        "test_mark": "" if settings.LINGNAN.production else test_mark,
    }


def _lines(receipt: FiscalReceipt, sign: int) -> list[dict[str, object]]:
    """The charges as billed; after a partial refund, what is left of each; a fine's surcharge."""
    charges = [c for c in receipt.bill.charges.order_by("position") if c.amount_fen]
    billed = sum(charge.amount_fen for charge in charges)
    amounts = [charge.amount_fen for charge in charges]
    is_whole = receipt.amount_fen >= billed
    if not is_whole:
        amounts = compute_shares(receipt.amount_fen, amounts)
    lines: list[dict[str, object]] = [
        {
            "code": charge.code,
            "name": localise(charge.name, LANGUAGE),
            "quantity": charge.quantity if is_whole and not charge.reduction_fen else 1,
            "unit_price_fen": charge.unit_price_fen
            if is_whole and not charge.reduction_fen
            else amount,
            "amount_fen": sign * amount,
        }
        for charge, amount in zip(charges, amounts, strict=True)
    ]
    if receipt.amount_fen > billed:
        surcharge = receipt.amount_fen - billed
        lines.append(
            {
                "code": "",
                "name": _("Surcharge for late payment"),
                "quantity": 1,
                "unit_price_fen": surcharge,
                "amount_fen": sign * surcharge,
            }
        )
    return lines


def _record(
    actor: Actor, act: str, receipt: FiscalReceipt, *, at: datetime, **facts: object
) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.bill",
        object_id=receipt.bill_id,
        facts={"receipt": f"{receipt.code}{receipt.number}", **facts},
        at=at,
    )


@job("payment.render_receipt", retries=5)
def render_receipt(*, receipt_id: str) -> None:
    """Make the files of one receipt. Here rather than in `tasks`, which knows the settlement."""
    make_receipt_files(UUID(receipt_id), at=clock.now())
