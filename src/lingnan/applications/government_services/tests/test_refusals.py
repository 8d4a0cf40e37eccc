"""Every refusal on the way of a case, with nothing changed. Licensing Law art. 31-38, 78, 79."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.identity.types import SelfApproval
from lingnan.platforms.workflow.errors import OwnSubmission

from .. import services
from ..errors import (
    AddressRequired,
    AlreadyRated,
    ApplicantBarred,
    CaseNotFound,
    CorrectionAlreadyTold,
    CorrectionEmpty,
    CorrectionIncomplete,
    CorrectionNotOpen,
    CorrectionOutside,
    DeliveryMissing,
    FormInvalid,
    InspectionDateWrong,
    InspectionNeedsTwo,
    LicenceNotUsable,
    MaterialFileUnknown,
    MaterialsMissing,
    MaterialsTooMany,
    MaterialUnknown,
    NoTask,
    NotForYou,
    NotRatable,
    NotWithdrawable,
    RatingNotUnderReview,
    ReasonRequired,
    SupplementTooLate,
    WindowNeedsApplicant,
    WrongState,
)
from ..models import ApplicantBar, Case, Decision, ServiceRating, SiteInspection
from ..services import eligibility
from ..testing import ANSWERS, Setting, make_case, make_granted_case, make_setting, upload
from ..types import Applicant, CorrectionItem, CorrectionReply, Finding, MaterialGiven

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting() -> Setting:
    return make_setting()


def test_an_incomplete_form_names_each_field(setting: Setting) -> None:
    with pytest.raises(FormInvalid) as refused:
        make_case(setting, data={"applicant_name": "陈美玲", "place": "中"})
    paths = {problem.path for problem in refused.value.fields}
    assert paths == {"document_number", "place", "business_scope"}
    assert not Case.objects.exists()


def test_materials_are_those_the_guide_names_and_the_askers_own(setting: Setting) -> None:
    stranger = upload(setting, actor=make_person_actor())
    for given, refusal in (
        ([], MaterialsMissing),
        ([MaterialGiven(code="M99", file_id=uuid4())], MaterialUnknown),
        ([MaterialGiven(code="M01", file_id=uuid4())] * 101, MaterialsTooMany),
        ([MaterialGiven(code="M01", file_id=uuid4())], MaterialFileUnknown),
        ([stranger], MaterialFileUnknown),
        ([MaterialGiven(code="M01", kind="licence", licence_id=uuid4())], LicenceNotUsable),
    ):
        with pytest.raises(refusal):
            make_case(setting, given=given)
    assert not Case.objects.exists()


def test_an_unpublished_item_does_not_exist(setting: Setting) -> None:
    with pytest.raises(NotFound):
        services.submit_case(actor=setting.applicant, item_code="0" * 31, data=ANSWERS, at=AT)


def test_a_matter_for_firms_refuses_persons() -> None:
    setting = make_setting(service_objects=["2"])
    with pytest.raises(NotForYou):
        make_case(setting)
    leader = make_person()
    firm = make_person_actor(leader, organisation=make_organisation(leader))
    assert make_case(setting, actor=firm).applicant_kind == "organisation"


def test_a_clerk_names_the_applicant_and_may_not_accept_what_he_entered(setting: Setting) -> None:
    given = [upload(setting, actor=setting.clerk)]
    with pytest.raises(WindowNeedsApplicant):
        make_case(setting, actor=setting.clerk, given=given)
    person_id = setting.applicant.person_id
    assert person_id is not None
    case = make_case(
        setting,
        actor=setting.clerk,
        given=given,
        applicant=Applicant(kind="person", id=person_id),
    )
    assert (case.channel, case.applicant_id) == ("window", person_id)
    with pytest.raises((SelfApproval, OwnSubmission)):
        services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    colleague = make_officer_actor("window_clerk", agency_id=setting.window_id, name="周窗口")
    services.accept_case(actor=colleague, case_id=case.pk, at=AT)


def test_an_officer_of_another_place_finds_nothing(setting: Setting) -> None:
    case = make_case(setting)
    elsewhere = make_officer_actor("window_clerk", region_code="440305000000")
    with pytest.raises(CaseNotFound):
        services.accept_case(actor=elsewhere, case_id=case.pk, at=AT)
    with pytest.raises(Forbidden):
        services.accept_case(actor=setting.approver, case_id=case.pk, at=AT)


def test_one_window_accepts_for_every_agency_of_the_region(setting: Setting) -> None:
    case = make_case(setting)
    regional = make_officer_actor("window_clerk", region_code="440106000000", name="全科窗口")
    services.accept_case(actor=regional, case_id=case.pk, at=AT)
    case.refresh_from_db()
    assert case.state == "accepted"


def test_another_person_finds_nothing(setting: Setting) -> None:
    case = make_case(setting)
    other = make_person_actor()
    for call in (
        lambda: services.withdraw_case(actor=other, case_id=case.pk, at=AT),
        lambda: services.rate_case(actor=other, case_id=case.pk, level=1, at=AT),
        lambda: services.submit_correction(actor=other, case_id=case.pk, at=AT),
    ):
        with pytest.raises(CaseNotFound):
            call()


def test_a_general_instruction_is_answered_and_nothing_else(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    _tell(setting, case, [CorrectionItem(problem="用途不明", what_to_do="说明用途")])

    def answer(*replies: CorrectionReply) -> None:
        services.submit_correction(actor=setting.applicant, case_id=case.pk, replies=replies, at=AT)

    for silent in ((), (CorrectionReply(item=0, text="  "),)):
        with pytest.raises(CorrectionIncomplete):
            answer(*silent)
    for wrong in (1, 999):
        with pytest.raises(CorrectionOutside):
            answer(CorrectionReply(item=0, text="仓储"), CorrectionReply(item=wrong, text="x"))
    foreign = upload(setting, actor=make_person_actor()).file_id
    assert foreign is not None
    with pytest.raises(MaterialFileUnknown):
        answer(CorrectionReply(item=0, file_ids=(foreign,)))
    case.refresh_from_db()
    assert case.state == "correction_noticed"
    answer(CorrectionReply(item=0, text=" 仓储 "))
    case.refresh_from_db()
    assert (case.state, case.correction.told[0]["reply"]) == ("submitted", "仓储")


def test_a_correction_is_told_once_and_completely(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    with pytest.raises(CorrectionEmpty):
        _tell(setting, case, [])
    with pytest.raises(CorrectionEmpty):
        _tell(setting, case, [CorrectionItem(material_code="M01", problem="x", what_to_do="")])
    with pytest.raises(MaterialUnknown):
        _tell(setting, case, [CorrectionItem(material_code="M9", problem="x", what_to_do="y")])
    with pytest.raises(CorrectionNotOpen):
        services.submit_correction(actor=setting.applicant, case_id=case.pk, at=AT)

    _tell(setting, case)
    with pytest.raises(CorrectionIncomplete):
        services.submit_correction(actor=setting.applicant, case_id=case.pk, at=AT)
    before = Case.objects.get(pk=case.pk).form_data
    with pytest.raises(CorrectionOutside) as outside:
        services.submit_correction(
            actor=setting.applicant,
            case_id=case.pk,
            data={"place": "别处"},
            given=[upload(setting), MaterialGiven(code="M02", file_id=upload(setting).file_id)],
            at=AT,
        )
    assert [field.path for field in outside.value.fields] == ["place", "M02"]
    case.refresh_from_db()
    assert (case.state, case.form_data) == ("correction_noticed", before)
    services.submit_correction(
        actor=setting.applicant,
        case_id=case.pk,
        data={"place": ANSWERS["place"]},  # said again, not changed
        given=[upload(setting)],
        at=AT,
    )
    with pytest.raises(CorrectionAlreadyTold):
        _tell(setting, case)
    case.refresh_from_db()
    assert case.state == "submitted"


def test_refusing_denying_and_returning_need_reasons(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    with pytest.raises(ReasonRequired):
        services.refuse_case(actor=setting.clerk, case_id=case.pk, reason=" ", at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    with pytest.raises(ReasonRequired):
        services.review_case(actor=setting.handler, case_id=case.pk, outcome="object", at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    for outcome in ("deny", "return"):
        with pytest.raises(ReasonRequired):
            services.decide_case(actor=setting.approver, case_id=case.pk, outcome=outcome, at=AT)
    assert not Decision.objects.exists()


def test_a_step_is_done_by_its_own_officer_in_its_turn(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    with pytest.raises(NoTask):
        services.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    with pytest.raises((NoTask, Refusal)):
        services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)


def test_an_inspection_is_made_by_two_after_acceptance() -> None:
    setting = make_setting(with_inspection=True)
    case = make_case(setting, at=AT)

    def inspect(**changes: object) -> SiteInspection:
        arguments: dict[str, object] = {
            "inspected_on": AT.date(),
            "inspectors": ["何核查", "张核查"],
            "findings": [Finding(point="布局", met=True)],
            "result": "passed",
            **changes,
        }
        return services.record_inspection(
            actor=setting.inspector,
            case_id=case.pk,
            at=AT,
            **arguments,  # type: ignore[arg-type]
        )

    with pytest.raises(WrongState):
        inspect()
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    with pytest.raises(InspectionNeedsTwo):
        inspect(inspectors=["何核查", "何核查 "])
    with pytest.raises(InspectionDateWrong):
        inspect(inspected_on=(AT + timedelta(days=1)).date())
    with pytest.raises(ReasonRequired):
        inspect(findings=[Finding(point="布局", met=False)])
    with pytest.raises(ReasonRequired):
        inspect(result="failed")
    assert not SiteInspection.objects.exists()
    inspect()


def test_a_decided_case_is_not_withdrawn(setting: Setting) -> None:
    case = make_granted_case(setting, at=AT)
    with pytest.raises(NotWithdrawable):
        services.withdraw_case(actor=setting.applicant, case_id=case.pk, at=AT)


def test_false_materials_close_the_item_for_a_year(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    services.decide_case(
        actor=setting.approver,
        case_id=case.pk,
        outcome="deny",
        reason="提供虚假材料",
        false_materials=True,
        at=AT,
    )
    assert str(ApplicantBar.objects.get(case=case).until_on) == "2027-09-14"
    with pytest.raises(ApplicantBarred):
        make_case(setting, at=AT + timedelta(days=364))
    assert make_case(setting, at=AT + timedelta(days=365)).pk


def test_a_permit_got_by_fraud_closes_the_item_for_three_years(setting: Setting) -> None:
    case = make_granted_case(setting, at=AT)
    bar = eligibility.bar_applicant(
        case, basic_code=setting.item.basic_code, ground="obtained_by_fraud", at=AT
    )
    assert str(bar.until_on) == "2029-09-14"


def test_ratings_are_one_per_ended_case_and_voluntary(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    actor = setting.applicant
    with pytest.raises(NotRatable):
        services.rate_case(actor=actor, case_id=case.pk, level=1, at=AT)
    services.withdraw_case(actor=actor, case_id=case.pk, at=AT)
    with pytest.raises(NotRatable):
        services.supplement_rating(actor=actor, case_id=case.pk, text="好", at=AT)
    rating = services.rate_case(actor=actor, case_id=case.pk, level=5, text="等太久", at=AT)
    assert (rating.review, str(rating.review_due_on)) == ("due", "2026-09-20")
    with pytest.raises(AlreadyRated):
        services.rate_case(actor=actor, case_id=case.pk, level=1, at=AT)
    with pytest.raises(SupplementTooLate):
        services.supplement_rating(
            actor=actor, case_id=case.pk, text="补充", at=AT + timedelta(days=8)
        )
    services.supplement_rating(actor=actor, case_id=case.pk, text="补充", at=AT)
    with pytest.raises(SupplementTooLate):
        services.supplement_rating(actor=actor, case_id=case.pk, text="再补充", at=AT)


def test_a_negative_rating_is_called_back_by_someone_else(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    services.withdraw_case(actor=setting.applicant, case_id=case.pk, at=AT)
    services.rate_case(actor=setting.applicant, case_id=case.pk, level=4, at=AT)
    steward = make_officer_actor("data_steward", region_code="440000000000")
    steward = _allowed(steward, "government_services.handle_ratings", "government_services.read")
    with pytest.raises(ReasonRequired):
        services.review_rating(actor=steward, case_id=case.pk, finding="mistaken", note="", at=AT)
    services.review_rating(
        actor=steward, case_id=case.pk, finding="mistaken", note="电话核实：误评", at=AT
    )
    assert ServiceRating.objects.get(case=case).is_excluded
    with pytest.raises(RatingNotUnderReview):
        services.review_rating(actor=steward, case_id=case.pk, finding="confirmed", note="x", at=AT)


def test_nobody_reviews_the_rating_of_his_own_decision_with_a_second_account(
    setting: Setting,
) -> None:
    person = make_person("梁审批")
    approver = make_officer_actor("approver", agency_id=setting.agency_id, record_of=person)
    case = make_granted_case(replace(setting, approver=approver), at=AT)
    services.rate_case(actor=setting.applicant, case_id=case.pk, level=5, text="等太久", at=AT)
    extra = ("government_services.handle_ratings", "government_services.read")
    second, other = (
        _allowed(
            make_officer_actor("data_steward", region_code="440000000000", record_of=whose), *extra
        )
        for whose in (person, make_person("黎数据"))
    )
    assert second.account_id != approver.account_id
    with pytest.raises(SelfApproval):
        services.review_rating(
            actor=second, case_id=case.pk, finding="mistaken", note="误评", at=AT
        )
    services.review_rating(actor=other, case_id=case.pk, finding="confirmed", note="属实", at=AT)


def test_mail_needs_an_address_and_nothing_is_handed_over_twice(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    with pytest.raises(AddressRequired):
        services.choose_delivery(
            actor=setting.applicant, case_id=case.pk, method="mail", address={}, at=AT
        )
    with pytest.raises(DeliveryMissing):
        services.hand_over(actor=setting.clerk, case_id=case.pk, at=AT)


def _tell(setting: Setting, case: Case, items: list[CorrectionItem] | None = None) -> Case:
    default = [CorrectionItem(material_code="M01", problem="未盖章", what_to_do="盖章后上传")]
    return services.request_correction(
        actor=setting.clerk, case_id=case.pk, items=default if items is None else items, at=AT
    )


def _allowed(actor: Actor, *permissions: str) -> Actor:
    grants = tuple(
        replace(grant, permissions=grant.permissions | set(permissions)) for grant in actor.grants
    )
    return replace(actor, grants=grants)
