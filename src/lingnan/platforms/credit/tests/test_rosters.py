"""Nobody is put on a roster except by procedure; measures come and go with the entry."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import deliver_all, race
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.adapters.folder import FolderStore
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.identity.types import SelfApproval
from lingnan.platforms.messaging.models import Message
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.errors import OwnSubmission
from lingnan.platforms.workflow.types import ActionCall
from lingnan.standards.agencies.testing import make_agency

from .. import access, queries, services
from ..errors import (
    EntryExists,
    EntryNotFound,
    EvidenceMissing,
    FactsMissing,
    HearingOpen,
    MeasureLifted,
    MeasureNotFound,
    RosterNotFor,
    RosterUnknown,
    StatementClosed,
    SubjectNotFound,
)
from ..models import CreditRecord, JointMeasure, RosterEntry
from ..services import rosters
from ..testing import NOW, deliver, finish_step, make_office, make_source, penalty_row
from ..types import ROSTER_SUBJECT

pytestmark = pytest.mark.django_db
AFTER = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)  # the fifth working day was 30 November
YEAR_ON = datetime(2027, 12, 3, 1, 0, tzinfo=UTC)


def firm_and_record() -> tuple[Actor, CreditRecord]:
    source = make_source()
    leader = make_person("周演示")
    firm = make_organisation(leader)
    row = penalty_row(
        source,
        CF_XDR_SHXYM=firm.registration_number,
        CF_XDR_MC=firm.name,
        CF_CFLB="罚款;责令停产停业",
    )
    return make_person_actor(leader, organisation=firm), deliver(source, row)


def lead(officer: Actor, record: CreditRecord, **changed: object) -> RosterEntry:
    given = {
        "actor": officer,
        "subject_id": record.subject_id,
        "roster": "market_serious",
        "facts": "当事人被责令停产停业，情节严重",
        "evidence_ids": [record.pk],
        "at": NOW,
        **changed,
    }
    return services.open_lead(**given)  # type: ignore[arg-type]


def listed(office: dict[str, Actor], record: CreditRecord) -> RosterEntry:
    entry = lead(office["officer"], record)
    step = partial(finish_step, ROSTER_SUBJECT, entry.pk)
    step("notice", "notify", actor=office["officer"], at=NOW)
    workflow.fire_due_timers(AFTER)
    step("review", "propose", actor=office["officer"], at=AFTER)
    step("decide", "list", actor=office["approver"], at=AFTER)
    entry.refresh_from_db()
    return entry


def test_the_whole_way_from_lead_to_expiry() -> None:
    office = make_office()
    owner, record = firm_and_record()
    entry = listed(office, record)
    assert (entry.state, entry.until) == ("listed", date(2029, 12, 2))
    assert entry.decision_number.startswith("440106信列〔2026〕")
    held = {(m.kind.code, m.agency_name[-5:]) for m in JointMeasure.objects.select_related("kind")}
    assert {code for code, _name in held} == {
        "licence_strict",
        "inspect_more",
        "bid_ban",
        "honour_limit",
    }
    event = OutboxEvent.objects.get(name="credit.subject_listed")
    assert event.payload["roster"] == "market_serious"
    pushed = Message.objects.filter(template="credit.measure_pushed")
    assert pushed.filter(officer_id=office["reporter"].officer_id).exists()
    told = Message.objects.filter(organisation_id=owner.principal.id)  # type: ignore[union-attr]
    assert set(told.values_list("template", flat=True)) == {
        "credit.roster_notice",
        "credit.roster_listed",
    }
    on = AFTER.date()
    assert queries.listed_entries(on=on, roster="market_serious").items == [entry]
    standing = queries.standing_of(record.subject, on=on)
    assert len(standing.restrictions) == JointMeasure.objects.count()
    assert standing.rosters == ("市场监督管理严重违法失信名单",)
    # the query ends by the date even before the process does
    assert not queries.listed_entries(on=date(2029, 12, 2), roster="market_serious").items
    assert not queries.standing_of(record.subject, on=date(2029, 12, 2)).measures
    workflow.fire_due_timers(datetime(2029, 12, 2, 1, 0, tzinfo=UTC))
    entry.refresh_from_db()
    assert (entry.state, entry.end_reason) == ("removed", "expired")
    assert not JointMeasure.objects.filter(state="in_force").exists()
    assert [p.kind for p in entry.papers.order_by("dated_at")] == ["notice", "decision", "removal"]


def test_the_papers_are_made_by_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path)
    monkeypatch.setattr(documents, "content_store", lambda: store)
    office = make_office()
    owner, record = firm_and_record()
    entry = listed(office, record)
    deliver_all()
    paper = entry.papers.get(kind="decision")
    assert paper.pdf_file_id and paper.ofd_file_id
    assert documents.read_file(paper.pdf_file_id).startswith(b"%PDF")
    services.make_paper_files(paper.pk, at=AFTER)  # again changes nothing
    again = entry.papers.get(kind="decision")
    assert again.pdf_file_id == paper.pdf_file_id
    assert access.can_read_entry_file(owner, entry.pk)
    assert not access.can_read_entry_file(make_person_actor(), entry.pk)


def test_a_statement_brings_the_review_at_once_and_only_once() -> None:
    office = make_office()
    owner, record = firm_and_record()
    entry = lead(office["officer"], record)
    say = partial(services.make_statement, entry_id=entry.pk, text="我们已经整改", at=NOW)
    with pytest.raises(EntryNotFound):
        say(actor=owner)  # not told yet: to him it does not exist
    finish_step(ROSTER_SUBJECT, entry.pk, "notice", "notify", actor=office["officer"], at=NOW)
    with pytest.raises(EntryNotFound):
        say(actor=make_person_actor())
    assert say(actor=owner).stated_at == NOW
    with pytest.raises(StatementClosed):
        say(actor=owner)
    finish_step(ROSTER_SUBJECT, entry.pk, "review", "propose", actor=office["officer"], at=NOW)
    finish_step(ROSTER_SUBJECT, entry.pk, "decide", "decline", actor=office["approver"], at=NOW)
    entry.refresh_from_db()
    assert entry.state == "declined"
    assert not JointMeasure.objects.exists()
    assert not OutboxEvent.objects.filter(name="credit.subject_listed").exists()


def test_no_decision_before_the_subject_was_heard() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    entry = lead(office["officer"], record)
    call = ActionCall(
        instance_id=entry.instance_id or uuid4(),
        subject_kind=ROSTER_SUBJECT,
        subject_id=entry.pk,
        variables={},
        actor=SYSTEM,
        at=NOW,
        step_id="list",
    )
    with pytest.raises(HearingOpen), transaction.atomic():
        rosters.act_list(call)
    finish_step(ROSTER_SUBJECT, entry.pk, "notice", "notify", actor=office["officer"], at=NOW)
    with pytest.raises(HearingOpen), transaction.atomic():
        rosters.act_list(call)
    with pytest.raises(IntegrityError), transaction.atomic():
        RosterEntry.objects.filter(pk=entry.pk).update(state="listed")


def test_a_lead_needs_facts_evidence_and_the_right_agency() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    _other, foreign = firm_and_record()
    officer = office["officer"]
    with pytest.raises(FactsMissing):
        lead(officer, record, facts=" ")
    with pytest.raises(EvidenceMissing):
        lead(officer, record, evidence_ids=[])
    with pytest.raises(EvidenceMissing):
        lead(officer, record, evidence_ids=[foreign.pk])
    with pytest.raises(RosterUnknown):
        lead(officer, record, roster="invented")
    with pytest.raises(SubjectNotFound):
        lead(officer, record, subject_id=uuid4())
    housing = make_officer_actor("credit_officer", agency_id=make_agency("housing").id)
    with pytest.raises(RosterNotFor):
        lead(housing, record)
    assert not RosterEntry.objects.exists()
    lead(officer, record)
    with pytest.raises(EntryExists):
        lead(officer, record)
    assert RosterEntry.objects.count() == 1


def test_who_opened_the_lead_does_not_decide_and_its_subject_does_not_work_on_it() -> None:
    office = make_office()
    owner, record = firm_and_record()
    both = make_officer_actor("credit_approver", agency_id=make_agency().id)
    entry = lead(office["officer"], record)
    RosterEntry.objects.filter(pk=entry.pk).update(opened_by="x")
    finish_step(ROSTER_SUBJECT, entry.pk, "notice", "notify", actor=office["officer"], at=NOW)
    workflow.fire_due_timers(AFTER)
    finish_step(ROSTER_SUBJECT, entry.pk, "review", "propose", actor=office["officer"], at=AFTER)
    opener = replace(both, account_id=office["officer"].account_id)
    with pytest.raises(OwnSubmission):
        finish_step(ROSTER_SUBJECT, entry.pk, "decide", "list", actor=opener, at=AFTER)
    leader = replace(both, person_id=owner.person_id)
    with pytest.raises(SelfApproval):
        finish_step(ROSTER_SUBJECT, entry.pk, "decide", "list", actor=leader, at=AFTER)


def test_revoking_lifts_the_measures_and_feedback_is_counted() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    entry = listed(office, record)
    reporter = office["reporter"]
    feed = queries.measure_feed(reporter)
    mine = feed.items[0]
    give = partial(services.give_feedback, actor=reporter, measure_id=mine.pk, at=AFTER)
    give(action="applied", reference="440106-1")
    give(action="no_case")
    mine.refresh_from_db()
    assert mine.feedback_count == mine.feedback.count() == 2
    elsewhere = make_officer_actor("credit_reporter", agency_id=make_agency("housing").id)
    with pytest.raises(MeasureNotFound):
        give(
            actor=make_officer_actor("credit_reporter", agency_id=make_agency("fire").id),
            action="applied",
        )
    assert {m.agency_id for m in queries.measure_feed(elsewhere).items} == {elsewhere.agency_id}
    services.revoke_entry(
        actor=office["approver"], entry_id=entry.pk, reason="复议撤销", at=YEAR_ON
    )
    entry.refresh_from_db()
    assert (entry.state, entry.end_reason) == ("removed", "revoked")
    with pytest.raises(MeasureLifted):
        give(action="applied")
    with pytest.raises(EntryNotFound):
        services.revoke_entry(
            actor=office["approver"], entry_id=entry.pk, reason="再次", at=YEAR_ON
        )
    changed = queries.measure_feed(reporter).items
    assert {m.state for m in changed} == {"lifted"}
    assert OutboxEvent.objects.filter(name="credit.subject_removed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_are_one() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    begin = partial(lead, office["officer"], record)
    results = race([begin, begin])
    assert len([r for r in results if isinstance(r, EntryExists)]) == 1
    assert RosterEntry.objects.count() == 1


def test_the_feed_goes_on_from_its_cursor() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    listed(office, record)
    reporter = office["reporter"]
    first = queries.measure_feed(reporter, limit=1)
    rest = queries.measure_feed(reporter, cursor=first.next_cursor, limit=50)
    everything = {m.pk for m in queries.measure_feed(reporter).items}
    assert {m.pk for m in [*first.items, *rest.items]} == everything
