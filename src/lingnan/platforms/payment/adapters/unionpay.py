"""UnionPay: orders as a code to scan, codes shown at a counter, refunds, statements of a day.

The gateway has no call that closes an order: an unpaid one ends at its `payTimeout`. An order is
found by its number together with the instant it was sent.
Source: https://open.unionpay.com (二维码支付, 5.1.0); docs/reference/channels.md.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from lingnan.kernel import clock
from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.networks import trusted

from ..errors import (
    ChannelRefused,
    ChannelUnavailable,
    ForgedNotice,
    NoticeMalformed,
    PayerCodeRefused,
    StatementNotReady,
)
from . import unionpay_messages as messages
from .base import (
    ColumnsUnknown,
    Notice,
    OrderRef,
    OrderReport,
    OrderRequest,
    OrderState,
    PlacedOrder,
    RefundProgress,
    RefundReport,
    RefundRequest,
    StatementLine,
)
from .credentials import Credentials

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

CODE = "unionpay"
TIMEOUT_S = 8
OFFICIAL_URL = "https://gateway.95516.com"
STATEMENT_MAX_BYTES = 500_000_000
PAID = {"00", "A6"}
WAITING = {"03", "04", "05"}
TAKEN_BEFORE = "12"
NO_SUCH = "34"
_FORMAT = "%Y%m%d%H%M%S"
# Lengths of the fields of a ZM file (商户一般交易明细流水文件), a blank between each.
ZM_LENGTHS = (3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2)
_AT, _AMOUNT, _QUERY_ID, _ORDER_ID, _TYPE = 4, 6, 9, 11, 19


class UnionPay:
    """One merchant at UnionPay."""

    code = CODE

    def __init__(
        self,
        credentials: Credentials,
        *,
        url: str = "",
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self.credentials = credentials
        self.url = (credentials.values.get("url") or url or OFFICIAL_URL).rstrip("/")
        self.file_url = (credentials.values.get("file_url") or self.url).rstrip("/")
        self.transport = transport

    def place_order(self, order: OrderRequest) -> PlacedOrder:
        answer = self._call(
            "/gateway/api/backTransReq.do",
            {
                "txnType": "01",
                "txnSubType": "07",
                "bizType": "000000",
                "channelType": "08",
                "orderId": order.order_number,
                "txnTime": _time(order.placed_at),
                "txnAmt": str(order.amount_fen),
                "currencyCode": "156",
                "payTimeout": _time(order.expires_at),
                "backUrl": order.notify_url,
                "orderDesc": order.title[:32],
            },
        )
        code = answer.get("qrCode", "")
        if answer.get("respCode") not in PAID or not 1 <= len(code) <= 500:
            raise ChannelRefused(reason=answer.get("respMsg", "")[:200])
        return PlacedOrder(qr_text=code)

    def charge_payer_code(self, order: OrderRequest, payer_code: str) -> OrderReport:
        answer = self._call(
            "/gateway/api/backTransReq.do",
            {
                "txnType": "01",
                "txnSubType": "06",
                "bizType": "000000",
                "channelType": "08",
                "orderId": order.order_number,
                "txnTime": _time(order.placed_at),
                "txnAmt": str(order.amount_fen),
                "currencyCode": "156",
                "qrNo": payer_code,
                "termId": "00000001",
                "backUrl": order.notify_url,
            },
        )
        if answer.get("respCode") not in {*PAID, *WAITING, TAKEN_BEFORE}:
            raise PayerCodeRefused(reason=answer.get("respMsg", "")[:200])
        return self.query_order(
            OrderRef(
                order_number=order.order_number,
                placed_at=order.placed_at,
                expires_at=order.expires_at,
            )
        )

    def query_order(self, order: OrderRef) -> OrderReport:
        answer = self._query(order.order_number, order.placed_at)
        number = order.order_number
        is_over = order.expires_at <= clock.now()
        if answer.get("respCode") == NO_SUCH:
            # Nobody has scanned the code yet; until its term somebody may.
            return OrderReport(
                order_number=number, state=OrderState.CLOSED if is_over else OrderState.PENDING
            )
        if answer.get("respCode") not in PAID:
            raise ChannelUnavailable(answer.get("respMsg", "")[:100])
        state = answer.get("origRespCode", "")
        if state in PAID:
            return _paid(answer, number)
        if state in WAITING and not is_over:
            return OrderReport(order_number=number, state=OrderState.PENDING)
        return OrderReport(order_number=number, state=OrderState.CLOSED)

    def close_order(self, order: OrderRef) -> OrderReport:
        return self.query_order(order)

    def refund(self, request: RefundRequest) -> RefundReport:
        answer = self._call(
            "/gateway/api/backTransReq.do",
            {
                "txnType": "04",
                "txnSubType": "00",
                "bizType": "000000",
                "channelType": "08",
                "orderId": request.refund_number,
                "txnTime": _time(request.requested_at),
                "txnAmt": str(request.amount_fen),
                "origQryId": request.channel_transaction,
                "backUrl": request.notify_url,
            },
        )
        if answer.get("respCode") not in {*PAID, *WAITING, TAKEN_BEFORE}:
            return RefundReport(
                refund_number=request.refund_number,
                state=RefundProgress.FAILED,
                problem=answer.get("respMsg", "")[:200],
            )
        return self.query_refund(request)

    def query_refund(self, request: RefundRequest) -> RefundReport:
        number = request.refund_number
        answer = self._query(number, request.requested_at)
        if answer.get("respCode") == NO_SUCH:
            return RefundReport(refund_number=number, state=RefundProgress.UNKNOWN)
        if answer.get("respCode") not in PAID:
            raise ChannelUnavailable(answer.get("respMsg", "")[:100])
        state = answer.get("origRespCode", "")
        if state in PAID:
            return _given_back(answer, number)
        if state in WAITING:
            return RefundReport(refund_number=number, state=RefundProgress.PROCESSING)
        return RefundReport(
            refund_number=number,
            state=RefundProgress.FAILED,
            problem=answer.get("origRespMsg", "")[:200],
        )

    def statement(self, on: date) -> Iterable[StatementLine]:
        answer = self._call(
            "/",
            {
                "txnType": "76",
                "txnSubType": "01",
                "bizType": "000000",
                "txnTime": _time(clock.now()),
                "settleDate": f"{on:%m%d}",
                "fileType": "00",
            },
            url=self.file_url,
        )
        if answer.get("respCode") not in PAID:
            raise StatementNotReady(on=on)
        try:
            packed = messages.unpack(answer["fileContent"], limit=STATEMENT_MAX_BYTES)
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                for entry in archive.infolist():
                    if "ZM_" in entry.filename and entry.file_size <= STATEMENT_MAX_BYTES:
                        with archive.open(entry) as member:
                            text = io.TextIOWrapper(member, "gb18030")
                            yield from read_statement(text, on=on)
        except (
            KeyError, ValueError, EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError,
            zipfile.BadZipFile,
        ) as error:  # fmt: skip
            raise ChannelUnavailable("the statement is not of the published form") from error

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        try:
            fields = messages.decode_form(body)
        except ValueError as error:
            raise NoticeMalformed from error
        root = self.credentials.certificate("root.crt")
        if not messages.holds(root, fields, at=clock.now()):
            raise ForgedNotice
        if fields.get("merId") != self.credentials.text("mer_id"):
            raise ForgedNotice
        try:
            number = fields["orderId"]
            is_done = fields.get("respCode") in PAID
            if fields.get("txnType") == "04":
                if is_done:
                    return _given_back(fields, number)
                return RefundReport(refund_number=number[:64], state=RefundProgress.PROCESSING)
            if is_done and fields["txnType"] == "01":
                return _paid(fields, number)
            return OrderReport(order_number=number[:64], state=OrderState.PENDING)
        except (KeyError, ChannelUnavailable) as error:
            raise NoticeMalformed from error

    def signature_of(self, body: bytes, headers: Mapping[str, str]) -> str:
        return messages.decode_form(body).get("signature", "")

    def acknowledge(self) -> tuple[bytes, str]:
        return b"ok", "text/plain"

    def _query(self, number: str, sent_at: datetime) -> dict[str, str]:
        return self._call(
            "/gateway/api/queryTrans.do",
            {
                "txnType": "00",
                "txnSubType": "00",
                "bizType": "000000",
                "orderId": number,
                "txnTime": _time(sent_at),
            },
        )

    def _call(self, path: str, fields: Mapping[str, str], *, url: str = "") -> dict[str, str]:
        """One signed request; an answer whose signature does not hold is no answer."""
        message = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "accessType": "0",
            "merId": self.credentials.text("mer_id"),
            "certId": self.credentials.text("cert_id"),
            **fields,
        }
        signed = messages.sign(self.credentials.key("merchant.key"), message)
        try:
            with httpx.Client(
                timeout=TIMEOUT_S,
                transport=self.transport,
                verify=trusted(by_environment=False),
                trust_env=False,
            ) as client:
                answer = client.post(f"{url or self.url}{path}", data=signed)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(type(error).__name__) from error
        if answer.status_code != 200:
            raise ChannelUnavailable(f"the gateway answered {answer.status_code}")
        try:
            decoded = messages.decode(answer.text)
        except ValueError as error:
            raise ChannelUnavailable("the gateway's answer is not of the published form") from error
        root = self.credentials.certificate("root.crt")
        if not messages.holds(root, decoded, at=clock.now()):
            raise ChannelUnavailable("the signature of the gateway's answer does not hold")
        if "orderId" in fields and decoded.get("orderId") != fields["orderId"]:
            raise ChannelUnavailable("the gateway answered for another order")
        return decoded


def read_statement(lines: Iterable[str], *, on: date) -> Iterable[StatementLine]:
    """The lines of a ZM file: fields of fixed length; only consumption (01) and refunds (04).

    The file gives instants without a year: they lie in the year that ends with the settlement day.
    Raises: ValueError for another form.
    """
    for line in lines:
        if not line.strip():
            continue
        cells, place = [], 0
        for length in ZM_LENGTHS:
            cells.append(line[place : place + length].strip())
            place += length + 1
        if not cells[_AMOUNT].isdecimal():
            raise ColumnsUnknown
        if cells[_TYPE] not in {"01", "04"}:
            continue
        at = datetime.strptime(f"{on.year}{cells[_AT]}", _FORMAT).replace(tzinfo=clock.SHANGHAI)
        if at.date() > on:
            at = at.replace(year=on.year - 1)
        is_refund = cells[_TYPE] == "04"
        yield StatementLine(
            order_number=cells[_ORDER_ID],
            channel_transaction=cells[_QUERY_ID],
            amount_fen=int(cells[_AMOUNT]),
            at=at,
            is_refund=is_refund,
            refund_number=cells[_ORDER_ID] if is_refund else "",
        )


def _paid(fields: Mapping[str, str], number: str) -> OrderReport:
    return OrderReport(
        order_number=number,
        state=OrderState.PAID,
        channel_transaction=_query_id(fields),
        amount_fen=_fen(fields),
        paid_at=_instant(fields),
    )


def _given_back(fields: Mapping[str, str], number: str) -> RefundReport:
    return RefundReport(
        refund_number=number,
        state=RefundProgress.SUCCEEDED,
        channel_refund=_query_id(fields),
        amount_fen=_fen(fields),
        paid_at=_instant(fields),
    )


def _query_id(fields: Mapping[str, str]) -> str:
    value = fields.get("queryId", "")
    if not 1 <= len(value) <= 64:
        raise ChannelUnavailable("a transaction has a number")
    return value


def _fen(fields: Mapping[str, str]) -> int:
    text = fields.get("txnAmt", "")
    if fields.get("currencyCode", "156") != "156":
        raise ChannelUnavailable("only CNY is collected")
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) > 0):
        raise ChannelUnavailable("an amount is a whole number of fen above zero")
    return int(text)


def _instant(fields: Mapping[str, str]) -> datetime:
    """When it was traced, else when the order was sent."""
    sent = fields.get("txnTime", "")
    try:
        at = datetime.strptime(sent, _FORMAT).replace(tzinfo=clock.SHANGHAI)
        traced = fields.get("traceTime", "")
        if traced:
            found = datetime.strptime(f"{at.year}{traced}", _FORMAT).replace(tzinfo=clock.SHANGHAI)
            at = found if found >= at else found.replace(year=at.year + 1)
    except ValueError as error:
        raise ChannelUnavailable("an instant is not one") from error
    return at


def _time(value: datetime) -> str:
    return value.astimezone(clock.SHANGHAI).strftime(_FORMAT)
