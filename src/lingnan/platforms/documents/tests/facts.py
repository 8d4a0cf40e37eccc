"""Facts of papers, as other modules give them."""

from typing import Any

MADE_AT = "2026-11-23T10:00:00+08:00"
FIRM = "广州市天河区岭南味道餐饮有限公司"
NOTICE: dict[str, Any] = {
    "agency_name": "广州市天河区市场监督管理局",
    "number": "穗天市监补〔2026〕12号",
    "title": "行政许可申请材料补正告知书",
    "addressee": FIRM,
    "paragraphs": [
        "你（单位）于2026年11月20日提出的食品经营许可申请（办件编号："
        "11440106MB2D01234X4440125001000202611200001），经审查，申请材料不齐全，"
        "现将需要补正的全部内容一次性告知如下："
    ],
    "fields": [["申请事项", "食品经营许可（新办）"], ["统一社会信用代码", "91440106MA5D01234X"]],
    "items": ["食品安全管理制度：未加盖公章。", "经营场所平面图：未标明清洗消毒区域。"],
    "closing": ["请自收到本告知书之日起五个工作日内补正。"],
    "date": "2026-11-23",
    "made_at": MADE_AT,
    "contact": "电话：020-38622999",
    "verify_url": "https://lingnan.invalid/verify/1",
    "verify_note": "扫描二维码可查验本告知书。",
    "test_mark": "测试数据",
}
LICENCE: dict[str, Any] = {
    "title": "食品经营许可证",
    "title_en": "Food Business Licence",
    "number": "JY24401060123456",
    "number_label": "许可证编号",
    "tone": "blue",
    "fields": [
        ["经营者名称", FIRM],
        ["法定代表人", "龑婷"],
        ["经营场所", "广州市天河区体育西路103号维多利广场地下一层B112、B113铺"],
    ],
    "issuer": "广州市天河区市场监督管理局",
    "issued_on": "2026-11-23",
    "valid": "有效期至 2031年11月22日",
    "identifier": "1.2.156.3005.2.11440000MB2D0345X4",
    "verify_url": "https://lingnan.invalid/verify/2",
    "made_at": MADE_AT,
}
BILL: dict[str, Any] = {
    "title": "非税收入缴款通知单",
    "payment_code": "44010626000123456789",
    "payer_name": "张伟",
    "agency_name": "广州市公安局交通警察支队",
    "lines": [
        {
            "code": "driving_licence_card",
            "name": "驾驶证工本费",
            "quantity": 1,
            "unit_price_fen": 1000,
            "amount_fen": 1000,
        }
    ],
    "amount_fen": 1000,
    "due_on": "2026-12-08",
    "issued_at": MADE_AT,
    "made_at": MADE_AT,
    "pay_url": "https://lingnan.invalid/pay/1/",
    "how_to_pay": ["1. 扫描右侧二维码", "2. 登录网站输入缴款码"],
}

RECEIPT: dict[str, Any] = {
    "title": "非税收入电子票据",
    "code": "44010126",
    "number": "0000000001",
    "check_code": "a3f9c2",
    "payment_code": "44010626000123456789",
    "payer_name": "张伟",
    "agency_name": "广州市公安局交通警察支队",
    "lines": [
        {
            "code": "driving_licence_card",
            "name": "驾驶证工本费",
            "quantity": 1,
            "unit_price_fen": 1000,
            "amount_fen": 1000,
        }
    ],
    "amount_fen": 1000,
    "paid_at": MADE_AT,
    "channel": "银行网关",
    "channel_transaction": "T1",
    "issued_at": MADE_AT,
    "made_at": MADE_AT,
    "verify_url": "https://lingnan.invalid/pay/receipts/1",
}
