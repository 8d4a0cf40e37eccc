"""Alipay by its open gateway: face-to-face orders, codes shown at a counter, refunds, bills.

Source: https://opendocs.alipay.com/open/194/105072 and the pages beside it;
docs/reference/channels.md lists what is used.
"""

import csv
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from lingnan.kernel import clock
from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.money import NotAnAmount, parse_yuan
from lingnan.kernel.networks import trusted

from ..errors import (
    ChannelRefused,
    ChannelUnavailable,
    ForgedNotice,
    NoticeMalformed,
    PayerCodeRefused,
    StatementNotReady,
)
from . import alipay_messages as messages
from . import rsa_signatures
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

CODE = "alipay"
TIMEOUT_S = 8
OFFICIAL_URL = "https://openapi.alipay.com/gateway.do"
STATEMENT_MAX_BYTES = 500_000_000
_FORMAT = "%Y-%m-%d %H:%M:%S"
_STATES = {
    "WAIT_BUYER_PAY": OrderState.PENDING,
    "TRADE_SUCCESS": OrderState.PAID,
    "TRADE_FINISHED": OrderState.PAID,
    "TRADE_CLOSED": OrderState.CLOSED,
}
_NO_SUCH = "ACQ.TRADE_NOT_EXIST"


class _Problem(Exception):
    """The gateway understood and said no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Alipay:
    """One application at Alipay."""

    code = CODE

    def __init__(
        self,
        credentials: Credentials,
        *,
        url: str = "",
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self.credentials = credentials
        self.url = credentials.values.get("url") or url or OFFICIAL_URL
        self.transport = transport

    def place_order(self, order: OrderRequest) -> PlacedOrder:
        content = {
            "out_trade_no": order.order_number,
            "total_amount": _yuan(order.amount_fen),
            "subject": order.title,
            "body": order.payment_code,
            "time_expire": _time(order.expires_at),
        }
        try:
            answer = self._call("alipay.trade.precreate", content, notify_url=order.notify_url)
        except _Problem as problem:
            raise ChannelRefused(reason=problem.message) from problem
        code = answer.get("qr_code")
        if not isinstance(code, str) or not 1 <= len(code) <= 500:
            raise ChannelUnavailable("the gateway gave no code to scan")
        return PlacedOrder(qr_text=code)

    def charge_payer_code(self, order: OrderRequest, payer_code: str) -> OrderReport:
        content = {
            "out_trade_no": order.order_number,
            "scene": "bar_code",
            "auth_code": payer_code,
            "total_amount": _yuan(order.amount_fen),
            "subject": order.title,
        }
        try:
            self._call("alipay.trade.pay", content, notify_url=order.notify_url)
        except _Problem as problem:
            if problem.code != "10003":  # waits for the payer's password
                raise PayerCodeRefused(reason=problem.message) from problem
            return OrderReport(order_number=order.order_number, state=OrderState.PENDING)
        return self.query_order(
            OrderRef(
                order_number=order.order_number,
                placed_at=order.placed_at,
                expires_at=order.expires_at,
            )
        )

    def query_order(self, order: OrderRef) -> OrderReport:
        number = order.order_number
        try:
            answer = self._call("alipay.trade.query", {"out_trade_no": number})
        except _Problem as problem:
            # A code that nobody has scanned yet is no trade at Alipay.
            if problem.code == _NO_SUCH:
                return self._unscanned(order)
            raise ChannelUnavailable(problem.code) from problem
        return _report(answer, number, "send_pay_date")

    def _unscanned(self, order: OrderRef) -> OrderReport:
        gone = order.expires_at <= clock.now()
        state = OrderState.CLOSED if gone else OrderState.PENDING
        return OrderReport(order_number=order.order_number, state=state)

    def close_order(self, order: OrderRef) -> OrderReport:
        """A code that nobody scanned is no trade yet and cannot be closed; should money still come
        for it, it is surplus and goes back. `alipay.trade.cancel` is not used: it would give back
        money that paid the bill a moment ago.
        """
        report = self.query_order(order)
        if report.state in {OrderState.PAID, OrderState.CLOSED}:
            return report
        try:
            self._call("alipay.trade.close", {"out_trade_no": order.order_number})
        except _Problem as problem:
            if problem.code == _NO_SUCH:
                return OrderReport(order_number=order.order_number, state=OrderState.CLOSED)
            if problem.code != "ACQ.TRADE_STATUS_ERROR":
                raise ChannelUnavailable(problem.code) from problem
        return self.query_order(order)

    def refund(self, request: RefundRequest) -> RefundReport:
        content = {
            "trade_no": request.channel_transaction,
            "refund_amount": _yuan(request.amount_fen),
            "out_request_no": request.refund_number,
            "refund_reason": request.reason,
        }
        try:
            self._call("alipay.trade.refund", content)
        except _Problem as problem:
            return RefundReport(
                refund_number=request.refund_number,
                state=RefundProgress.FAILED,
                problem=problem.message,
            )
        return self.query_refund(request)

    def query_refund(self, request: RefundRequest) -> RefundReport:
        number = request.refund_number
        content = {
            "trade_no": request.channel_transaction,
            "out_request_no": number,
            "query_options": ["gmt_refund_pay"],
        }
        try:
            answer = self._call("alipay.trade.fastpay.refund.query", content)
        except _Problem as problem:
            if problem.code in {_NO_SUCH, "ACQ.TRADE_NOT_FOUND"}:
                return RefundReport(refund_number=number, state=RefundProgress.UNKNOWN)
            raise ChannelUnavailable(problem.code) from problem
        if answer.get("refund_status") != "REFUND_SUCCESS":
            return RefundReport(refund_number=number, state=RefundProgress.UNKNOWN)
        return RefundReport(
            refund_number=number,
            state=RefundProgress.SUCCEEDED,
            channel_refund=number,  # Alipay knows a refund by our own number
            amount_fen=_fen(answer.get("refund_amount")),
            paid_at=_instant(answer.get("gmt_refund_pay")),
        )

    def statement(self, on: date) -> Iterable[StatementLine]:
        content = {"bill_type": "trade", "bill_date": on.isoformat()}
        try:
            answer = self._call("alipay.data.dataservice.bill.downloadurl.query", content)
        except _Problem as problem:
            raise StatementNotReady(on=on) from problem
        address = str(answer.get("bill_download_url", ""))
        if urlsplit(address).scheme != "https" and not address.startswith(self._own_host()):
            raise ChannelUnavailable("the bill lies at another address")
        packed = self._get(address)
        try:
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                names = [entry for entry in archive.infolist() if not _is_summary(entry)]
                if len(names) != 1 or names[0].file_size > STATEMENT_MAX_BYTES:
                    raise ValueError("a bill is one file of details and one of totals")
                with archive.open(names[0]) as entry:
                    yield from read_statement(io.TextIOWrapper(entry, "gb18030", newline=""))
        except (
            ValueError, KeyError, EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError,
            csv.Error, zipfile.BadZipFile,
        ) as error:  # fmt: skip
            raise ChannelUnavailable("the bill is not of the published form") from error

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
        except ValueError as error:
            raise NoticeMalformed from error
        form = dict(pairs)
        if len(form) != len(pairs):
            raise NoticeMalformed
        if not messages.notice_holds(self.credentials.public_key("alipay_public.pem"), form):
            raise ForgedNotice
        if form.get("app_id") != self.credentials.text("app_id") or form.get(
            "seller_id"
        ) != self.credentials.text("seller_id"):
            raise ForgedNotice
        try:
            if form.get("out_biz_no") and form.get("gmt_refund"):
                return RefundReport(
                    refund_number=form["out_biz_no"][:64], state=RefundProgress.PROCESSING
                )
            return _report(form, form["out_trade_no"], "gmt_payment")
        except (KeyError, ChannelUnavailable) as error:
            raise NoticeMalformed from error

    def signature_of(self, body: bytes, headers: Mapping[str, str]) -> str:
        return dict(parse_qsl(body.decode(errors="replace"))).get("sign", "")

    def acknowledge(self) -> tuple[bytes, str]:
        return b"success", "text/plain"

    def _call(
        self, method: str, content: Mapping[str, Any], *, notify_url: str = ""
    ) -> dict[str, Any]:
        """One signed request. Raises: _Problem, ChannelUnavailable."""
        form = {
            "app_id": self.credentials.text("app_id"),
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": _time(clock.now()),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False),
        }
        if notify_url:
            form["notify_url"] = notify_url
        signed = messages.sign_form(self.credentials.key("app.key"), form)
        try:
            with self._client() as client:
                answer = client.post(self.url, data=signed)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(type(error).__name__) from error
        if answer.status_code != 200:
            raise ChannelUnavailable(f"the gateway answered {answer.status_code}")
        return self._open(answer.text, messages.response_name(method))

    def _open(self, content: str, name: str) -> dict[str, Any]:
        try:
            text = messages.response_text(content, name)
            sign = str(json.loads(content)["sign"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ChannelUnavailable("the gateway's answer is not of the published form") from error
        public_key = self.credentials.public_key("alipay_public.pem")
        if not rsa_signatures.holds(public_key, text.encode(), sign):
            raise ChannelUnavailable("the signature of the gateway's answer does not hold")
        response: dict[str, Any] = json.loads(text)
        code = str(response.get("code"))
        if code == "10000":
            return response
        if code == "20000":
            raise ChannelUnavailable(str(response.get("sub_code")))
        problem = str(response.get("sub_code") or code) if code != "10003" else code
        raise _Problem(problem, str(response.get("sub_msg") or response.get("msg"))[:200])

    def _own_host(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}/"

    def _get(self, address: str) -> bytes:
        try:
            with self._client() as client:
                answer = client.get(address)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(type(error).__name__) from error
        if answer.status_code != 200:
            raise ChannelUnavailable(f"the bill answered {answer.status_code}")
        return answer.content

    def _client(self) -> "httpx.Client":
        return httpx.Client(
            timeout=TIMEOUT_S,
            transport=self.transport,
            verify=trusted(by_environment=False),
            trust_env=False,
        )


def read_statement(lines: Iterable[str]) -> Iterable[StatementLine]:
    """The lines of a bill of trades (业务明细). Raises: ValueError, KeyError for another form.

    Lines that begin with # are headings and totals; a refund repeats the trade's number, its own
    is the number of the request.
    """
    rows = csv.reader(line for line in lines if line.strip() and not line.startswith("#"))
    head = [cell.strip() for cell in next(rows, [])]
    if "支付宝交易号" not in head:
        raise ColumnsUnknown
    for row in rows:
        cells = dict(zip(head, (cell.strip() for cell in row), strict=False))
        is_refund = cells["业务类型"] == "退款"
        request = cells.get("退款批次号/请求号", "")
        yield StatementLine(
            order_number=cells["商户订单号"],
            channel_transaction=request if is_refund else cells["支付宝交易号"],
            amount_fen=abs(parse_yuan(cells["订单金额（元）"])),
            at=datetime.fromisoformat(cells["完成时间"]).replace(tzinfo=clock.SHANGHAI),
            is_refund=is_refund,
            refund_number=request if is_refund else "",
        )


def _is_summary(entry: zipfile.ZipInfo) -> bool:
    """File names are in GBK, which zip does not mark."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        name = name.encode("cp437", "replace").decode("gb18030", "replace")
    return "汇总" in name


