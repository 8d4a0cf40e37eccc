"""What officers do with tasks, what is refused, and who wins a race."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries, race
from lingnan.platforms.identity import testing as identity_testing
from lingnan.platforms.workflow import errors, queries, services
from lingnan.platforms.workflow.models import ProcessInstance, WorkTask
from lingnan.platforms.workflow.testing import (
    approval_xml,
    chain,
    do,
    flow,
    open_task,
    other_agency,
    process_xml,
    publish,
    start,
    supervisor,
    user_task,
    worker,
)
from lingnan.platforms.workflow.types import TaskFilters
from lingnan.standards.agencies.testing import make_agency

ALL = ("window_clerk", "reviewer", "approver")
db = pytest.mark.django_db


def running(agency: UUID, at: datetime) -> tuple[UUID, Actor]:
    publish(approval_xml(), at=at)
    return start(agency_id=agency, at=at).instance_id, worker(ALL, agency_id=agency)


@db
def test_claim_work_release(agency: UUID, at: datetime) -> None:
    instance, clerk = running(agency, at)
    other = worker(ALL, agency_id=agency, name="张三")
    task = open_task(instance)
    services.claim_task(actor=clerk, task_id=task.pk, at=at)
    services.claim_task(actor=clerk, task_id=task.pk, at=at)
    with pytest.raises(errors.TaskClaimedByOther):
        services.claim_task(actor=other, task_id=task.pk, at=at)
    with pytest.raises(errors.TaskClaimedByOther):
        services.complete_task(actor=other, task_id=task.pk, outcome="accept", at=at)
    with pytest.raises(errors.TaskNotYours):
        services.release_task(actor=other, task_id=task.pk, at=at)
    services.release_task(actor=clerk, task_id=task.pk, at=at)
    services.complete_task(actor=other, task_id=task.pk, outcome="accept", at=at)
    task.refresh_from_db()
    assert (task.state, task.done_by_name, task.outcome) == ("done", "张三", "accept")
    assert OutboxEvent.objects.filter(name="workflow.task_completed").count() == 1


@db
@pytest.mark.parametrize(
    ("outcome", "opinion", "refusal"),
    [("maybe", "x", errors.OutcomeInvalid), ("refuse", " ", errors.OpinionMissing)],
)
def test_a_wrong_outcome_changes_nothing(
    agency: UUID, at: datetime, outcome: str, opinion: str, refusal: type[Refusal]
) -> None:
    instance, clerk = running(agency, at)
    task = open_task(instance)
    with pytest.raises(refusal):
        services.complete_task(
            actor=clerk, task_id=task.pk, outcome=outcome, opinion=opinion, at=at
        )
    assert open_task(instance).pk == task.pk


@db
def test_tasks_of_others_do_not_exist(agency: UUID, at: datetime) -> None:
    instance, _clerk = running(agency, at)
    task = open_task(instance)
    elsewhere = worker(ALL, agency_id=other_agency())
    wrong_role = worker(["inspector"], agency_id=agency)
    for actor in (elsewhere, wrong_role):
        with pytest.raises(NotFound):
            services.complete_task(actor=actor, task_id=task.pk, outcome="accept", at=at)
        assert queries.open_tasks(actor, at=at).items == []


@db
def test_a_region_reaches_the_agencies_below(agency: UUID, at: datetime) -> None:
    """Row-level authorisation: the same task is seen from its district, city and province."""
    instance, _clerk = running(agency, at)
    task = open_task(instance)
    codes = task.region_path.split("/")
    for depth in (0, 1, 2, 3):
        path = "".join(f"{code}/" for code in codes[:depth])
        actor = worker(ALL, agency_id=other_agency(), region_path=path)
        assert [t.pk for t in queries.open_tasks(actor, at=at).items] == [task.pk]
    sibling = worker(ALL, agency_id=other_agency(), region_path=f"{codes[0]}/449900000000/")
    assert queries.open_tasks(sibling, at=at).items == []


@db
def test_no_one_decides_what_he_submitted(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    clerk = worker(ALL, agency_id=agency)
    instance = start(agency_id=agency, at=at, actor=clerk).instance_id
    task = open_task(instance)
    with pytest.raises(errors.OwnSubmission):
        services.complete_task(actor=clerk, task_id=task.pk, outcome="accept", at=at)
    with pytest.raises(errors.OwnSubmission):
        services.claim_task(actor=clerk, task_id=task.pk, at=at)
    assert clerk.officer_id is not None
    with pytest.raises(errors.OwnSubmission):
        services.transfer_task(
            actor=supervisor(agency_id=agency),
            task_id=task.pk,
            at=at,
            to_officer_id=identity_officer("window_clerk", agency, clerk),
        )


def identity_officer(role: str, agency: UUID, actor: Actor) -> UUID:
    """Give the officer behind an actor the role for real."""
    from lingnan.kernel.actors import SYSTEM  # noqa: PLC0415
    from lingnan.platforms.identity import services as identity  # noqa: PLC0415

    identity.ensure_roles()
    assert actor.officer_id is not None
    identity.grant_role(
        actor=SYSTEM,
        officer_id=actor.officer_id,
        role=role,
        agency_id=agency,
        at=datetime.now().astimezone(),
    )
    return actor.officer_id


@db
def test_return_goes_back_to_who_did_it(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    instance = start(agency_id=agency, at=at).instance_id
    clerk = identity_testing.make_officer_actor("window_clerk", agency_id=agency)
    reviewer = identity_testing.make_officer_actor("reviewer", agency_id=agency)
    task = open_task(instance)
    services.complete_task(actor=clerk, task_id=task.pk, outcome="accept", at=at)
    review = open_task(instance, "review")
    with pytest.raises(errors.ReasonMissing):
        services.return_task(actor=reviewer, task_id=review.pk, reason=" ", at=at)
    with pytest.raises(errors.ReturnTargetInvalid):
        services.return_task(
            actor=reviewer, task_id=review.pk, reason="缺件", to_step="decide", at=at
        )
    services.return_task(actor=reviewer, task_id=review.pk, reason="缺件", at=at)
    back = open_task(instance, "accept")
    assert (back.assignee_id, back.state, back.round) == (clerk.officer_id, "claimed", 2)
    review.refresh_from_db()
    assert (review.state, review.opinion) == ("returned", "缺件")
    services.complete_task(actor=clerk, task_id=back.pk, outcome="accept", at=at)
    assert open_task(instance).step_id == "review"


def countersign_xml(vote: str) -> str:
    return process_xml(
        '<bpmn:userTask id="sign" name="会签" lingnan:role="reviewer" '
        f'lingnan:outcomes="agree,disagree,abstain" lingnan:vote="{vote}">'
        '<bpmn:multiInstanceLoopCharacteristics lingnan:collection="agencies"/></bpmn:userTask>',
        '<bpmn:exclusiveGateway id="passed" default="f_passed_end"/>',
        user_task("issue"),
        chain("start", "sign", "passed"),
        flow("passed", "issue", 'sign_outcome == "agree"'),
        flow("passed", "end"),
        chain("issue", "end").replace("f_issue_end", "f_issue_end2"),
    )


@db
@pytest.mark.parametrize(
    ("vote", "votes", "outcome"),
    [
        ("all", ["agree", "agree", "agree"], "agree"),
        ("all", ["agree", "disagree"], "disagree"),
        ("all", ["agree", "agree", "abstain"], "disagree"),
        ("majority", ["agree", "agree"], "agree"),
        ("majority", ["disagree", "agree", "agree"], "agree"),
        ("majority", ["disagree", "disagree"], "disagree"),
        ("any", ["disagree", "agree"], "agree"),
        ("any", ["disagree", "disagree", "disagree"], "disagree"),
    ],
)
def test_countersign(agency: UUID, at: datetime, vote: str, votes: list[str], outcome: str) -> None:
    others = [agency, other_agency(), other_agency()]
    publish(countersign_xml(vote), key="sign", at=at)
    first = start(
        key="sign", agency_id=agency, at=at, variables={"agencies": [str(a) for a in others]}
    )
    instance = first.instance_id
    tasks = list(WorkTask.objects.filter(instance_id=instance).order_by("id"))
    assert [task.agency_id for task in tasks] == others
    for task, cast in zip(tasks, votes, strict=False):
        assert WorkTask.objects.filter(instance_id=instance, step_id="sign", is_open=True).exists()
        services.complete_task(
            actor=worker(["reviewer"], agency_id=task.agency_id),
            task_id=task.pk,
            outcome=cast,
            opinion="意见",
            at=at,
        )
    row = ProcessInstance.objects.get(pk=instance)
    assert row.variables["sign_outcome"] == outcome
    assert [v["outcome"] for v in row.variables["sign_votes"]] == votes
    assert not WorkTask.objects.filter(instance=row, step_id="sign", is_open=True).exists()
    assert (row.state == "running") == (outcome == "agree")


@db
def test_a_consultant_answers_before_the_decision(agency: UUID, at: datetime) -> None:
    instance, clerk = running(agency, at)
    expert = worker([], agency_id=other_agency(), name="专家")
    task = open_task(instance)
    assert expert.officer_id is not None
    with pytest.raises(errors.TaskNotYours):
        services.add_consultant(
            actor=clerk, task_id=task.pk, officer_id=expert.officer_id, question="?", at=at
        )
    services.claim_task(actor=clerk, task_id=task.pk, at=at)
    asked = services.add_consultant(
        actor=clerk, task_id=task.pk, officer_id=expert.officer_id, question="合规吗？", at=at
    )
    with pytest.raises(errors.ConsultationOpen):
        services.complete_task(actor=clerk, task_id=task.pk, outcome="accept", at=at)
    assert [t.pk for t in queries.open_tasks(expert, at=at).items] == [asked]
    with pytest.raises(errors.OpinionMissing):
        services.complete_task(actor=expert, task_id=asked, outcome="answered", at=at)
    services.complete_task(actor=expert, task_id=asked, outcome="answered", opinion="合规", at=at)
    second = services.add_consultant(
        actor=clerk, task_id=task.pk, officer_id=expert.officer_id, question="再问", at=at
    )
    services.withdraw_consultant(actor=clerk, task_id=second, at=at)
    services.complete_task(actor=clerk, task_id=task.pk, outcome="accept", at=at)
    assert open_task(instance).step_id == "review"


@db
def test_transfer_needs_a_colleague_with_the_role(agency: UUID, at: datetime) -> None:
    instance, clerk = running(agency, at)
    task = open_task(instance)
    able = identity_testing.make_officer("window_clerk", agency_id=agency)
    unable = identity_testing.make_officer("inspector", agency_id=agency)
    with pytest.raises(errors.TaskNotYours):
        services.transfer_task(actor=clerk, task_id=task.pk, to_officer_id=able.pk, at=at)
    services.claim_task(actor=clerk, task_id=task.pk, at=at)
    with pytest.raises(errors.AssigneeInvalid):
        services.transfer_task(actor=clerk, task_id=task.pk, to_officer_id=unable.pk, at=at)
    services.transfer_task(actor=clerk, task_id=task.pk, to_officer_id=able.pk, at=at)
    task.refresh_from_db()
    assert task.assignee_id == able.pk


@db
def test_urging_is_for_leaders_and_once_a_day(agency: UUID, at: datetime) -> None:
    instance, clerk = running(agency, at)
    leader = supervisor(agency_id=agency)
    task = open_task(instance)
    with pytest.raises(Forbidden):
        services.urge(actor=clerk, task_id=task.pk, at=at)
    services.urge(actor=leader, task_id=task.pk, at=at)
    with pytest.raises(errors.UrgedRecently):
        services.urge(actor=leader, task_id=task.pk, at=at + timedelta(hours=5))
    services.urge(actor=leader, task_id=task.pk, at=at + timedelta(days=1))
    task.refresh_from_db()
    assert task.urged_times == 2
    assert OutboxEvent.objects.filter(name="workflow.task_urged").count() == 2


@db
def test_a_delegate_acts_while_the_other_is_away(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    instance = start(agency_id=agency, at=at).instance_id
    away = identity_testing.make_officer_actor("window_clerk", agency_id=agency, name="请假者")
    stand_in = worker(["inspector"], agency_id=agency, name="代办者")
    task = open_task(instance)
    services.claim_task(actor=away, task_id=task.pk, at=at)
    with pytest.raises(NotFound):
        services.complete_task(actor=stand_in, task_id=task.pk, outcome="accept", at=at)
    assert stand_in.officer_id is not None and away.officer_id is not None
    with pytest.raises(errors.DelegationInvalid):
        services.delegate(
            actor=away,
            to_officer_id=away.officer_id,
            at=at,
            from_on=date(2026, 9, 24),
            until_on=date(2026, 9, 30),
        )
    made = services.delegate(
        actor=away,
        to_officer_id=stand_in.officer_id,
        at=at,
        from_on=date(2026, 9, 24),
        until_on=date(2026, 9, 30),
    )
    page = queries.open_tasks(stand_in, TaskFilters(scope="delegated"), at=at)
    assert [t.pk for t in page.items] == [task.pk]
    later = at + timedelta(days=6)
    assert queries.open_tasks(stand_in, at=later).items == []
    services.complete_task(actor=stand_in, task_id=task.pk, outcome="accept", at=at)
    task.refresh_from_db()
    assert (task.done_by_id, task.done_for_id) == (stand_in.officer_id, away.officer_id)
    services.end_delegation(actor=away, delegation_id=made.pk, at=at)
    assert queries.delegations(away, at=at) == []


@db
def test_a_batch_names_what_refuses(agency: UUID, at: datetime) -> None:
    publish(
        process_xml(
            user_task("check", batch="true", outcomes="pass,object"),
            user_task("decide", outcomes="grant"),
            chain("start", "check", "decide", "end"),
        ),
        at=at,
        key="batch",
    )
    officer = worker(["reviewer"], agency_id=agency)
    ids = [start(key="batch", agency_id=agency, at=at).open_task_ids[0] for _ in range(3)]
    own = start(key="batch", agency_id=agency, at=at, actor=officer).open_task_ids[0]
    result = services.complete_tasks(actor=officer, task_ids=[*ids, own], outcome="pass", at=at)
    assert result.done == tuple(ids)
    assert result.refused == {own: "workflow.own_submission"}
    next_ids = list(
        WorkTask.objects.filter(step_id="decide", is_open=True).values_list("pk", flat=True)
    )
    refused = services.complete_tasks(actor=officer, task_ids=next_ids, outcome="grant", at=at)
    assert set(refused.refused.values()) == {"workflow.batch_not_allowed"}


@pytest.mark.django_db(transaction=True)
def test_two_officers_finish_one_task_and_one_wins(at: datetime) -> None:
    agency = make_agency().id
    publish(approval_xml(), at=at)
    instance = start(agency_id=agency, at=at).instance_id
    task = open_task(instance)
    officers = [worker(ALL, agency_id=agency, name=name) for name in ("甲某", "乙某")]

    def call(actor: Actor) -> object:
        return services.complete_task(actor=actor, task_id=task.pk, outcome="accept", at=at)

    answers = race([lambda one=one: call(one) for one in officers])  # type: ignore[misc]
    lost = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [refusal.code for refusal in lost] == ["workflow.task_already_done"]
    assert WorkTask.objects.filter(instance_id=instance, step_id="review").count() == 1
    task.refresh_from_db()
    assert lost[0].facts["by"] == task.done_by_name


@db
def test_the_inbox_pages_by_key_with_few_queries(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    officer = worker(ALL, agency_id=agency)
    numbers = [f"N{n:03d}" for n in range(7)]
    for number in numbers:
        start(agency_id=agency, at=at, number=number)
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        with max_queries(7):
            page = queries.open_tasks(officer, cursor=cursor, limit=2, at=at)
            _names = [(t.agency.name, t.assignee) for t in page.items]
        seen += [task.subject_number for task in page.items]
        cursor = page.next_cursor
    assert seen == numbers
    assert cursor is None
    found = queries.open_tasks(officer, TaskFilters(number="N003"), at=at).items
    assert [task.subject_number for task in found] == ["N003"]
    assert queries.inbox_counts(officer, at=at).pool == 7


@db
def test_the_timeline_hides_opinions_from_citizens(agency: UUID, at: datetime) -> None:
    instance, clerk = running(agency, at)
    do("accept", "accept", instance_id=instance, at=at, actor=clerk)
    row = ProcessInstance.objects.get(pk=instance)
    subject = (row.subject_kind, row.subject_id)
    citizen = queries.timeline(*subject, audience="citizen")
    officer = queries.timeline(*subject, audience="officer")
    assert [item.code for item in citizen] == [
        "process.started",
        "task.opened",
        "task.done",
        "task.opened",
    ]
    assert all("理由" not in item.text + item.detail for item in citizen)
    assert all(clerk.name not in (item.text, item.actor_name) for item in citizen)
    done = next(item for item in officer if item.code == "task.done")
    assert (done.detail, done.actor_name) == ("理由", clerk.name)
    assert queries.takes_part(clerk, subject_kind=subject[0], subject_id=subject[1])
    stranger = worker(ALL, agency_id=other_agency())
    assert not queries.takes_part(stranger, subject_kind=subject[0], subject_id=subject[1])
