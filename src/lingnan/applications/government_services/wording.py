"""What is said to applicants: messages in both languages, and the text of the sealed notices.

Notices are legal papers and are in Chinese, whatever the reader's language.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lingnan.kernel.money import format_fen
from lingnan.kernel.text import DEFAULT_LANGUAGE, LocalisedText, localise
from lingnan.platforms.messaging import types as messaging

from .types import NoticeKind

Facts = Mapping[str, Any]


def _template(code: str, title: LocalisedText, body: LocalisedText) -> str:
    messaging.register(messaging.MessageTemplate(code=code, title=title, body=body))
    return code


RECEIVED = _template(
    "government_services.received",
    {"zh-hans": "已收到您的申请", "en": "We have received your application"},
    {
        "zh-hans": "您申请的“%(item_name)s”已收件，办件编号 %(case_number)s。"
        "五个工作日内告知是否受理。",
        "en": "Your application for “%(item_name)s” has been received under number "
        "%(case_number)s. You will hear within five working days whether it is accepted.",
    },
)
ACCEPTED = _template(
    "government_services.accepted",
    {"zh-hans": "您的申请已受理", "en": "Your application has been accepted"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）已受理，承诺于%(promised_due_on)s前办结。",
        "en": "“%(item_name)s” (%(case_number)s) has been accepted and is promised by "
        "%(promised_due_on)s.",
    },
)
CORRECTION = _template(
    "government_services.correction",
    {"zh-hans": "请补正申请材料", "en": "Please correct your application"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）有%(count)s处需要补正，请于%(due_on)s前提交。"
        "需要补正的内容已一次性告知。",
        "en": "“%(item_name)s” (%(case_number)s): %(count)s points need correcting by %(due_on)s. "
        "This is the complete list.",
    },
)
REFUSED = _template(
    "government_services.refused",
    {"zh-hans": "您的申请未被受理", "en": "Your application was not accepted"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）未被受理：%(reason)s",
        "en": "“%(item_name)s” (%(case_number)s) was not accepted: %(reason)s",
    },
)
NOT_NEEDED = _template(
    "government_services.not_needed",
    {"zh-hans": "此事无需许可", "en": "You do not need a permission"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）不需要取得许可：%(reason)s",
        "en": "“%(item_name)s” (%(case_number)s): no permission is needed. %(reason)s",
    },
)
RETURNED = _template(
    "government_services.returned",
    {"zh-hans": "申请已退件", "en": "Your application was returned"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）逾期未补正，已退件。您可以重新申请。",
        "en": "“%(item_name)s” (%(case_number)s) was returned because the correction did not come "
        "in time. You may apply again.",
    },
)
CLOCK_STOPPED = _template(
    "government_services.clock_stopped",
    {"zh-hans": "办理进入特别程序", "en": "A special procedure has begun"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）进入特别程序，预计%(workdays)s个工作日，"
        "不计入办理时限。",
        "en": "“%(item_name)s” (%(case_number)s): a special procedure of about %(workdays)s "
        "working days has begun; it does not count towards the deadline.",
    },
)
GRANTED = _template(
    "government_services.granted",
    {"zh-hans": "您的申请已获准", "en": "Your application has been granted"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）已作出准予决定。",
        "en": "“%(item_name)s” (%(case_number)s) has been granted.",
    },
)
DENIED = _template(
    "government_services.denied",
    {"zh-hans": "您的申请未获准", "en": "Your application has been denied"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）未获准：%(reason)s"
        "您可以申请行政复议或者提起行政诉讼，期限见决定书。",
        "en": "“%(item_name)s” (%(case_number)s) has been denied: %(reason)s You may ask for "
        "reconsideration or go to court; the decision says until when.",
    },
)
WITHDRAWN = _template(
    "government_services.withdrawn",
    {"zh-hans": "申请已撤回", "en": "Your application was withdrawn"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）已按您的申请终止办理。",
        "en": "“%(item_name)s” (%(case_number)s) has been ended as you asked.",
    },
)
FEE_DUE = _template(
    "government_services.fee_due",
    {"zh-hans": "请缴纳费用", "en": "A fee is to be paid"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）需缴费%(amount)s，缴清后发放证照。",
        "en": "“%(item_name)s” (%(case_number)s): please pay %(amount)s; the licence follows.",
    },
)
DELIVERED = _template(
    "government_services.delivered",
    {"zh-hans": "办理结果已送达", "en": "Your result is here"},
    {
        "zh-hans": "“%(item_name)s”（%(case_number)s）已办结，结果已送达。欢迎您评价本次服务。",
        "en": "“%(item_name)s” (%(case_number)s) is concluded and delivered. You may rate the "
        "service.",
    },
)

_MESSAGES = {
    NoticeKind.RECEIPT: RECEIVED,
    NoticeKind.ACCEPTED: ACCEPTED,
    NoticeKind.CORRECTION: CORRECTION,
    NoticeKind.REFUSED: REFUSED,
    NoticeKind.NOT_NEEDED: NOT_NEEDED,
    NoticeKind.RETURNED: RETURNED,
    NoticeKind.CLOCK_STOPPED: CLOCK_STOPPED,
    NoticeKind.WITHDRAWN: WITHDRAWN,
}
_TITLES = {
    NoticeKind.RECEIPT: "申请材料收件凭证",
    NoticeKind.ACCEPTED: "受理通知书",
    NoticeKind.CORRECTION: "一次性补正告知书",
    NoticeKind.REFUSED: "不予受理决定书",
    NoticeKind.NOT_NEEDED: "无需办理告知书",
    NoticeKind.RETURNED: "退件通知书",
    NoticeKind.CLOCK_STOPPED: "特别程序告知书",
    NoticeKind.WITHDRAWN: "终止办理通知书",
}
_STOP_REASONS = {
    "inspection": "现场核查",
    "hearing": "听证",
    "testing": "检测、检验、检疫",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
    "tender": "招标",
    "auction": "拍卖",
}


def message_of(kind: str, facts: Facts) -> str | None:
    """The message template that goes with a notice."""
    if kind == NoticeKind.DECISION:
        return GRANTED if facts["outcome"] == "granted" else DENIED
    return _MESSAGES.get(NoticeKind(kind))


def message_facts(facts: Facts) -> dict[str, Any]:
    """What a message says of a notice."""
    return {
        "item_name": facts["item_name"],
        "case_number": facts["case_number"],
        "promised_due_on": facts.get("promised_due_on") or "-",
        "due_on": facts.get("due_on") or "-",
        "count": len(facts.get("items") or ()),
        "reason": facts.get("reason") or "",
        "workdays": facts.get("workdays") or 0,
    }


def fee_facts(*, item_name: LocalisedText, case_number: str, amount_fen: int) -> dict[str, Any]:
    return {
        "item_name": item_name,
        "case_number": case_number,
        "amount": format_fen(amount_fen),
    }


def notice_title(kind: str, facts: Facts) -> str:
    """The title of the paper."""
    if kind == NoticeKind.DECISION:
        return "准予决定书" if facts["outcome"] == "granted" else "不予许可决定书"
    return _TITLES[NoticeKind(kind)]


def notice_facts(kind: str, facts: Facts) -> dict[str, Any]:
    """The facts of the template `notice` of documents: title, paragraphs, list, closing."""
    paragraphs, items, closing = _TEXTS[NoticeKind(kind)](facts)
    return {
        "agency_name": facts["agency_name"],
        "number": facts["number"],
        "title": notice_title(kind, facts),
        "addressee": facts["applicant_name"],
        "paragraphs": paragraphs,
        "fields": [
            ["事项名称", localise(facts["item_name"], DEFAULT_LANGUAGE)],
            ["办件编号", facts["case_number"]],
        ],
        "items": items,
        "closing": closing,
        "date": date.fromisoformat(facts["noticed_on"]),
    }


_Parts = tuple[list[str], list[str], list[str]]


def _subject(facts: Facts) -> str:
    return f"你（单位）提出的“{localise(facts['item_name'], DEFAULT_LANGUAGE)}”申请"


def _received(facts: Facts) -> _Parts:
    materials = [str(name) for name in facts.get("materials") or ()]
    said = [f"{_subject(facts)}，我单位于{_day(facts['noticed_on'])}收到。"]
    if materials:
        said.append("收到的材料如下：")
    return (
        said,
        materials,
        ["我单位将在五个工作日内告知是否受理；逾期不告知的，自收件之日起即为受理。"],
    )


def _accepted(facts: Facts) -> _Parts:
    said = [f"{_subject(facts)}，经审查符合受理条件，自{_day(facts['accepted_on'])}起受理。"]
    if facts.get("is_deemed"):
        said = [
            f"{_subject(facts)}，我单位未在五个工作日内告知补正，依照《中华人民共和国行政许可法》"
            f"第三十二条，自收到材料之日（{_day(facts['accepted_on'])}）起即为受理。"
        ]
    if facts.get("promised_due_on"):
        said.append(f"承诺办结日期：{_day(facts['promised_due_on'])}。")
    if facts.get("statutory_due_on"):
        said.append(f"法定办结日期：{_day(facts['statutory_due_on'])}。")
    return said, [], []


def _correction(facts: Facts) -> _Parts:
    items = [
        f"{item.get('name') or '总体要求'}：{item['problem']}；{item['what_to_do']}"
        for item in facts["items"]
    ]
    return (
        [f"{_subject(facts)}，材料不齐全或者不符合法定形式，现一次性告知需要补正的全部内容："],
        items,
        [f"请于{_day(facts['due_on'])}前补正；逾期未补正的，予以退件，你（单位）可以重新申请。"],
    )


def _refused(facts: Facts) -> _Parts:
    said = [f"{_subject(facts)}，不予受理。理由：{facts['reason']}"]
    if facts.get("legal_basis"):
        said.append(f"依据：{facts['legal_basis']}")
    if facts.get("right_agency"):
        said.append(f"请向{facts['right_agency']}提出申请。")
    return said, [], ["如不服本决定，可以依法申请行政复议或者提起行政诉讼。"]


def _not_needed(facts: Facts) -> _Parts:
    return [f"{_subject(facts)}，依法不需要取得许可。{facts['reason']}"], [], []


def _returned(facts: Facts) -> _Parts:
    return [f"{_subject(facts)}，逾期未补正，现予退件。你（单位）可以重新申请。"], [], []


def _stopped(facts: Facts) -> _Parts:
    reason = _STOP_REASONS.get(facts["reason_code"], facts["reason_code"])
    said = [
        f"{_subject(facts)}，依法需要进行{reason}，预计{facts['workdays']}个工作日，"
        "所需时间不计算在办理期限内。"
    ]
    if facts.get("note"):
        said.append(str(facts["note"]))
    return said, [], []


def _decided(facts: Facts) -> _Parts:
    basis = "、".join(facts.get("legal_basis") or ())
    if facts["outcome"] == "granted":
        said = [f"{_subject(facts)}，经审查符合法定条件、标准，{_by(basis)}准予。"]
        if facts.get("conditions"):
            said.append(f"附加条件：{facts['conditions']}")
        return said, [], []
    remedy = facts["remedy"]
    body = localise(remedy["reconsideration"]["body"], DEFAULT_LANGUAGE)
    court = localise(remedy["litigation"]["court"], DEFAULT_LANGUAGE)
    return (
        [f"{_subject(facts)}，经审查，{_by(basis)}不予许可。理由：{facts['reason']}"],
        [],
        [
            f"如不服本决定，可以自收到本决定书之日起{remedy['reconsideration']['days']}日内向{body}"
            f"申请行政复议，或者在{remedy['litigation']['months']}个月内向{court}提起行政诉讼。"
        ],
    )


def _withdrawn(facts: Facts) -> _Parts:
    return [f"{_subject(facts)}，已按你（单位）的请求终止办理。"], [], []


def _by(basis: str) -> str:
    return f"依照{basis}，决定" if basis else "决定"


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"


_TEXTS = {
    NoticeKind.RECEIPT: _received,
    NoticeKind.ACCEPTED: _accepted,
    NoticeKind.CORRECTION: _correction,
    NoticeKind.REFUSED: _refused,
    NoticeKind.NOT_NEEDED: _not_needed,
    NoticeKind.RETURNED: _returned,
    NoticeKind.CLOCK_STOPPED: _stopped,
    NoticeKind.DECISION: _decided,
    NoticeKind.WITHDRAWN: _withdrawn,
}
