"""A simulated Alipay: the open gateway over the same wire format, with test keys."""

import io
import json
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from ..adapters import alipay_messages as messages
from ..adapters.credentials import Credentials
from .wallet import CHINA, Answer, Wallet, WalletOrder

BILL_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,"
    "商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_NO_TRADE = {
    "code": "40004",
    "msg": "Business Failed",
    "sub_code": "ACQ.TRADE_NOT_EXIST",
    "sub_msg": "交易不存在",
}


@dataclass
class AlipaySimulator(Wallet):
    """One application's Alipay. A code nobody scanned is no trade yet, as at the real one."""

    credentials: Credentials | None = None
    code = "alipay"
    name = "支付宝"

    def handle(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(target)
        if parts.path == "/bill.zip":
            day = parse_qs(parts.query)["date"][0]
            return Answer(200, self._bill(day), "application/zip")
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        name = form.get("method", "")
        keys = self._keys
        is_ours = form.get("app_id") == keys.text("app_id")
        if not is_ours or not messages.form_holds(keys.public_key("app_public.pem"), form):
            answer: dict[str, Any] = {
                "code": "40002",
                "msg": "Invalid Arguments",
                "sub_code": "isv.invalid-signature",
                "sub_msg": "无效签名",
            }
        else:
            answer = self._act(name, json.loads(form["biz_content"]), form)
        return Answer(200, messages.encode_answer(keys.key("alipay.key"), name, answer))

    def _act(self, method: str, content: dict[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
        good = {"code": "10000", "msg": "Success"}
        number = content.get("out_trade_no", "")
        order = self.orders.get(number)
        if method == "alipay.trade.precreate":
            taken = self.take(self._order(content, form))
            return {**good, "out_trade_no": number, "qr_code": taken.code}
        if method == "alipay.trade.pay":
            became = self.charge(self._order(content, form), content["auth_code"])
            if became == "refused":
                return {
                    "code": "40004",
                    "msg": "Business Failed",
                    "sub_code": "ACQ.PAYMENT_AUTH_CODE_INVALID",
                    "sub_msg": "付款码无效",
                }
            if became == "waiting":
                return {"code": "10003", "msg": "order success pay inprocess"}
            return {**good, **self._trade(self.orders[number])}
        if method == "alipay.trade.query":
            if order is None or order.state == "pending":
                return _NO_TRADE
            return {**good, **self._trade(order)}
        if method == "alipay.trade.close":
            return _NO_TRADE if order is None or order.state == "pending" else good
        if method == "alipay.trade.refund":
            amount = round(float(content["refund_amount"]) * 100)
            found = self.give_back(content["trade_no"], content["out_request_no"], amount)
            if found is None:
                return {
                    "code": "40004",
                    "msg": "Business Failed",
                    "sub_code": "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
                    "sub_msg": "退款金额超限",
                }
            return {**good, "fund_change": "Y", "trade_no": content["trade_no"]}
        if method == "alipay.trade.fastpay.refund.query":
            refund = self.refunds.get(content["out_request_no"])
            if refund is None:
                return good
            return {
                **good,
                "trade_no": refund.order.transaction,
                "out_request_no": refund.number,
                "refund_status": "REFUND_SUCCESS",
                "refund_amount": _yuan(refund.amount_fen),
                "gmt_refund_pay": _time(refund.at),
            }
        if method == "alipay.data.dataservice.bill.downloadurl.query":
            address = f"{self.public_url}/bill.zip?date={content['bill_date']}"
            return {**good, "bill_download_url": address}
        return {"code": "40001", "msg": "Missing Method"}

    def _order(self, content: dict[str, Any], form: Mapping[str, str]) -> WalletOrder:
        expires = content.get("time_expire")
        until = datetime.max.replace(tzinfo=UTC)
        if expires:
            until = datetime.strptime(expires, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
        yuan, _, fen = str(content["total_amount"]).partition(".")
        return WalletOrder(
            number=content["out_trade_no"],
            title=content["subject"],
            amount_fen=int(yuan) * 100 + int((fen or "0").ljust(2, "0")),
            notify_url=form.get("notify_url", ""),
            expires_at=until,
            code=self.new_code(),
        )

    def new_code(self) -> str:
        return f"https://qr.alipay.com/bax{secrets.token_hex(10)}"

    def notice(self, order: WalletOrder, *, forged: bool = False) -> tuple[bytes, dict[str, str]]:
        assert order.paid_at is not None
        key = self._keys.key("alipay.key")
        if forged:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = messages.sign_notice(
            key,
            {
                "notify_time": _time(datetime.now(UTC)),
                "notify_type": "trade_status_sync",
                "notify_id": secrets.token_hex(16),
                "app_id": self._keys.text("app_id"),
                "seller_id": self._keys.text("seller_id"),
                "charset": "utf-8",
                "version": "1.0",
                "sign_type": "RSA2",
                "trade_no": order.transaction,
                "out_trade_no": order.number,
                "trade_status": "TRADE_SUCCESS",
                "subject": order.title,
                "total_amount": _yuan(order.paid_fen),
                "gmt_payment": _time(order.paid_at),
            },
        )
        return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}

    @property
    def _keys(self) -> Credentials:
        assert self.credentials is not None
        return self.credentials

    def _trade(self, order: WalletOrder) -> dict[str, Any]:
        is_gone = order.state == "closed" or 0 < order.paid_fen <= order.refunded_fen
        return {
            "out_trade_no": order.number,
            "trade_no": order.transaction,
            "trade_status": "TRADE_CLOSED" if is_gone else "TRADE_SUCCESS",
            "total_amount": _yuan(order.paid_fen),
            "send_pay_date": _time(order.paid_at) if order.paid_at else "",
        }

    def _bill(self, day: str) -> bytes:
        paid, back = self.moved_on(date.fromisoformat(day))
        lines = ["#支付宝业务明细查询", f"#起始日期：[{day}]", "#---业务明细列表---", BILL_HEAD]
        for order in paid:
            assert order.paid_at is not None
            yuan, at = _yuan(order.paid_fen), _time(order.paid_at)
            title = order.title.replace(",", "，")
            lines.append(
                f"{order.transaction}\t,{order.number}\t,交易,{title},{at},{at},,,,,测试*,"
                f"{yuan},{yuan},0.00,0.00,0.00,0.00,0.00,,0.00,0.00,,0.00,0.00,"
            )
        for refund in back:
            yuan, at = f"-{_yuan(refund.amount_fen)}", _time(refund.at)
            title = refund.order.title.replace(",", "，")
            lines.append(
                f"{refund.order.transaction}\t,{refund.order.number}\t,退款,{title},{at},{at},,,,,"
                f"测试*,{yuan},{yuan},0.00,0.00,0.00,0.00,0.00,,0.00,0.00,{refund.number}\t,"
                "0.00,0.00,"
            )
        lines.append("#---业务明细列表结束---")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("test_业务明细.csv", "\r\n".join(lines).encode("gb18030"))
            archive.writestr("test_业务明细(汇总).csv", "#汇总".encode("gb18030"))
        return packed.getvalue()


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"


def _time(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
