"""A simulated UnionPay gateway: version 5.1.0 over the same wire format, with test keys."""

import io
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from ..adapters import rsa_signatures
from ..adapters import unionpay_messages as messages
from ..adapters.credentials import Credentials
from ..adapters.unionpay import ZM_LENGTHS
from .wallet import CHINA, Answer, Wallet, WalletOrder

_FORMAT = "%Y%m%d%H%M%S"


@dataclass
class UnionPaySimulator(Wallet):
    """One merchant's UnionPay."""

    credentials: Credentials | None = None
    code = "unionpay"
    name = "银联云闪付"

    def handle(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        fields = messages.decode_form(body)
        keys = self._keys
        merchant = keys.public_key("merchant.crt")
        is_ours = fields.get("merId") == keys.text("mer_id")
        if not is_ours or not rsa_signatures.holds(
            merchant, messages.digest(fields), fields.get("signature", "")
        ):
            return self._answer(fields, respCode="11", respMsg="验证签名失败")
        if urlsplit(target).path.endswith("queryTrans.do"):
            return self._query(fields)
        if fields.get("txnType") == "76":
            return self._file(fields)
        if fields.get("txnType") == "04":
            found = self.give_back(fields["origQryId"], fields["orderId"], int(fields["txnAmt"]))
            if found is None:
                return self._answer(fields, respCode="61", respMsg="退货金额超限")
            return self._answer(fields, respCode="00", respMsg="成功", queryId=found.refund_id)
        order = self._order(fields)
        if fields.get("txnSubType") == "06":
            if self.charge(order, fields["qrNo"]) == "refused":
                return self._answer(fields, respCode="30", respMsg="付款码无效")
            return self._answer(fields, respCode="00", respMsg="成功")
        taken = self.take(order)
        return self._answer(fields, respCode="00", respMsg="成功", qrCode=taken.code)

    def _query(self, fields: Mapping[str, str]) -> Answer:
        number = fields["orderId"]
        order, refund = self.orders.get(number), self.refunds.get(number)
        if refund is not None:
            return self._answer(
                fields,
                respCode="00",
                respMsg="成功",
                origRespCode="00",
                queryId=refund.refund_id,
                txnAmt=str(refund.amount_fen),
                currencyCode="156",
                traceTime=refund.at.astimezone(CHINA).strftime("%m%d%H%M%S"),
            )
        if order is None or order.sent_time != fields["txnTime"]:
            return self._answer(fields, respCode="34", respMsg="查无此交易")
        if order.paid_at is None:
            return self._answer(fields, respCode="00", respMsg="成功", origRespCode="05")
        return self._answer(
            fields,
            respCode="00",
            respMsg="成功",
            origRespCode="00",
            queryId=order.transaction,
            txnAmt=str(order.paid_fen),
            currencyCode="156",
            traceTime=order.paid_at.astimezone(CHINA).strftime("%m%d%H%M%S"),
        )

    def _file(self, fields: Mapping[str, str]) -> Answer:
        now = datetime.now(CHINA)
        month, day = int(fields["settleDate"][:2]), int(fields["settleDate"][2:])
        on = now.date().replace(month=month, day=day)
        if on > now.date():
            on = on.replace(year=on.year - 1)
        paid, back = self.moved_on(on)
        lines = [
            _line(o.paid_at, o.paid_fen, o.transaction, o.number, "01") for o in paid if o.paid_at
        ]
        lines += [_line(r.at, r.amount_fen, r.refund_id, r.number, "04") for r in back]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            name = f"INN{on:%y%m%d}88ZM_{self._keys.text('mer_id')}"
            archive.writestr(name, "\r\n".join(lines).encode("gb18030"))
        return self._answer(
            fields,
            respCode="00",
            respMsg="成功",
            fileName="test.zip",
            fileContent=messages.pack(packed.getvalue()),
        )

    def _order(self, fields: Mapping[str, str]) -> WalletOrder:
        expires = fields.get("payTimeout")
        until = datetime.max.replace(tzinfo=UTC)
        if expires:
            until = datetime.strptime(expires, _FORMAT).replace(tzinfo=CHINA)
        return WalletOrder(
            number=fields["orderId"],
            title=fields.get("orderDesc", ""),
            amount_fen=int(fields["txnAmt"]),
            notify_url=fields.get("backUrl", ""),
            expires_at=until,
            code=self.new_code(),
            sent_time=fields["txnTime"],
        )

    def new_code(self) -> str:
        return f"https://qr.95516.com/00010000/{secrets.token_hex(16)}"

    def new_transaction(self) -> str:
        """21 digits, the first those of the instant."""
        return f"{datetime.now(CHINA).strftime(_FORMAT)}{secrets.randbelow(10**7):07d}"

    def notice(self, order: WalletOrder, *, forged: bool = False) -> tuple[bytes, dict[str, str]]:
        assert order.paid_at is not None
        fields = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "txnType": "01",
            "txnSubType": "07",
            "bizType": "000000",
            "accessType": "0",
            "merId": self._keys.text("mer_id"),
            "orderId": order.number,
            "txnTime": order.sent_time,
            "txnAmt": str(order.paid_fen),
            "currencyCode": "156",
            "queryId": order.transaction,
            "respCode": "00",
            "respMsg": "成功[0000000]",
            "traceTime": order.paid_at.astimezone(CHINA).strftime("%m%d%H%M%S"),
            "signPubKeyCert": self._certificate(),
        }
        key = self._keys.key("gateway.key")
        if forged:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        body = urlencode(messages.sign(key, fields)).encode()
        return body, {"Content-Type": "application/x-www-form-urlencoded"}

    @property
    def _keys(self) -> Credentials:
        assert self.credentials is not None
        return self.credentials

    def _certificate(self) -> str:
        return (self._keys.path / "gateway.crt").read_text()

    def _answer(self, asked: Mapping[str, str], **more: str) -> Answer:
        repeated = ("version", "encoding", "merId", "orderId", "txnTime", "txnType", "txnSubType")
        fields = {name: asked[name] for name in repeated if asked.get(name)}
        fields |= {"signMethod": "01", "signPubKeyCert": self._certificate(), **more}
        signed = messages.sign(self._keys.key("gateway.key"), fields)
        return Answer(200, messages.encode(signed), "text/plain; charset=utf-8")


def _line(at: datetime, amount_fen: int, transaction: str, number: str, kind: str) -> str:
    cells = [""] * len(ZM_LENGTHS)
    cells[0] = "S22" if kind == "01" else "S30"
    cells[4] = at.astimezone(CHINA).strftime("%m%d%H%M%S")
    cells[6] = f"{amount_fen:012d}"
    cells[9], cells[11], cells[19] = transaction, number, kind
    return " ".join(cell.ljust(length) for cell, length in zip(cells, ZM_LENGTHS, strict=True))
