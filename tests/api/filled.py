"""What identity and credit hold in the world of these tests, so that not all is "not found".

The keys are the parameter and the part of the path before it ("rules/code"); "resident:" before
it is for whom the row must belong to the one who asks.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.platforms.credit import queries as credit_queries
from lingnan.platforms.credit import services as credit
from lingnan.platforms.credit.testing import (
    deliver,
    make_office,
    make_source,
    penalty_row,
    person_row,
)
from lingnan.platforms.documents.testing import png
from lingnan.platforms.identity import queries as identity_queries
from lingnan.platforms.identity import services as identity
from lingnan.platforms.identity.testing import (
    make_account,
    make_officer,
    make_person,
    make_person_actor,
)
from lingnan.platforms.workflow import services as workflow

EVIDENCE = [credit.Evidence("证据.png", png())]


def fill(*, resident: Actor, officer: Actor) -> dict[str, str]:
    """Ids by the parameter they fit."""
    return {**_identity(resident, officer), **_credit(resident, officer)}


def _identity(resident: Actor, officer: Actor) -> dict[str, str]:
    at, today = clock.now(), clock.today()
    colleague = make_officer("approver")
    other = make_person("何代办")
    other_account = make_account(other)
    assert resident.person_id is not None
    details = identity_queries.person(resident.person_id)
    grants = apps.get_model("identity", "RoleGrant").objects

    def given_to(agent: Any, actor: Actor) -> str:
        mandate = identity.give_mandate(
            actor=actor,
            agent_name=agent.name,
            agent_document_type=agent.document_type,
            agent_document_number=agent.document_number,
            relation="relative",
            kinship="child",
            item_codes=(),
            valid_from=today,
            valid_until=today + timedelta(days=30),
            at=at,
        )
        return str(mandate.pk)

    offer = identity.offer_post(
        actor=officer,
        name=other.name,
        agency_id=colleague.agency_id,
        username=other_account.username,
        at=at,
    )
    own = identity_queries.account_card(resident.account_id) if resident.account_id else None
    assert own is not None
    own_offer = identity.offer_post(
        actor=officer,
        name=details.name,
        agency_id=colleague.agency_id,
        username=own.username,
        at=at,
    )
    proposal = identity.propose_role(
        actor=officer,
        officer_id=colleague.pk,
        role="window_clerk",
        reason="人手不足",
        agency_id=colleague.agency_id,
        at=at,
    )
    given_to(details, make_person_actor(other))
    received = given_to(identity_queries.person(other.pk), resident)
    return {
        "officers/officer_id": str(colleague.pk),
        "grants/grant_id": str(grants.get(officer=colleague).pk),
        "mandates/mandate_id": received,
        "post-offers/offer_id": str(offer.pk),
        "resident:post-offers/offer_id": str(own_offer.pk),
        "role-proposals/proposal_id": str(proposal.pk),
        "rules/code": "levels",
        "linked-accounts/provider": "wechat",
        "outside-sessions/provider": "wechat",
    }


def _credit(resident: Actor, officer: Actor) -> dict[str, str]:
    at = clock.now()
    assert resident.person_id is not None
    details = identity_queries.person(resident.person_id)
    make_office()
    source = make_source(at=at)
    firm = deliver(source, penalty_row(source, CF_CFLB="罚款;责令停产停业"), at=at)
    own = deliver(source, person_row(source, name=details.name, number=details.document_number))
    second = deliver(source, person_row(source, name=details.name, number=details.document_number))
    objection = credit.open_objection(
        actor=resident, record_id=own.pk, ground="wrong", text="有误", files=EVIDENCE, at=at
    )
    complaint = credit.make_complaint(
        actor=resident, subject_id=firm.subject_id, text="收款不开业", files=EVIDENCE, at=at
    )
    commitment = credit.make_commitment(
        actor=officer,
        subject=own.subject,
        agency_id=source.agency_id,
        title="告知承诺",
        text="承诺三十日内补齐材料。",
        text_version="2026-1",
        case_kind="test.case",
        case_id=UUID(int=7),
        case_number="440106-7",
        check_due_on=date(2026, 11, 30),
        at=at,
    )
    entry = credit.open_lead(
        actor=officer,
        subject_id=firm.subject_id,
        roster="market_serious",
        facts="情节严重",
        evidence_ids=[firm.pk],
        at=at,
    )
    report = credit.make_report(
        actor=officer, subject_id=firm.subject_id, purpose="办理许可核查", at=at
    )
    own_report = credit.make_report(actor=resident, purpose="求职", at=at)
    rule = credit_queries.rule_file("rule", "publicity.penalty").newest
    proposal = credit.propose_rule(
        actor=officer,
        kind="rule",
        code="publicity.penalty",
        version="2027",
        source="测试",
        effective_from=clock.today() + timedelta(days=60),
        content={**rule.content},
        reason="测试",
        at=at,
    )
    workflow.fire_due_timers(at)
    batches = apps.get_model("credit", "IntakeBatch").objects
    return {
        "subjects/subject_id": str(firm.subject_id),
        "archives/subject_id": str(firm.subject_id),
        "decisions/record_id": str(firm.pk),
        "records/record_id": str(firm.pk),
        "resident:records/record_id": str(second.pk),
        "objections/appeal_id": str(objection.pk),
        "complaints/complaint_id": str(complaint.pk),
        "commitments/commitment_id": str(commitment.pk),
        "entries/entry_id": str(entry.pk),
        "reports/report_id": str(report.pk),
        "resident:reports/report_id": str(own_report.pk),
        "report-checks/number": report.number,
        "rule-proposals/proposal_id": str(proposal.pk),
        "batches/batch_id": str(batches.filter(source=source).values_list("pk", flat=True)[0]),
        "rosters/roster": "market_serious",
        "figures/code": "records_kept",
    }
