"""A simulated WeChat Pay: APIv3 over the same wire format, with test keys."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from ..adapters import wechat_messages as messages
from ..adapters.credentials import Credentials
from .wallet import CHINA, Answer, Wallet, WalletOrder, WalletRefund

BILL_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TOTALS_HEAD = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


PAYER = "oTEST0000000000000000000001"


@dataclass
class WechatSimulator(Wallet):
    """One merchant's WeChat Pay."""

    credentials: Credentials | None = None
    codes: set[str] = field(default_factory=set)
    code = "wechat"
    name = "微信支付"

    def handle(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        keys = self._keys
        if target.startswith(("/connect/oauth2/authorize", "/sns/oauth2/access_token")):
            return self._who(target)
        if not messages.is_authorized(
            keys.public_key("merchant.crt"),
            headers.get("Authorization", ""),
            serial=keys.text("merchant_serial"),
            method=method,
            target=target,
            body=body,
            at=datetime.now(UTC),
        ):
            return self._answer(401, {"code": "SIGN_ERROR", "message": "签名错误"})
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        message = json.loads(body) if body else {}
        if parts.path == "/bill":
            return Answer(200, self._bill(query["date"]), "text/csv")
        status, answer = self._act(method, parts.path, query, message)
        return self._answer(status, answer)

    def _who(self, target: str) -> Answer:
        """Who is inside the app: one invented payer, sent back with a code that is good once."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        keys = self._keys
        if query.get("appid") != keys.text("appid"):
            return Answer(200, b'{"errcode":40013,"errmsg":"invalid appid"}')
        if parts.path.startswith("/connect/"):
            code = secrets.token_hex(16)
            self.codes.add(code)
            back = query["redirect_uri"]
            joined = "&" if "?" in back else "?"
            address = f"{back}{joined}{urlencode({'code': code, 'state': query['state']})}"
            return Answer(302, b"", headers={"Location": address})
        code = query.get("code", "")
        if code not in self.codes or query.get("secret") != keys.text("app_secret"):
            return Answer(200, b'{"errcode":40029,"errmsg":"invalid code"}')
        self.codes.discard(code)
        told = {"access_token": secrets.token_hex(16), "openid": PAYER, "scope": "snsapi_base"}
        return Answer(200, json.dumps(told).encode())

    def _act(
        self, method: str, path: str, query: Mapping[str, str], message: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        last = path.rstrip("/").split("/")[-1]
        if path == "/v3/pay/transactions/native":
            order = self.take(self._order(message))
            if order.state == "closed":
                return 400, {"code": "ORDER_CLOSED", "message": "订单已关闭"}
            return 200, {"code_url": order.code}
        if path == "/v3/pay/transactions/jsapi":
            if not message.get("payer", {}).get("openid"):
                return 400, {"code": "PARAM_ERROR", "message": "openid"}
            order = self._order(message)
            order.code = f"wx{secrets.token_hex(15)}"
            order = self.take(order)
            if order.state == "closed":
                return 400, {"code": "ORDER_CLOSED", "message": "订单已关闭"}
            return 200, {"prepay_id": order.code}
        if path == "/v3/pay/transactions/codepay":
            return self._codepay(message)
        if path.startswith("/v3/pay/transactions/out-trade-no/"):
            number = path.split("/")[5]
            if last == "close":
                return self._close(number)
            known = self.orders.get(number)
            if known is None or query.get("mchid") != self._keys.text("mchid"):
                return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
            return 200, self._transaction(known)
        if path == "/v3/refund/domestic/refunds":
            found = self.give_back(
                message["transaction_id"], message["out_refund_no"], message["amount"]["refund"]
            )
            if found is None:
                return 403, {"code": "NOT_ENOUGH", "message": "退款金额超过可退金额"}
            return 200, self._refund(found)
        if path.startswith("/v3/refund/domestic/refunds/"):
            found = self.refunds.get(last)
            if found is None:
                return 404, {"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"}
            return 200, self._refund(found)
        if path == "/v3/bill/tradebill":
            content = self._bill(query["bill_date"])
            return 200, {
                "hash_type": "SHA1",
                "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
                "download_url": f"{self.public_url}/bill?date={query['bill_date']}",
            }
        return 404, {"code": "NOT_FOUND", "message": path}

    def _codepay(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        order = self._order(message)
        became = self.charge(order, message["payer"]["auth_code"])
        if became == "refused":
            return 403, {"code": "AUTH_CODE_INVALID", "message": "付款码无效"}
        if became == "waiting":
            return 202, {"code": "USERPAYING", **self._transaction(order)}
        return 200, self._transaction(self.orders[order.number])

    def _close(self, number: str) -> tuple[int, dict[str, Any]]:
        with self.lock:
            order = self.orders.get(number)
            if order is None:
                return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
            if order.state == "paid":
                return 400, {"code": "ORDERPAID", "message": "订单已支付"}
            order.state = "closed"
        return 204, {}

    def _order(self, message: dict[str, Any]) -> WalletOrder:
        expires = message.get("time_expire")
        return WalletOrder(
            number=message["out_trade_no"],
            title=message["description"],
            amount_fen=int(message["amount"]["total"]),
            notify_url=message.get("notify_url", ""),
            expires_at=datetime.fromisoformat(expires)
            if expires
            else datetime.max.replace(tzinfo=UTC),
            code=self.new_code(),
        )

    def new_code(self) -> str:
        return f"weixin://wxpay/bizpayurl?pr={secrets.token_urlsafe(8)}"

    def notice(self, order: WalletOrder, *, forged: bool = False) -> tuple[bytes, dict[str, str]]:
        keys = self._keys
        plain = json.dumps(self._transaction(order)).encode()
        sealed = messages.seal(keys.text("api_v3_key"), plain, associated="transaction")
        body = json.dumps(
            {
                "id": secrets.token_hex(16),
                "create_time": datetime.now(CHINA).isoformat(timespec="seconds"),
                "event_type": "TRANSACTION.SUCCESS",
                "resource_type": "encrypt-resource",
                "summary": "支付成功",
                "resource": {"original_type": "transaction", **sealed},
            }
        ).encode()
        key = keys.key("platform.key")
        if forged:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        headers = messages.sign(
            key, serial=keys.text("platform_serial"), body=body, at=datetime.now(UTC)
        )
        return body, {**headers, "Content-Type": "application/json"}

    @property
    def _keys(self) -> Credentials:
        assert self.credentials is not None
        return self.credentials

    def _transaction(self, order: WalletOrder) -> dict[str, Any]:
        states = {"pending": "NOTPAY", "closed": "CLOSED", "paid": "SUCCESS"}
        answer: dict[str, Any] = {
            "appid": self._keys.text("appid"),
            "mchid": self._keys.text("mchid"),
            "out_trade_no": order.number,
            "trade_state": "REFUND" if order.refunded_fen else states[order.state],
            "trade_state_desc": "",
            "amount": {"total": order.amount_fen, "currency": "CNY"},
        }
        if order.paid_at:
            answer |= {
                "transaction_id": order.transaction,
                "trade_type": "JSAPI" if order.code.startswith("wx") else "NATIVE",
                "bank_type": "OTHERS",
                "success_time": order.paid_at.astimezone(CHINA).isoformat(timespec="seconds"),
                "payer": {"openid": "oTest"},
                "amount": {
                    "total": order.paid_fen,
                    "payer_total": order.paid_fen,
                    "currency": "CNY",
                },
            }
        return answer

    def _refund(self, found: WalletRefund) -> dict[str, Any]:
        return {
            "refund_id": found.refund_id,
            "out_refund_no": found.number,
            "transaction_id": found.order.transaction,
            "out_trade_no": found.order.number,
            "channel": "ORIGINAL",
            "success_time": found.at.astimezone(CHINA).isoformat(timespec="seconds"),
            "status": "SUCCESS",
            "amount": {
                "total": found.order.paid_fen,
                "refund": found.amount_fen,
                "currency": "CNY",
            },
        }

    def _bill(self, day: str) -> bytes:
        paid, back = self.moved_on(date.fromisoformat(day))
        rows = [BILL_HEAD]
        mchid, appid = self._keys.text("mchid"), self._keys.text("appid")
        for order in paid:
            assert order.paid_at is not None
            rows.append(
                _row(
                    order.paid_at, appid, mchid, "0", "", order.transaction, order.number, "oTest",
                    "NATIVE", "SUCCESS", "OTHERS", "CNY", _yuan(order.paid_fen), "0.00", "0", "0",
                    "0.00", "0.00", "", "", order.title, "", "0.00000", "0.00%",
                    _yuan(order.paid_fen), "0.00", "",
                )
            )  # fmt: skip
        for refund in back:
            order = refund.order
            rows.append(
                _row(
                    refund.at, appid, mchid, "0", "", order.transaction, order.number, "oTest",
                    "NATIVE", "REFUND", "OTHERS", "CNY", "0.00", "0.00", refund.refund_id,
                    refund.number, _yuan(refund.amount_fen), "0.00", "ORIGINAL", "SUCCESS",
                    order.title, "", "0.00000", "0.00%", "0.00", _yuan(refund.amount_fen), "",
                )
            )  # fmt: skip
        total = sum(order.paid_fen for order in paid)
        given = sum(refund.amount_fen for refund in back)
        rows.append(TOTALS_HEAD)
        totals = (len(paid) + len(back), _yuan(total), _yuan(given), "0.00", "0.00000")
        rows.append(",".join(f"`{value}" for value in (*totals, _yuan(total), _yuan(given))))
        return ("\r\n".join(rows) + "\r\n").encode()

    def _answer(self, status: int, message: Mapping[str, Any]) -> Answer:
        content = b"" if status == 204 else json.dumps(message).encode()
        headers = messages.sign(
            self._keys.key("platform.key"),
            serial=self._keys.text("platform_serial"),
            body=content,
            at=datetime.now(UTC),
        )
        return Answer(status, content, "application/json", headers)


def _row(at: datetime, *cells: str) -> str:
    first = at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    clean = (cell.replace(",", "，") for cell in cells)
    return ",".join(f"`{cell}" for cell in (first, *clean))


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"
