"""Telling subjects and agencies, in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from lingnan.kernel.text import LocalisedText
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.messaging import services as messaging
from lingnan.platforms.messaging import types as templates

from ..models import CreditSubject
from ..sealing import unseal_number


def _template(code: str, title: LocalisedText, body: LocalisedText) -> str:
    templates.register(templates.MessageTemplate(code=code, title=title, body=body))
    return code


ROSTER_NOTICE = _template(
    "credit.roster_notice",
    {"zh-hans": "拟列入名单告知", "en": "Notice before an entry of a roster"},
    {
        "zh-hans": "%(agency)s拟将您（单位）列入“%(roster)s”。您有权在%(due_on)s前陈述、申辩。",
        "en": "%(agency)s intends to put you on the roster “%(roster)s”. You may answer until "
        "%(due_on)s.",
    },
)
ROSTER_LISTED = _template(
    "credit.roster_listed",
    {"zh-hans": "列入名单决定", "en": "Decision to list"},
    {
        "zh-hans": "%(agency)s决定将您（单位）列入“%(roster)s”，至%(until)s前有效。%(remedy)s",
        "en": "%(agency)s has put you on the roster “%(roster)s”, in force before %(until)s. "
        "%(remedy)s",
    },
)
ROSTER_REMOVED = _template(
    "credit.roster_removed",
    {"zh-hans": "已移出名单", "en": "Removed from a roster"},
    {
        "zh-hans": "您（单位）已移出“%(roster)s”，相关措施同时解除。",
        "en": "You were removed from the roster “%(roster)s”; its measures are lifted.",
    },
)
MEASURE_PUSHED = _template(
    "credit.measure_pushed",
    {"zh-hans": "请执行联合奖惩措施", "en": "A joint measure to carry out"},
    {
        "zh-hans": "%(subject)s：%(measure)s（依据：%(basis)s），至%(until)s前有效。请执行并反馈。",
        "en": "%(subject)s: %(measure)s (by %(basis)s), in force before %(until)s. Carry it out "
        "and say what was done.",
    },
)
MEASURE_LIFTED = _template(
    "credit.measure_lifted",
    {"zh-hans": "措施已解除，请停止执行", "en": "A joint measure was lifted"},
    {
        "zh-hans": "%(subject)s：%(measure)s已解除，请即时停止执行。",
        "en": "%(subject)s: %(measure)s was lifted; stop applying it at once.",
    },
)
BREACH_NOTICE = _template(
    "credit.breach_notice",
    {"zh-hans": "承诺核查结果告知", "en": "What the check of a commitment found"},
    {
        "zh-hans": "%(agency)s核查发现您（单位）可能未履行承诺“%(title)s”。"
        "您有权在%(due_on)s前陈述、申辩。",
        "en": "%(agency)s found that the commitment “%(title)s” may not have been kept. You may "
        "answer until %(due_on)s.",
    },
)
COMMITMENT_KEPT = _template(
    "credit.commitment_kept",
    {"zh-hans": "承诺核查结果反馈", "en": "Your commitment was checked"},
    {
        "zh-hans": "%(agency)s已核查您（单位）的承诺“%(title)s”：已履行。",
        "en": "%(agency)s has checked the commitment “%(title)s”: it was kept.",
    },
)
COMMITMENT_BREACHED = _template(
    "credit.commitment_breached",
    {"zh-hans": "承诺核查结果反馈", "en": "Your commitment was not kept"},
    {
        "zh-hans": "%(agency)s认定您（单位）未履行承诺“%(title)s”，已记入信用档案。"
        "您可以提出异议，或在期满后申请信用修复。",
        "en": "%(agency)s has decided that the commitment “%(title)s” was not kept; it is on your "
        "credit record. You may object, or apply for repair after its least term.",
    },
)
CHECK_DUE = _template(
    "credit.check_due",
    {"zh-hans": "承诺到期待核查", "en": "A commitment is due for its check"},
    {
        "zh-hans": "%(subject)s作出的承诺“%(title)s”已到核查日期。",
        "en": "The commitment “%(title)s” of %(subject)s is due for its check.",
    },
)
ALERT = _template(
    "credit.alert",
    {"zh-hans": "信用监测预警", "en": "Credit alert"},
    {
        "zh-hans": "%(subject)s触发监测规则，涉及%(number)s。请核查；预警不等于列入名单。",
        "en": "%(subject)s met a rule of monitoring with %(number)s. Please look; an alert lists "
        "nobody.",
    },
)
APPEAL_SETTLED = _template(
    "credit.appeal_settled",
    {"zh-hans": "信用事项办理结果", "en": "Answer to your objection or repair"},
    {
        "zh-hans": "您提出的%(what)s（%(number)s）已办结：%(outcome)s。%(reply)s",
        "en": "Your %(what)s (%(number)s) is settled: %(outcome)s. %(reply)s",
    },
)


def tell_subject(
    subject: CreditSubject,
    *,
    template: str,
    facts: Mapping[str, Any],
    subject_kind: str,
    subject_id: UUID,
    at: datetime,
) -> bool:
    """A message to the subject where he has an account here; says whether he has.

    Whoever has none is told on paper, which the procedure makes anyway.
    """
    who: tuple[str, UUID, str] | None = None
    if subject.is_person:
        number = unseal_number(subject.document_sealed)
        person = identity.find_person(subject.document_type, number)
        if person is not None:
            who = ("person", person.id, person.phone)
    else:
        firm = identity.organisation_by_number(subject.uscc)
        if firm is not None:
            who = ("organisation", firm.id, firm.phone)
    if who is None:
        return False
    kind, pk, phone = who
    messaging.send(
        person_id=pk if kind == "person" else None,
        organisation_id=pk if kind == "organisation" else None,
        phone=phone,
        template=template,
        facts=dict(facts),
        subject_kind=subject_kind,
        subject_id=subject_id,
        at=at,
    )
    return True


def tell_principal(
    kind: str,
    principal_id: UUID,
    *,
    template: str,
    facts: Mapping[str, Any],
    subject_kind: str,
    subject_id: UUID,
    at: datetime,
) -> None:
    """A message to someone who has an account here, though perhaps no archive."""
    is_person = kind == "person"
    card = identity.person(principal_id) if is_person else identity.organisation(principal_id)
    messaging.send(
        person_id=principal_id if is_person else None,
        organisation_id=None if is_person else principal_id,
        phone=card.phone,
        template=template,
        facts=dict(facts),
        subject_kind=subject_kind,
        subject_id=subject_id,
        at=at,
    )


def tell_agency(
    permission: str,
    *,
    agency_id: UUID,
    region_path: str,
    template: str,
    facts: Mapping[str, Any],
    subject_kind: str,
    subject_id: UUID,
    link: str,
    at: datetime,
) -> int:
    """A message to everyone of an agency who holds a permission; how many."""
    found = identity.officers_with(permission, agency_id=agency_id, region_path=region_path)
    for officer in found:
        messaging.send(
            officer_id=officer.id,
            template=template,
            facts=dict(facts),
            subject_kind=subject_kind,
            subject_id=subject_id,
            link=link,
            channels=(messaging.INBOX,),
            at=at,
        )
    return len(found)
