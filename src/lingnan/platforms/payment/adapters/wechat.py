"""WeChat Pay, APIv3: orders to scan (Native) or inside the app (JSAPI), codes shown at a counter,
refunds, bills.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012791832 and the pages beside it;
docs/reference/channels.md lists what is used.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from lingnan.kernel import clock
from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.money import parse_yuan
from lingnan.kernel.networks import trusted

from ..errors import (
    ChannelRefused,
    ChannelUnavailable,
    ForgedNotice,
    NoticeMalformed,
    PayerCodeRefused,
    StatementNotReady,
)
from . import wechat_messages as messages
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

CODE = "wechat"
TIMEOUT_S = 8
OFFICIAL_URL = "https://api.mch.weixin.qq.com"
AUTHORIZE_URL = "https://open.weixin.qq.com"
TOKEN_URL = "https://api.weixin.qq.com"  # noqa: S105  (an address)
_STATES = {
    "SUCCESS": OrderState.PAID,
    "REFUND": OrderState.PAID,
    "NOTPAY": OrderState.PENDING,
    "USERPAYING": OrderState.PENDING,
    "ACCEPT": OrderState.PENDING,
    "CLOSED": OrderState.CLOSED,
    "REVOKED": OrderState.CLOSED,
    "PAYERROR": OrderState.CLOSED,
}
_REFUND_STATES = {
    "SUCCESS": RefundProgress.SUCCEEDED,
    "PROCESSING": RefundProgress.PROCESSING,
    "CLOSED": RefundProgress.FAILED,
    "ABNORMAL": RefundProgress.FAILED,
}
_NO_SUCH = {"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"}
_TRY_AGAIN = {"SYSTEM_ERROR", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "BANKERROR"}


class _Problem(Exception):
    """The channel understood and said no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class WechatPay:
    """One merchant at WeChat Pay."""

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
        self.base_path = urlsplit(self.url).path
        self.open_url = "" if self.url == OFFICIAL_URL else self.url  # one simulator is both
        self.transport = transport

    def place_order(self, order: OrderRequest) -> PlacedOrder:
        body = {**self._order(order), "time_expire": _instant_text(order.expires_at)}
        body["notify_url"] = order.notify_url
        try:
            answer = self._call("POST", "/v3/pay/transactions/native", body)
        except _Problem as problem:
            raise ChannelRefused(reason=problem.message) from problem
        return PlacedOrder(qr_text=_text(answer, "code_url", 500))

    def place_in_app(self, order: OrderRequest, openid: str) -> PlacedOrder:
        body = {**self._order(order), "time_expire": _instant_text(order.expires_at)}
        body |= {"notify_url": order.notify_url, "payer": {"openid": openid}}
        try:
            answer = self._call("POST", "/v3/pay/transactions/jsapi", body)
        except _Problem as problem:
            raise ChannelRefused(reason=problem.message) from problem
        return PlacedOrder(prepay_id=_text(answer, "prepay_id", 64))

    def pay_params(self, prepay_id: str, *, at: datetime) -> dict[str, str]:
        return messages.pay_params(
            self.credentials.key("merchant.key"),
            appid=self.credentials.text("appid"),
            prepay_id=prepay_id,
            at=at,
        )

    def openid_url(self, *, return_url: str, state: str) -> str:
        query = {
            "appid": self.credentials.text("appid"),
            "redirect_uri": return_url,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        base = self.open_url or AUTHORIZE_URL
        return f"{base}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"

    def openid_of(self, code: str) -> str:
        query = {
            "appid": self.credentials.text("appid"),
            "secret": str(self.credentials.values.get("app_secret", "")),
            "code": code,
            "grant_type": "authorization_code",
        }
        try:
            with httpx.Client(
                timeout=TIMEOUT_S,
                transport=self.transport,
                verify=trusted(by_environment=False),
                trust_env=False,
            ) as client:
                answer = client.get(
                    f"{self.open_url or TOKEN_URL}/sns/oauth2/access_token", params=query
                )
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ChannelUnavailable(type(error).__name__) from error
        openid = told.get("openid") if isinstance(told, dict) else None
        if not isinstance(openid, str) or not 1 <= len(openid) <= 128:
            raise ChannelRefused(reason=str(told)[:60])
        return openid

    def charge_payer_code(self, order: OrderRequest, payer_code: str) -> OrderReport:
        body = {
            **self._order(order),
            "payer": {"auth_code": payer_code},
            "scene_info": {"store_info": {"id": "counter"}},
        }
        try:
            answer = self._call("POST", "/v3/pay/transactions/codepay", body)
        except _Problem as problem:
            if problem.code in {"USERPAYING", "USER_PAYING"}:
                return OrderReport(order_number=order.order_number, state=OrderState.PENDING)
            raise PayerCodeRefused(reason=problem.message) from problem
        return self._report(answer, order.order_number)

    def query_order(self, order: OrderRef) -> OrderReport:
        number = order.order_number
        query = urlencode({"mchid": self.credentials.text("mchid")})
        path = f"/v3/pay/transactions/out-trade-no/{quote(number, safe='')}?{query}"
        try:
            return self._report(self._call("GET", path, None), number)
        except _Problem as problem:
            if problem.code in _NO_SUCH:
                return OrderReport(order_number=number, state=OrderState.UNKNOWN)
            raise ChannelUnavailable(problem.code) from problem

    def close_order(self, order: OrderRef) -> OrderReport:
        path = f"/v3/pay/transactions/out-trade-no/{quote(order.order_number, safe='')}/close"
        try:
            self._call("POST", path, {"mchid": self.credentials.text("mchid")})
        except _Problem as problem:
            if problem.code not in {"ORDERPAID", "ORDER_CLOSED", "INVALID_REQUEST", *_NO_SUCH}:
                raise ChannelUnavailable(problem.code) from problem
        return self.query_order(order)

    def refund(self, request: RefundRequest) -> RefundReport:
        body = {
            "transaction_id": request.channel_transaction,
            "out_refund_no": request.refund_number,
            "reason": request.reason[:80],
            "notify_url": request.notify_url,
            "amount": {
                "refund": request.amount_fen,
                "total": request.paid_fen,
                "currency": "CNY",
            },
        }
        try:
            answer = self._call("POST", "/v3/refund/domestic/refunds", body)
        except _Problem as problem:
            return RefundReport(
                refund_number=request.refund_number,
                state=RefundProgress.FAILED,
                problem=problem.message,
            )
        return self._refund_report(answer, "status")

    def query_refund(self, request: RefundRequest) -> RefundReport:
        number = request.refund_number
        path = f"/v3/refund/domestic/refunds/{quote(number, safe='')}"
        try:
            return self._refund_report(self._call("GET", path, None), "status")
        except _Problem as problem:
            if problem.code in _NO_SUCH:
                return RefundReport(refund_number=number, state=RefundProgress.UNKNOWN)
            raise ChannelUnavailable(problem.code) from problem

    def statement(self, on: date) -> Iterable[StatementLine]:
        query = urlencode({"bill_date": on.isoformat(), "bill_type": "ALL"})
        try:
            answer = self._call("GET", f"/v3/bill/tradebill?{query}", None)
        except _Problem as problem:
            if problem.code == "NO_STATEMENT_EXIST":
                return  # a day on which nothing moved
            raise StatementNotReady(on=on) from problem
        content = self._download(_text(answer, "download_url", 2000))
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if digest != str(answer.get("hash_value", "")).lower():
            raise ChannelUnavailable("the bill is not the one announced")
        try:
            yield from read_statement(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""))
        except (ValueError, KeyError, IndexError, csv.Error) as error:
            raise ChannelUnavailable("the bill is not of the published form") from error

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        if not self._holds(headers, body):
            raise ForgedNotice
        try:
            message = json.loads(body)
            plain = messages.unseal(self.credentials.text("api_v3_key"), message["resource"])
            resource = json.loads(plain)
            if resource.get("mchid") != self.credentials.text("mchid"):
                raise ValueError("a notice for another merchant")
            if str(message["event_type"]).startswith("REFUND."):
                return self._refund_report(resource, "refund_status")
            return self._report(resource, str(resource["out_trade_no"]))
        except (ValueError, KeyError, TypeError, RecursionError, ChannelUnavailable) as error:
            raise NoticeMalformed from error

    def signature_of(self, body: bytes, headers: Mapping[str, str]) -> str:
        return headers.get("Wechatpay-Signature", "")

    def acknowledge(self) -> tuple[bytes, str]:
        return b'{"code":"SUCCESS"}', "application/json"

    def _order(self, order: OrderRequest) -> dict[str, Any]:
        return {
            "appid": self.credentials.text("appid"),
            "mchid": self.credentials.text("mchid"),
            "description": order.title[:127],
            "out_trade_no": order.order_number,
            "attach": order.payment_code,
            "amount": {"total": order.amount_fen, "currency": "CNY"},
        }

    def _report(self, answer: Mapping[str, Any], number: str) -> OrderReport:
        if answer.get("out_trade_no") != number:
            raise ChannelUnavailable("the channel answered for another order")
        if answer.get("mchid") != self.credentials.text("mchid"):
            raise ChannelUnavailable("the channel answered for another merchant")
        if answer.get("appid", self.credentials.text("appid")) != self.credentials.text("appid"):
            raise ChannelUnavailable("the channel answered for another application")
        state = _STATES.get(str(answer.get("trade_state")))
        if state is None:
            raise ChannelUnavailable("unknown state of an order")
        if state != OrderState.PAID:
            return OrderReport(order_number=number, state=state)
        amount = answer.get("amount")
        if not isinstance(amount, Mapping) or amount.get("currency", "CNY") != "CNY":
            raise ChannelUnavailable("only CNY is collected")
        return OrderReport(
            order_number=number,
            state=state,
            channel_transaction=_text(answer, "transaction_id", 64),
            amount_fen=_fen(amount.get("total")),
            paid_at=_instant(_text(answer, "success_time", 40)),
        )

    def _refund_report(self, answer: Mapping[str, Any], state_field: str) -> RefundReport:
        state = _REFUND_STATES.get(str(answer.get(state_field)))
        if state is None:
            raise ChannelUnavailable("unknown state of a refund")
        number = _text(answer, "out_refund_no", 64)
        if state != RefundProgress.SUCCEEDED:
            return RefundReport(
                refund_number=number, state=state, problem=str(answer.get(state_field))
            )
        amount = answer.get("amount")
        if not isinstance(amount, Mapping):
            raise ChannelUnavailable("a refund without an amount")
        return RefundReport(
            refund_number=number,
            state=state,
            channel_refund=_text(answer, "refund_id", 64),
            amount_fen=_fen(amount.get("refund")),
            paid_at=_instant(_text(answer, "success_time", 40)),
        )

    def _holds(self, headers: Mapping[str, str], body: bytes) -> bool:
        return messages.holds(
            self.credentials.public_key("platform.crt"),
            headers,
            serial=self.credentials.text("platform_serial"),
            body=body,
            at=clock.now(),
        )

    def _call(self, method: str, path: str, message: Mapping[str, Any] | None) -> dict[str, Any]:
        """One signed request. Raises: _Problem, ChannelUnavailable."""
        body = json.dumps(message, ensure_ascii=False).encode() if message is not None else b""
        answer = self._send(method, f"{self.url}{path}", body)
        if not self._holds(answer.headers, answer.content):
            raise ChannelUnavailable("the signature of the channel's answer does not hold")
        if answer.status_code == 204:
            return {}
        try:
            decoded = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise ChannelUnavailable("the channel's answer is not JSON") from error
        if not isinstance(decoded, dict):
            raise ChannelUnavailable("the channel's answer is not an object")
        if answer.status_code in {200, 202}:
            return decoded
        code = str(decoded.get("code"))
        if answer.status_code >= 500 or code in _TRY_AGAIN:
            raise ChannelUnavailable(code)
        raise _Problem(code, str(decoded.get("message", ""))[:200])

    def _download(self, url: str) -> bytes:
        known, given = urlsplit(self.url), urlsplit(url)
        if (given.scheme, given.netloc) != (known.scheme, known.netloc):
            raise ChannelUnavailable("the bill lies at another address")
        answer = self._send("GET", url, b"")
        if answer.status_code != 200:
            raise ChannelUnavailable(f"the bill answered {answer.status_code}")
        return answer.content

    def _send(self, method: str, url: str, body: bytes) -> "httpx.Response":
        parts = urlsplit(url)
        path = parts.path.removeprefix(self.base_path) if self.base_path else parts.path
        target = f"{path}?{parts.query}" if parts.query else path
        header = messages.authorization(
            self.credentials.key("merchant.key"),
            mchid=self.credentials.text("mchid"),
            serial=self.credentials.text("merchant_serial"),
            method=method,
            target=target,
            body=body,
            at=clock.now(),
        )
        headers = {
            "Authorization": header,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "Lingnan",
            "Wechatpay-Serial": self.credentials.text("platform_serial"),
        }
        try:
            with httpx.Client(
                timeout=TIMEOUT_S,
                transport=self.transport,
                verify=trusted(by_environment=False),
                trust_env=False,
            ) as client:
                return client.request(method, url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(type(error).__name__) from error


_PAID = ("商户订单号", "微信订单号", "订单金额")
_REFUND = ("商户订单号", "微信退款单号", "申请退款金额", "商户退款单号")


def read_statement(lines: Iterable[str]) -> Iterable[StatementLine]:
    """The lines of a trade bill (bill_type ALL). Raises: ValueError, KeyError for another form.

    Every value begins with a grave accent; the two last lines are the totals.
    """
    rows = csv.reader(lines)
    head = [cell.lstrip("\ufeff") for cell in next(rows, [])]
    if "微信订单号" not in head:
        raise ColumnsUnknown
    place = {name: number for number, name in enumerate(head)}
    paid, refund = (tuple(place[name] for name in names) for names in (_PAID, _REFUND))
    instant, state, refund_state = place["交易时间"], place["交易状态"], place["退款状态"]
    for row in rows:
        if not row or row[0].startswith("总交易单数"):
            break
        told = row[state].strip("` ")
        is_refund = told == "REFUND"
        if not is_refund and told != "SUCCESS":
            continue
        if is_refund and row[refund_state].strip("` ") not in {"SUCCESS", ""}:
            continue
        cells = [row[number].strip("` ") for number in (refund if is_refund else paid)]
        yield StatementLine(
            order_number=cells[0],
            channel_transaction=cells[1],
            amount_fen=parse_yuan(cells[2]),
            at=datetime.fromisoformat(row[instant].strip("` ")).replace(tzinfo=clock.SHANGHAI),
            is_refund=is_refund,
            refund_number=cells[3] if is_refund else "",
        )


def _text(answer: Mapping[str, Any], name: str, length: int) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= length:
        raise ChannelUnavailable(f"the channel's answer has no {name}")
    return value


def _fen(value: object) -> int:
    if type(value) is not int or not 0 < value < 10**15:
        raise ChannelUnavailable("an amount is a whole number of fen above zero")
    return value


def _instant(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ChannelUnavailable("an instant is not one") from error
    if value.tzinfo is None:
        raise ChannelUnavailable("an instant has no offset")
    return value


def _instant_text(value: datetime) -> str:
    return value.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")
