"""What an officer might try beside his own step. Licensing Law art. 32, 38; GB/T 22239 8.1.4."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps

from lingnan.kernel.actors import SYSTEM, Principal
from lingnan.kernel.errors import Refusal
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import (
    make_officer,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.identity.types import SelfApproval
from lingnan.platforms.payment import queries as payment_queries
from lingnan.platforms.payment import services as payments
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.errors import OwnSubmission
from lingnan.platforms.workflow.types import CurrentStep

from .. import access, queries, services
from ..errors import CaseNotFound, CorrectionEmpty, NoTask, RepresentationExcluded
from ..models import Case, Correction, Decision
from ..services import bills, eligibility
from ..services.corrections import CORRECTION_WORKDAYS
from ..testing import Setting, make_case, make_granted_case, make_setting, upload
from ..types import SUBJECT_KIND, Applicant, CaseState, CorrectionItem

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting() -> Setting:
    return make_setting()


def open_step(case: Case) -> CurrentStep:
    (step,) = [step for step in queries.current_steps(case) if step.kind == "task"]
    return step


def task_of(case: Case) -> UUID:
    task_id = open_step(case).task_id
    assert task_id is not None
    return task_id


def variables(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = workflow_queries.instance_of(SUBJECT_KIND, case.pk).variables
    return found


def test_a_task_of_another_case_cannot_be_finished_through_this_one(setting: Setting) -> None:
    case, other = make_case(setting, at=AT), make_case(setting, at=AT)
    with pytest.raises(NoTask):
        services.accept_case(actor=setting.clerk, case_id=case.pk, task_id=task_of(other), at=AT)
    other.refresh_from_db()
    assert other.accepted_at is None


def test_the_decision_cannot_be_finished_as_a_review(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    decide = task_of(case)
    with pytest.raises(Refusal):
        services.review_case(
            actor=setting.approver,
            case_id=case.pk,
            outcome="deny",
            opinion="不符合",
            task_id=decide,
            at=AT,
        )
    assert not Decision.objects.exists()


def test_what_was_entered_in_an_earlier_round_is_not_the_reason_of_a_later_denial(
    setting: Setting,
) -> None:
    case = make_case(setting, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    services.decide_case(
        actor=setting.approver, case_id=case.pk, outcome="return", reason="请补充核查意见", at=AT
    )
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    workflow.complete_task(
        actor=setting.approver, task_id=task_of(case), outcome="deny", opinion="场所不符", at=AT
    )
    assert Decision.objects.get().reason == "场所不符"


def test_who_leads_the_firm_works_on_no_step_of_its_case_by_any_way() -> None:
    setting = make_setting(service_objects=["2"])
    leader = make_person()
    officer = make_officer("case_handler", agency_id=setting.agency_id, person=leader)
    firm = make_organisation(leader)
    case = make_case(
        setting,
        actor=setting.clerk,
        given=[upload(setting, actor=setting.clerk)],
        applicant=Applicant(kind="organisation", id=firm.pk),
        at=AT,
    )
    colleague = make_officer_actor("window_clerk", agency_id=setting.window_id)
    services.accept_case(actor=colleague, case_id=case.pk, at=AT)
    own = identity.actor_of_officer(officer.pk)
    with pytest.raises(SelfApproval):
        services.review_case(actor=own, case_id=case.pk, at=AT)
    with pytest.raises(SelfApproval):
        workflow.complete_task(actor=own, task_id=task_of(case), outcome="pass", at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)


def test_a_second_account_for_work_hides_nobodys_interest() -> None:
    """Applicant, agent who filed, leader of the firm, clerk who filed: each has another account."""
    setting = make_setting(service_objects=["1", "2"])
    at_work = partial(make_officer_actor, "case_handler", agency_id=setting.agency_id)
    applicant, leader, clerk_person = make_person("陈一"), make_person("陈二"), make_person("陈三")
    clerk = make_officer_actor("window_clerk", agency_id=setting.window_id, record_of=clerk_person)
    resident = make_person_actor(applicant)
    own = make_case(setting, actor=resident, given=[upload(setting, actor=resident)], at=AT)
    firm = make_organisation(leader)
    for_firm = make_case(
        setting,
        actor=clerk,
        given=[upload(setting, actor=clerk)],
        applicant=Applicant(kind="organisation", id=firm.pk),
        at=AT,
    )
    colleague = make_officer_actor("window_clerk", agency_id=setting.window_id)
    for case in (own, for_firm):
        services.accept_case(actor=colleague, case_id=case.pk, at=AT)
    for case, officer, refusal in (
        (own, at_work(record_of=applicant), (SelfApproval, OwnSubmission)),
        (for_firm, at_work(record_of=leader), (SelfApproval,)),
        (for_firm, at_work(record_of=clerk_person), (SelfApproval, OwnSubmission)),
    ):
        assert officer.account_id not in (resident.account_id, clerk.account_id)
        with pytest.raises(refusal):
            services.review_case(actor=officer, case_id=case.pk, at=AT)
        with pytest.raises(refusal):
            workflow.claim_task(actor=officer, task_id=task_of(case), at=AT)
        with pytest.raises(refusal):
            workflow.complete_task(actor=officer, task_id=task_of(case), outcome="pass", at=AT)
        workflow.claim_task(actor=setting.handler, task_id=task_of(case), at=AT)
        assert officer.officer_id is not None
        with pytest.raises(refusal):
            workflow.transfer_task(
                actor=setting.handler,
                task_id=task_of(case),
                to_officer_id=officer.officer_id,
                at=AT,
            )
        with pytest.raises(refusal):
            workflow.add_consultant(
                actor=setting.handler,
                task_id=task_of(case),
                officer_id=officer.officer_id,
                question="意见？",
                at=AT,
            )
        workflow.release_task(actor=setting.handler, task_id=task_of(case), at=AT)
        case.refresh_from_db()
        assert case.state == "accepted" and open_step(case).step_id == "review"


def test_a_case_sent_back_to_acceptance_stays_accepted_and_goes_on(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    later = AT + timedelta(days=1)
    workflow.return_task(
        actor=setting.handler, task_id=task_of(case), reason="材料看不清", at=later
    )
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=later)
    case.refresh_from_db()
    assert case.accepted_at == AT
    assert open_step(case).step_id == "review"


@pytest.mark.parametrize(
    ("limit", "given"),
    [(20, 20), *((wrong, CORRECTION_WORKDAYS) for wrong in (-5, 0, 10_000, "soon", None))],
)
def test_the_generic_form_cannot_shorten_the_applicants_time(
    setting: Setting, limit: object, given: int
) -> None:
    case = make_case(setting, at=AT)
    item = {"material_code": "M01", "problem": "未盖章", "what_to_do": "盖章后上传"}
    workflow.complete_task(
        actor=setting.clerk,
        task_id=task_of(case),
        outcome="correct",
        form={"items": [item], "limit_workdays": limit},
        at=AT,
    )
    assert variables(case)["correction_limit_workdays"] == given


@pytest.mark.parametrize("items", ["M01", {"a": 1}, ["M01"], [3], None])
def test_a_correction_that_says_nothing_is_refused_whatever_its_shape(
    setting: Setting, items: object
) -> None:
    case = make_case(setting, at=AT)
    with pytest.raises(CorrectionEmpty):
        workflow.complete_task(
            actor=setting.clerk,
            task_id=task_of(case),
            outcome="correct",
            form={"items": items},
            at=AT,
        )
    assert not Correction.objects.exists()


def test_the_process_goes_on_with_the_corrected_answers(setting: Setting) -> None:
    case = make_case(setting, at=AT)
    services.request_correction(
        actor=setting.clerk,
        case_id=case.pk,
        items=[CorrectionItem(field="business_scope", problem="选错", what_to_do="改为冷食")],
        at=AT,
    )
    case = services.submit_correction(
        actor=setting.applicant, case_id=case.pk, data={"business_scope": "cold"}, at=AT
    )
    assert case.state == CaseState.SUBMITTED
    known = variables(case)["answers"]
    assert known["business_scope"] == "cold"
    assert "document_number" not in known


def test_a_mandate_for_one_matter_opens_nothing_else_of_the_grantor() -> None:
    named, other = make_setting(), make_setting()
    grantor = named.applicant
    case, hidden = make_case(named, at=AT), make_case(other, actor=grantor, at=AT)
    assert grantor.principal is not None
    for codes, seen in (
        (frozenset({named.item.code31}), [case.pk]),
        (frozenset({named.item.basic_code}), [case.pk]),
        (frozenset({"999999999999"}), []),
        (None, [hidden.pk, case.pk]),
    ):
        agent = replace(make_person_actor(), principal=grantor.principal, matter_codes=codes)
        assert [row.pk for row in queries.my_cases(agent).items] == seen
        for row in (case, hidden):
            if row.pk in seen:
                assert access.own_case(agent, row.pk) == row
            else:
                with pytest.raises(CaseNotFound):
                    access.own_case(agent, row.pk)
                assert not access.can_read_case_file(agent, row.pk)


@pytest.mark.parametrize(
    ("representation", "by_agent", "by_guardian"),
    [("any", True, True), ("guardians", False, True), ("none", False, False)],
)
def test_a_matter_may_exclude_that_another_applies(
    representation: str, by_agent: bool, by_guardian: bool
) -> None:
    setting = make_setting()
    apps.get_model("matters", "ItemVersion").objects.update(representation=representation)
    item = replace(setting.item, representation=representation)
    ward = make_person("陈小宝")
    principal = Principal(kind="person", id=ward.pk, name=ward.name)
    for guardian, expected in ((False, by_agent), (True, by_guardian)):
        other = make_person()
        mandate = apps.get_model("identity", "Mandate").objects.create(
            grantor_person_id=ward.pk,
            agent_id=other.pk,
            relation="guardian" if guardian else "agent",
            all_matters=True,
            valid_from=AT.date(),
            valid_until=AT.date() + timedelta(days=30),
            state="accepted",
        )
        if guardian:
            apps.get_model("identity", "Guardianship").objects.create(
                mandate=mandate, ground="minor", proof="licence", licence_id=uuid4()
            )
        actor = replace(make_person_actor(other), principal=principal, mandate_id=mandate.pk)
        if expected:
            eligibility.check(item, principal, actor=actor, at=AT)
        else:
            with pytest.raises(RepresentationExcluded):
                eligibility.check(item, principal, actor=actor, at=AT)
    own = make_person_actor(ward)
    eligibility.check(item, principal, actor=own, at=AT)


def test_a_voided_bill_does_not_leave_the_case_waiting_for_ever() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting, at=AT)
    first = case.bill_id
    assert first is not None
    payments.void_bill(bill_id=first, reason="开错", actor=SYSTEM, at=AT)
    case = services.renew_bill(actor=setting.applicant, case_id=case.pk, at=AT)
    assert case.bill_id not in (None, first)


def test_money_told_late_for_an_expired_bill_closes_the_one_that_replaced_it() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting, at=AT)
    first, later = case.bill_id, AT + timedelta(days=60)
    assert payments.expire_bills(at=later) == 1
    case = services.renew_bill(actor=setting.applicant, case_id=case.pk, at=later)
    apps.get_model("payment", "Bill").objects.filter(pk=str(first)).update(state="paid", paid_at=AT)
    bills.record_settlement(case_id=case.pk, amount_fen=1000, paid_at=AT, at=later)
    case.refresh_from_db()
    assert case.bill_id is not None
    assert payment_queries.bill(case.bill_id).state == "voided"
    assert case.state == CaseState.DELIVERED
