"""Objections are marked, verified and answered; repairs end showing, sharing, use and measures."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from lingnan.kernel.actors import Actor
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import race
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.documents import services as document_services
from lingnan.platforms.documents.adapters.folder import FolderStore
from lingnan.platforms.documents.testing import png
from lingnan.platforms.identity.testing import (
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.messaging.models import Message
from lingnan.platforms.workflow import queries as workflow
from lingnan.platforms.workflow import services as workflow_services

from .. import access, queries, services
from ..errors import (
    AppealNotFound,
    AppealOpen,
    AppealSettled,
    CorrectionMissing,
    NeverRepairable,
    NotAdverse,
    PromiseChanged,
    PromiseMissing,
    ProofMissing,
    ReasonMissing,
    RecordEnded,
    RecordNotFound,
    TooEarlyToRepair,
)
from ..models import CreditRecord, JointMeasure, Objection, Repair
from ..testing import (
    NOW,
    deliver,
    finish_step,
    licence_row,
    make_office,
    make_source,
    penalty_row,
)
from ..types import OBJECTION_SUBJECT, REPAIR_SUBJECT
from .test_rosters import firm_and_record, listed

pytestmark = pytest.mark.django_db
LATER = datetime(2027, 11, 20, 1, 0, tzinfo=UTC)  # a year on: a serious one may be repaired
PROOF = services.Evidence("缴款凭证.png", png())


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = FolderStore(tmp_path)
    monkeypatch.setattr(document_services, "content_store", lambda: folder)
    yield


def objected(owner: Actor, record: CreditRecord, **changed: object) -> Objection:
    given = {
        "actor": owner,
        "record_id": record.pk,
        "ground": "wrong",
        "text": "罚款金额有误",
        "files": [PROOF],
        "at": NOW,
        **changed,
    }
    return services.open_objection(**given)  # type: ignore[arg-type]


def applied(owner: Actor, record: CreditRecord, **changed: object) -> Repair:
    given = {
        "actor": owner,
        "record_id": record.pk,
        "text": "罚款已缴，已整改",
        "promised_version": services.PROMISE.version,
        "files": [PROOF],
        "at": LATER,
        **changed,
    }
    return services.apply_for_repair(**given)  # type: ignore[arg-type]


def test_an_objection_marks_the_record_and_its_correction_is_a_new_version() -> None:
    office = make_office()
    owner, record = firm_and_record()
    objection = objected(owner, record)
    record.refresh_from_db()
    assert record.under_objection
    assert queries.shown_record(record).record.under_objection
    assert [f.name for f in documents.files_of(OBJECTION_SUBJECT, objection.pk)] == ["缴款凭证.png"]
    clock = workflow.clock(objection.instance_id, at=NOW)  # type: ignore[arg-type]
    assert clock.promised_due_on == date(2026, 12, 9)  # 2 + 7 + 3 working days
    step = partial(finish_step, OBJECTION_SUBJECT, objection.pk, at=NOW)
    steps = workflow.current_steps(objection.instance_id)  # type: ignore[arg-type]
    assert steps[0].due_on == date(2026, 11, 25)
    step("forward", "forward", actor=office["officer"])
    with pytest.raises(CorrectionMissing):
        step("verify", "amend", actor=office["reporter"])
    with pytest.raises(CorrectionMissing):
        step("verify", "amend", actor=office["reporter"], form={"changes": {"fine_wan": 5}})
    task = next(t for t in workflow.tasks_of(objection.instance_id) if t.is_open)  # type: ignore[arg-type]
    correct = partial(
        services.work_on_objection,
        actor=office["reporter"],
        task_id=task.pk,
        outcome="amend",
        opinion="经核查，罚款应为1.2万元",
        at=NOW,
    )
    with pytest.raises(CorrectionMissing) as refused:
        correct(changes={"fine_wan": "1.23456789"})
    assert [f.path for f in refused.value.fields] == ["fine_wan"]
    correct(changes={"fine_wan": "1.2"})
    new = CreditRecord.objects.get(series=record.series, is_current=True)
    assert (new.version, new.fine_fen, new.under_objection) == (2, 1_200_000, True)
    step("reply", "answer", actor=office["officer"], opinion="已更正")
    objection.refresh_from_db()
    new.refresh_from_db()
    assert (objection.state, objection.reply) == ("granted", "已更正")
    assert objection.result_record_id == new.pk and not new.under_objection
    event = OutboxEvent.objects.get(name="credit.objection_settled")
    assert event.payload["state"] == "granted"
    assert Message.objects.filter(template="credit.appeal_settled").count() == 1


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([("forward", "refuse")], "refused"),
        ([("forward", "forward"), ("verify", "keep"), ("reply", "answer")], "denied"),
        ([("forward", "forward"), ("verify", "revoke"), ("reply", "answer")], "granted"),
    ],
)
def test_every_end_takes_the_mark_away(steps: list[tuple[str, str]], state: str) -> None:
    office = make_office()
    owner, record = firm_and_record()
    objection = objected(owner, record)
    for step, outcome in steps:
        actor = office["reporter"] if step == "verify" else office["officer"]
        finish_step(OBJECTION_SUBJECT, objection.pk, step, outcome, actor=actor, at=NOW)
    objection.refresh_from_db()
    record.refresh_from_db()
    assert objection.state == state and objection.settled_at == NOW
    assert not record.under_objection
    assert record.in_use == (("verify", "revoke") not in steps)


def test_what_an_objection_needs() -> None:
    make_office()
    owner, record = firm_and_record()
    with pytest.raises(RecordNotFound):
        objected(make_person_actor(), record)
    with pytest.raises(ReasonMissing):
        objected(owner, record, text=" ")
    first = objected(owner, record)
    with pytest.raises(AppealOpen):
        objected(owner, record)
    with pytest.raises(AppealNotFound):
        access.own_appeal(make_person_actor(), Objection, first.pk)
    take_back = partial(
        services.withdraw_appeal, actor=owner, model=Objection, appeal_id=first.pk, at=NOW
    )
    take_back()
    record.refresh_from_db()
    assert not record.under_objection
    with pytest.raises(AppealSettled):
        take_back()
    assert objected(owner, record).number > first.number


def test_a_repair_ends_showing_and_use_in_one_step() -> None:
    office = make_office()
    owner, record = firm_and_record()
    assert (record.grade, record.repair_from) == ("serious", date(2027, 11, 17))
    with pytest.raises(TooEarlyToRepair):
        applied(owner, record, at=LATER - timedelta(days=30))
    with pytest.raises(ProofMissing):
        applied(owner, record, files=[])
    with pytest.raises(PromiseMissing):
        applied(owner, record, promised_version="")
    with pytest.raises(PromiseChanged):
        applied(owner, record, promised_version="2020-1")
    with pytest.raises(RecordNotFound):
        applied(make_person_actor(), record)
    assert not Repair.objects.exists()
    repair = applied(owner, record)
    with pytest.raises(AppealOpen):
        applied(owner, record)
    finish_step(REPAIR_SUBJECT, repair.pk, "accept", "accept", actor=office["officer"], at=LATER)
    finish_step(REPAIR_SUBJECT, repair.pk, "decide", "grant", actor=office["approver"], at=LATER)
    record.refresh_from_db()
    repair.refresh_from_db()
    assert repair.state == "granted"
    assert (record.in_use, record.publicity, record.end_reason) == (False, "stopped", "repaired")
    assert not queries.decisions(on=LATER.date()).items
    standing = queries.standing_of(record.subject, on=LATER.date())
    assert (standing.adverse_records, standing.measures) == (0, ())
    assert [promise.title for promise in standing.commitments] == ["信用修复承诺"]
    ended = OutboxEvent.objects.filter(name="credit.publicity_ended")
    assert [e.payload["reason"] for e in ended] == ["repaired"]
    with pytest.raises(RecordEnded):
        applied(owner, record)


def test_a_licence_is_not_repaired() -> None:
    make_office()
    owner, record = firm_and_record()
    source = make_source("licence")
    licence = deliver(source, licence_row(source, XK_XDR_SHXYM=record.subject.uscc))
    with pytest.raises(NotAdverse):
        applied(owner, licence)


def test_the_repair_of_an_entry_lifts_its_measures() -> None:
    office = make_office()
    owner, record = firm_and_record()
    entry = listed(office, record)
    at = datetime(2027, 12, 3, 1, 0, tzinfo=UTC)
    give = partial(applied, owner, record, record_id=None, entry_id=entry.pk)
    with pytest.raises(TooEarlyToRepair):
        give(at=at - timedelta(days=30))
    repair = give(at=at)
    finish_step(REPAIR_SUBJECT, repair.pk, "accept", "accept", actor=office["officer"], at=at)
    finish_step(REPAIR_SUBJECT, repair.pk, "decide", "grant", actor=office["approver"], at=at)
    entry.refresh_from_db()
    assert (entry.state, entry.end_reason) == ("removed", "repaired")
    assert not JointMeasure.objects.filter(state="in_force").exists()
    assert workflow.instance_of("credit.roster", entry.pk).state == "ended"


def test_a_denied_repair_changes_nothing_and_may_come_again() -> None:
    office = make_office()
    owner, record = firm_and_record()
    repair = applied(owner, record)
    finish_step(REPAIR_SUBJECT, repair.pk, "accept", "accept", actor=office["officer"], at=LATER)
    finish_step(REPAIR_SUBJECT, repair.pk, "decide", "deny", actor=office["approver"], at=LATER)
    record.refresh_from_db()
    assert record.in_use and record.publicity == "public"
    again = applied(owner, record)
    assert again.state == "open"


@pytest.mark.parametrize(
    ("on", "rule", "repair_from"),
    [
        ("2026/03/31", "publicity.penalty", date(2026, 7, 1)),  # the trial rules: three months
        ("2026/04/01", "publicity.penalty", date(2026, 7, 2)),
        ("2026/03/31", "publicity.penalty_market", date(2026, 10, 1)),  # six under this one
    ],
)
def test_the_least_term_is_that_of_the_rule_in_force_on_the_date_of_the_fact(
    on: str, rule: str, repair_from: date
) -> None:
    make_office()
    owner, record = fined(on, rule, "罚款")
    day_before = datetime(repair_from.year, repair_from.month, repair_from.day, tzinfo=UTC)
    with pytest.raises(TooEarlyToRepair) as refused:
        applied(owner, record, at=day_before - timedelta(days=1))
    assert refused.value.facts["repair_from"] == repair_from.isoformat()
    assert applied(owner, record, at=day_before).repair_from == repair_from


def test_a_heavy_penalty_of_market_regulation_is_not_repaired() -> None:
    make_office()
    owner, record = fined("2026/03/31", "publicity.penalty_market", "罚款;吊销许可证件")
    with pytest.raises(NeverRepairable):
        applied(owner, record)
    assert not Repair.objects.exists()


def fined(on: str, rule: str, categories: str) -> tuple[Actor, CreditRecord]:
    """A firm with a general or serious penalty decided on a day, under a rule of publicity."""
    source = make_source(rule=rule)
    leader = make_person("周演示")
    firm = make_organisation(leader)
    row = penalty_row(
        source,
        CF_XDR_SHXYM=firm.registration_number,
        CF_CFLB=categories,
        CF_NR_FK="10",
        CF_JDRQ=on,
    )
    return make_person_actor(leader, organisation=firm), deliver(source, row)


def test_an_agent_of_the_firm_acts_for_it_and_a_limited_one_does_not() -> None:
    make_office()
    owner, record = firm_and_record()
    agent = replace(make_person_actor(make_person("何代办")), principal=owner.principal)
    made = objected(agent, record)
    assert made.opened_by == agent.name != owner.name
    assert access.own_appeal(owner, Objection, made.pk).pk == made.pk
    limited = replace(agent, matter_codes=frozenset({"440106-1"}))
    with pytest.raises(RecordNotFound):
        objected(limited, record)


def test_no_second_objection_or_repair_through_a_corrected_version() -> None:
    office = make_office()
    owner, record = firm_and_record()
    objection = objected(owner, record)
    step = partial(finish_step, OBJECTION_SUBJECT, objection.pk, at=NOW)
    step("forward", "forward", actor=office["officer"])
    step(
        "verify",
        "amend",
        actor=office["reporter"],
        form={"changes": {"title": "更正后的标题"}},
    )
    current = CreditRecord.objects.get(series=record.series, is_current=True)
    assert current.pk != record.pk
    with pytest.raises(AppealOpen):
        objected(owner, current)
    step("reply", "answer", actor=office["officer"])
    current.refresh_from_db()
    applied(owner, current)
    services.correct_record(
        actor=office["reporter"],
        record_id=current.pk,
        changes={"title": "再次更正"},
        reason="笔误",
        at=LATER,
    )
    with pytest.raises(AppealOpen):
        applied(owner, CreditRecord.objects.get(series=record.series, is_current=True))


@pytest.mark.django_db(transaction=True)
def test_two_decisions_on_one_objection_at_once_are_one() -> None:
    office = make_office()
    owner, record = firm_and_record()
    objection = objected(owner, record)
    finish_step(
        OBJECTION_SUBJECT, objection.pk, "forward", "forward", actor=office["officer"], at=NOW
    )
    task = next(t for t in workflow.tasks_of(objection.instance_id) if t.is_open)  # type: ignore[arg-type]

    def decide(outcome: str) -> object:
        return workflow_services.complete_task(
            actor=office["reporter"], task_id=task.pk, outcome=outcome, opinion="核查", at=NOW
        )

    results = race([partial(decide, "keep"), partial(decide, "revoke")])
    assert sorted(type(r).__name__ for r in results)[-1] in {"TaskAlreadyDone", "NotFound"}
    record.refresh_from_db()
    outcome = workflow.instance_of(OBJECTION_SUBJECT, objection.pk).variables["verify_outcome"]
    assert record.in_use == (outcome == "keep")


@pytest.mark.django_db(transaction=True)
def test_two_objections_at_once_are_one() -> None:
    make_office()
    owner, record = firm_and_record()
    send = partial(objected, owner, record, files=[])
    results = race([send, send])
    assert len([r for r in results if isinstance(r, AppealOpen)]) == 1
    assert Objection.objects.count() == 1
