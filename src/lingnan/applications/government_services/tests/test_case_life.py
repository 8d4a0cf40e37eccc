"""The life of a case, from submission to rating. Reference 1.10, 1.11; Licensing Law art. 29-45."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.documents import services as documents
from lingnan.platforms.licences import queries as licences
from lingnan.platforms.messaging.models import Message
from lingnan.platforms.payment import queries as payment
from lingnan.platforms.payment import services as payments
from lingnan.platforms.workflow import services as workflow
from lingnan.security.crypto import services as crypto

from .. import queries, services
from ..errors import BillNotExpired
from ..models import Case, CaseMaterial, Correction, Decision, Delivery, Notice
from ..services import bills
from ..testing import ANSWERS, Setting, make_case, make_granted_case, make_setting, upload
from ..types import CaseState, CorrectionItem, Finding, NoticeKind

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)  # Monday 10:00 in Guangzhou


@pytest.fixture(autouse=True)
def authority_of_that_time(db: None) -> None:
    """Seals are made in September here, notices today: the authority is older than both."""
    crypto.ensure_test_authority(at=AT - timedelta(days=1))


pytestmark = pytest.mark.django_db


def test_a_case_goes_from_submission_to_delivery_and_rating() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    assert (len(case.number), case.number[:31]) == (43, setting.item.code31)
    assert case.number.endswith("202609140001")
    assert case.state == CaseState.SUBMITTED

    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT + timedelta(days=1))
    decided = services.decide_case(
        actor=setting.approver, case_id=case.pk, outcome="grant", at=AT + timedelta(days=2)
    )
    deliver_all()

    decided.refresh_from_db()
    assert (decided.state, decided.result) == (CaseState.DELIVERED, "granted")
    assert decided.exchange_result_code == "0"
    assert decided.concluded_at is not None
    assert decided.licence_id is not None
    licence = licences.licence(decided.licence_id)
    assert licence.holder_id == setting.applicant.person_id
    assert licence.fields["business_scope"] == "热食"
    assert licence.fields["place"] == ANSWERS["place"]
    assert Delivery.objects.get(case=case).delivered_at is not None

    rating = services.rate_case(
        actor=setting.applicant, case_id=case.pk, level=2, at=AT + timedelta(days=3)
    )
    assert (rating.level, rating.review) == (2, "none")


def test_acceptance_starts_both_clocks_and_writes_a_sealed_notice() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    accepted = services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    deliver_all()

    assert accepted.state == CaseState.ACCEPTED
    assert str(accepted.promised_due_on) == "2026-09-28"
    assert str(accepted.statutory_due_on) == "2026-10-16"
    kinds = {notice.kind: notice for notice in Notice.objects.filter(case=case)}
    assert set(kinds) == {NoticeKind.RECEIPT, NoticeKind.ACCEPTED}
    notice = kinds[NoticeKind.ACCEPTED]
    assert notice.number == f"{case.number}-SL"
    assert notice.state == Notice.State.ISSUED
    assert notice.is_sealed
    assert notice.pdf_file_id and notice.ofd_file_id
    file = SimpleUploadedFile("a.pdf", documents.read_file(notice.pdf_file_id))
    found = Client().post("/api/v1/licences/verify", {"file": file}).json()
    assert found["verdict"] == "proven", found
    assert [one["kind"] for one in found["signatures"]] == ["sm2", "pades"]
    titles = {message.title["zh-hans"] for message in Message.objects.all()}
    assert titles == {"已收到您的申请", "您的申请已受理"}


def test_five_workdays_of_silence_accept_as_of_the_receipt() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    later = datetime(2026, 9, 21, 17, 0, tzinfo=UTC)  # the sixth working day has begun
    assert workflow.fire_due_timers(at=later) == 1

    case.refresh_from_db()
    assert case.is_deemed_accepted
    assert (case.state, case.accepted_at) == (CaseState.ACCEPTED, AT)
    assert str(case.promised_due_on) == "2026-09-28"


def test_a_correction_is_told_answered_and_accepted() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    told = _tell(setting, case)
    assert told.state == CaseState.CORRECTION_NOTICED
    assert CaseMaterial.objects.get(case=case).state == "to_correct"
    waiting = queries.waiting_for(told)
    assert waiting[0].who == case.applicant_name

    later = AT + timedelta(days=1)
    back = services.submit_correction(
        actor=setting.applicant,
        case_id=case.pk,
        data={"place": "中山一路 3 号"},
        given=[upload(setting)],
        at=later,
    )
    assert (back.state, back.received_at, back.submitted_at) == (CaseState.SUBMITTED, later, AT)
    assert Correction.objects.get(case=case).state == "submitted"
    states = sorted(CaseMaterial.objects.filter(case=case).values_list("state", flat=True))
    assert states == ["replaced", "submitted"]
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=later)
    case.refresh_from_db()
    assert case.state == CaseState.ACCEPTED
    assert case.form_data["place"] == "中山一路 3 号"


def test_an_overdue_correction_returns_the_case() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    _tell(setting, case)
    workflow.fire_due_timers(at=AT + timedelta(days=40))

    case.refresh_from_db()
    assert (case.state, case.result, case.exchange_result_code) == ("returned", "returned", "5")
    assert Correction.objects.get(case=case).state == "overdue"


@pytest.mark.parametrize(
    ("outcome", "state", "result", "kind"),
    [
        ("refuse", "not_accepted", "not_accepted", NoticeKind.REFUSED),
        ("not_needed", "not_needed", "not_needed", NoticeKind.NOT_NEEDED),
        ("not_ours", "pre_rejected", "not_accepted", NoticeKind.REFUSED),
    ],
)
def test_a_case_is_turned_away_with_a_reason(
    outcome: str, state: str, result: str, kind: NoticeKind
) -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    services.refuse_case(
        actor=setting.clerk, case_id=case.pk, outcome=outcome, reason="不属于本事项", at=AT
    )
    case.refresh_from_db()
    assert (case.state, case.result, case.concluded_at) == (state, result, AT)
    assert Notice.objects.get(case=case, kind=kind).facts["reason"] == "不属于本事项"


def test_the_clock_stands_still_during_an_inspection() -> None:
    setting = make_setting(with_inspection=True)
    case = make_case(setting, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT + timedelta(days=1))
    case.refresh_from_db()
    assert case.state == CaseState.SUSPENDED
    before = case.promised_due_on
    notice = Notice.objects.get(case=case, kind=NoticeKind.CLOCK_STOPPED)
    assert notice.facts["workdays"] == 10

    on = AT + timedelta(days=3)
    services.record_inspection(
        actor=setting.inspector,
        case_id=case.pk,
        inspected_on=on.date(),
        inspectors=["何核查", "张核查"],
        findings=[Finding(point="布局", met=True)],
        result="passed",
        at=on,
    )
    case.refresh_from_db()
    assert case.state == CaseState.REVIEW
    assert before is not None and case.promised_due_on is not None
    assert case.promised_due_on > before


def test_a_denial_says_why_and_where_to_object() -> None:
    setting = make_setting()
    case = _reviewed(setting)
    services.decide_case(
        actor=setting.approver, case_id=case.pk, outcome="deny", reason="场所不符合规定", at=AT
    )
    deliver_all()
    case.refresh_from_db()
    decision = Decision.objects.get(case=case)
    assert (case.state, case.result, case.concluded_at) == ("denied", "denied", AT)
    assert decision.remedy["reconsideration"]["days"] == 60
    assert decision.remedy["litigation"]["months"] == 6
    assert decision.legal_basis == ["《中华人民共和国行政许可法》第十二条"]
    assert Notice.objects.get(case=case, kind=NoticeKind.DECISION).is_sealed


def test_a_fee_is_paid_before_the_licence_is_released() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting, at=AT)
    assert (case.state, case.fee_fen) == (CaseState.GRANTED, 1000)
    assert case.bill_id is not None and case.is_fee_due and case.licence_id is None
    assert queries.waiting_for(case)[0].who == case.applicant_name

    pay(case)
    case.refresh_from_db()
    assert case.state == CaseState.DELIVERED
    assert case.licence_id is not None and not case.is_fee_due
    events = OutboxEvent.objects.filter(name="government_services.case_concluded")
    assert [event.payload["result"] for event in events] == ["granted"]


def test_a_settlement_told_twice_changes_nothing() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting, at=AT)
    pay(case)
    for _ in range(2):
        bills.record_settlement(case_id=case.pk, amount_fen=1000, paid_at=AT, at=AT)
    case.refresh_from_db()
    assert case.state == CaseState.DELIVERED
    assert OutboxEvent.objects.filter(name="licences.issued").count() == 1


def test_an_expired_bill_is_renewed_over_the_same_amount() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting, at=AT)
    with pytest.raises(BillNotExpired):
        services.renew_bill(actor=setting.applicant, case_id=case.pk, at=AT)
    first = case.bill_id
    later = AT + timedelta(days=60)
    assert payments.expire_bills(at=later) == 1
    services.renew_bill(actor=setting.applicant, case_id=case.pk, at=later)
    case.refresh_from_db()
    assert case.bill_id not in (None, first)
    assert case.bill_id is not None
    assert payment.bill(case.bill_id).amount_fen == 1000


def test_a_decision_sent_back_returns_to_review() -> None:
    setting = make_setting()
    case = _reviewed(setting)
    services.decide_case(
        actor=setting.approver, case_id=case.pk, outcome="return", reason="请补充核查意见", at=AT
    )
    steps = queries.current_steps(case)
    assert [step.step_id for step in steps if step.kind == "task"] == ["review"]
    assert not Decision.objects.exists()


def test_paper_waits_for_the_counter() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting, at=AT)
    services.choose_delivery(actor=setting.applicant, case_id=case.pk, method="pickup", at=AT)
    pay(case)
    case.refresh_from_db()
    assert (case.state, case.delivered_at) == (CaseState.CERT_ISSUED, None)
    assert case.concluded_at is not None
    services.hand_over(actor=setting.clerk, case_id=case.pk, handed_to="陈美玲", at=AT)
    case.refresh_from_db()
    assert case.state == CaseState.DELIVERED


def test_paper_that_waits_can_still_be_taken_electronically() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    services.choose_delivery(actor=setting.applicant, case_id=case.pk, method="pickup", at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    services.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=AT)
    case.refresh_from_db()
    assert case.state == CaseState.CERT_ISSUED
    services.choose_delivery(actor=setting.applicant, case_id=case.pk, method="electronic", at=AT)
    case.refresh_from_db()
    assert case.state == CaseState.DELIVERED


def test_a_case_whose_handling_is_broken_off_is_void() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    assert case.instance_id is not None
    workflow.cancel(instance_id=case.instance_id, actor=SYSTEM, reason="录入错误", at=AT)
    deliver_all()
    case.refresh_from_db()
    assert (case.state, case.result, case.exchange_result_code) == ("voided", "voided", "2")


def test_a_withdrawal_ends_the_case_and_its_process() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.withdraw_case(actor=setting.applicant, case_id=case.pk, reason="不办了", at=AT)
    case.refresh_from_db()
    assert (case.state, case.result) == ("withdrawn", "withdrawn")
    assert queries.current_steps(case) == []


def test_sensitive_answers_are_not_readable_in_the_row() -> None:
    setting = make_setting()
    case = make_case(setting, at=AT)
    stored = Case.objects.get(pk=case.pk).form_data
    assert ANSWERS["document_number"] not in str(stored)
    view = queries.case_file(setting.clerk, case.pk, at=AT)
    assert view.answers == ANSWERS


def pay(case: Case) -> None:
    """Money arrives over the counter of the agency."""
    assert case.bill_id is not None
    assert payment.bill(case.bill_id).amount_fen == 1000
    payments.collect_at_counter(actor=SYSTEM, bill_id=case.bill_id, slip="S1", at=AT)
    deliver_all()


def _tell(setting: Setting, case: Case) -> Case:
    return services.request_correction(
        actor=setting.clerk,
        case_id=case.pk,
        items=[
            CorrectionItem(material_code="M01", problem="未盖章", what_to_do="盖章后上传"),
            CorrectionItem(field="place", problem="门牌号不全", what_to_do="填写完整门牌号"),
        ],
        at=AT,
    )


def _reviewed(setting: Setting) -> Case:
    case = make_case(setting, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    return services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