def _report(answer: Mapping[str, Any], number: str, paid_field: str) -> OrderReport:
    if answer.get("out_trade_no") != number or not 1 <= len(number) <= 64:
        raise ChannelUnavailable("the gateway answered for another order")
    state = _STATES.get(str(answer.get("trade_status")))
    if state is None:
        raise ChannelUnavailable("unknown state of a trade")
    if state != OrderState.PAID:
        return OrderReport(order_number=number, state=state)
    transaction = answer.get("trade_no")
    if not isinstance(transaction, str) or not 1 <= len(transaction) <= 64:
        raise ChannelUnavailable("a paid trade has a number")
    return OrderReport(
        order_number=number,
        state=state,
        channel_transaction=transaction,
        amount_fen=_fen(answer.get("total_amount")),
        paid_at=_instant(answer.get(paid_field)),
    )


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"


def _fen(value: object) -> int:
    try:
        amount = parse_yuan(str(value))
    except NotAnAmount as error:
        raise ChannelUnavailable("an amount is not one") from error
    if amount <= 0:
        raise ChannelUnavailable("an amount is above zero")
    return amount


def _time(value: datetime) -> str:
    return value.astimezone(clock.SHANGHAI).strftime(_FORMAT)


def _instant(value: object) -> datetime:
    try:
        return datetime.strptime(str(value), _FORMAT).replace(tzinfo=clock.SHANGHAI)
    except ValueError as error:
        raise ChannelUnavailable("an instant is not one") from error
