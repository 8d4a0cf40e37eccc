"""Everything of one person and one agency, made by the modules' own builders, and who asks for it.

Every text a person or an officer may write is `text`, so that the same world serves two questions:
who sees it (`test_strangers`), and in which shape it comes out (`test_markup`).
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from lingnan.applications.government_services import services as cases
from lingnan.applications.government_services.testing import (
    ANSWERS,
    Setting,
    make_case,
    make_setting,
    upload,
)
from lingnan.kernel import clock, permissions
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.tables import write_csv
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.credit import queries as credit_queries
from lingnan.platforms.credit import services as credit
from lingnan.platforms.credit.testing import (
    deliver,
    finish_step,
    make_office,
    make_source,
    penalty_row,
    person_row,
)
from lingnan.platforms.credit.types import ROSTER_SUBJECT
from lingnan.platforms.documents.testing import png
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import services as identities
from lingnan.platforms.identity.sso.testing import Asking, make_client
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    resident_number,
)
from lingnan.platforms.messaging.testing import make_message
from lingnan.platforms.payment import services as payment
from lingnan.platforms.payment.adapters.base import StatementLine
from lingnan.platforms.payment.testing import make_bill
from lingnan.platforms.payment.types import FeeRule, Source
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.matters import services as matters

from .base import ELSEWHERE, EVERYTHING, PROVINCE, World, rows
from .world_licences import credentials_of, licences_of, seals_of, stock_of


def make_world(text: str) -> World:
    """One of each thing that has an address, and those who may and may not see it."""
    world = World()
    _people(world, text)
    setting = _cases(world, text)
    licences_of(world, setting, text)
    seals_of(world, setting, text)
    stock_of(world, setting, text)
    credentials_of(world, text)
    _payment(world, setting, text)
    _credit(world, text)
    _identity(world, text)
    _workflow(world, setting, text)
    _matters(world, setting, text)
    return world


def _everything() -> None:
    rows("identity", "Role").create(
        code=EVERYTHING,
        name={"en": "Everything", "zh-hans": "全部"},
        permissions=sorted(permissions.declared()),
    )


def _officer_of_all(agency_id: UUID, *, name: str) -> Actor:
    """Every right there is, in his agency and in the whole province."""
    made = make_officer_actor(EVERYTHING, agency_id=agency_id, name=name)
    assert made.officer_id is not None
    identities.grant_role(
        actor=SYSTEM,
        officer_id=made.officer_id,
        role=EVERYTHING,
        agency_id=None,
        region_code=PROVINCE,
        at=clock.now(),
    )
    return identity.actor_of_officer(made.officer_id)


def _people(world: World, text: str) -> None:
    identities.ensure_roles()
    _everything()
    for kind in ("market_supervision", "development_reform", "finance", "emergency", "housing"):
        make_agency(kind)
    make_office()
    person = make_person(f"陈{text}"[:100], phone="13800000001")
    firm = make_organisation(person, name=f"演示公司{text}"[:100])
    world.know("owner", make_person_actor(person))
    world.know("firm", make_person_actor(person, organisation=firm))
    other = make_person("何邻居")
    world.know("other person", make_person_actor(other))
    neighbour = make_organisation(make_person("吴邻居"), name="邻居公司")
    world.know(
        "other firm",
        make_person_actor(neighbour.legal_representative, organisation=neighbour),
    )
    market = make_agency()
    world.know("officer", _officer_of_all(market.id, name=f"张{text}"))
    world.know("second officer", _officer_of_all(market.id, name=f"赵{text}"))
    fire = make_agency("fire")
    world.know("other agency", make_officer_actor(EVERYTHING, agency_id=fire.id, name="邻局"))
    world.know(
        "other region",
        make_officer_actor(
            EVERYTHING,
            agency_id=make_agency("housing", ELSEWHERE).id,
            region_code=ELSEWHERE,
            name="邻市",
        ),
    )
    world.ids |= {
        "organisation": str(firm.pk),
        "agency": str(market.id),
        "person": str(person.pk),
    }


def _cases(world: World, text: str) -> Setting:
    owner, at = world.actors["owner"], clock.now()
    setting = make_setting(with_fee=True)
    for who in ("clerk", "handler", "approver"):
        world.know(who, getattr(setting, who))
    data = {**ANSWERS, "place": f"中山一路{text}", "applicant_name": f"陈{text}"}
    case = make_case(setting, actor=owner, data=data)
    asked = make_case(setting, actor=owner, data=data)
    notified = make_case(setting, actor=owner, data=data)
    at = clock.now()
    cases.accept_case(actor=setting.clerk, case_id=notified.pk, at=at)
    free = make_setting()
    concluded = make_granted_case_for(free, owner, data)
    at = clock.now()
    cases.rate_case(actor=owner, case_id=concluded.pk, level=5, text=f"不满意{text}", at=at)
    draft = cases.open_draft(actor=owner, item_code=setting.item.code31, at=at)
    cases.save_draft(actor=owner, draft_id=draft.pk, data=data, at=at)
    cases.publish_theme(
        content={
            "code": "start",
            "title": {"zh-hans": f"企业开办{text}", "en": "Start a business"},
            "questions": {
                "type": "object",
                "properties": {
                    "food": {"type": "boolean", "x-title": {"zh-hans": "食品", "en": "Food"}}
                },
            },
            "children": [{"key": "first", "item_code": setting.item.code31}],
        },
        actor=SYSTEM,
        at=at,
    )
    joint_draft = cases.open_joint_draft(
        actor=owner, theme_code="start", scenario={"food": True}, at=at
    )
    joint = cases.submit_joint_case(
        actor=owner,
        theme_code="start",
        scenario={"food": True},
        data=data,
        given=[upload(setting, actor=owner)],
        at=at,
    )
    page = world.page("owner").get(f"/joint-drafts/{joint_draft.pk}/")
    deliver_all()
    notice = rows("government_services", "Notice").filter(case=notified).first()
    material = rows("government_services", "CaseMaterial").filter(case=case)
    first = material.first()
    world.ids |= {
        "case": str(case.pk),
        "accepted case": str(notified.pk),
        "asked case": str(asked.pk),
        "concluded case": str(concluded.pk),
        "draft": str(draft.pk),
        "joint draft": str(joint_draft.pk),
        "joint case": str(joint.pk),
        "notice": str(notice.pk),
        "material": str(first.pk),
        "file": str(first.file_id),
        "item": setting.item.code31,
        "theme": "start",
        "joint page": page["Location"].rstrip("/").rpartition("/")[2],
    }
    return setting


def make_granted_case_for(setting: Setting, owner: Actor, data: dict[str, Any]) -> Any:
    case = make_case(setting, actor=owner, data=data)
    at = clock.now()
    cases.accept_case(actor=setting.clerk, case_id=case.pk, at=at)
    cases.review_case(actor=setting.handler, case_id=case.pk, at=at)
    return cases.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=at)


def _payment(world: World, setting: Setting, text: str) -> None:
    owner, officer, at = world.actors["owner"], world.actors["officer"], clock.now()
    card = identity.person(owner.person_id)

    def bill() -> Any:
        return make_bill(payer_id=card.id, payer_name=card.name, agency_id=setting.agency_id, at=at)

    unpaid, paid = bill(), bill()
    payment.collect_at_counter(actor=officer, bill_id=paid.pk, slip=f"凭条{text}"[:30], at=at)
    deliver_all()
    receipt = rows("payment", "FiscalReceipt").get(bill=paid)
    refund = payment.apply_refund(
        actor=officer, bill_id=paid.pk, amount_fen=400, reason=f"多收{text}", at=at
    )
    day = payment.business_day("counter", clock.today() - timedelta(days=1))
    payment.import_lines(
        day.pk,
        source=Source.CHANNEL,
        name=f"对账{text}.csv",
        lines=[
            StatementLine(
                order_number="LN1",
                channel_transaction=f"T{text}"[:60],
                amount_fen=1000,
                at=at - timedelta(days=1),
            )
        ],
        actor=SYSTEM,
        at=at,
    )
    payment.compare_day(day.pk, actor=SYSTEM, at=at)
    difference = rows("payment", "Difference").get(day=day)
    draft = payment.propose_rule(
        actor=world.actors["second officer"],
        code="T-1",
        content=FeeRule(
            name=f"测试费{text}",
            kind="administrative",
            unit="份",
            unit_price_fen=500,
            legal_basis=f"测试{text}",
        ),
        effective_from=clock.today() + timedelta(days=1),
        at=at,
    )
    world.ids |= {
        "bill": str(unpaid.pk),
        "paid bill": str(paid.pk),
        "receipt number": receipt.number,
        "refund": str(refund.pk),
        "day": str(day.pk),
        "difference": str(difference.pk),
        "rule draft": str(draft.pk),
    }
    _results(world, paid.pk, text)


def _results(world: World, bill_id: UUID, text: str) -> None:
    """A system that was told a result once; ended, so that no test sends anything outside."""
    officer, at = world.actors["officer"], clock.now()
    path = "".join(c for c in text if c.isascii() and c.isprintable() and c not in " \\#")
    endpoint, _key = payment.register_endpoint(
        actor=officer,
        agency_id=rows("payment", "Bill").get(pk=bill_id).collecting_agency_id,
        url=f"https://1.1.1.1/?{path}"[:400],
        at=at,
    )
    payment.queue_result(event="payment.bill_settled", event_id=uuid4(), bill_id=bill_id, at=at)
    payment.end_endpoint(actor=officer, endpoint_id=endpoint.pk, at=at)
    world.ids |= {
        "result endpoint": str(endpoint.pk),
        "result": str(rows("payment", "ResultDelivery").get(endpoint=endpoint).pk),
    }


def _credit(world: World, text: str) -> None:
    firm, officer = world.actors["firm"], world.actors["officer"]
    at, now = clock.now(), clock.today()
    source = make_source()
    card = identity.organisation(UUID(world.ids["organisation"]))
    on = f"{now - timedelta(days=7):%Y/%m/%d}"
    row = {
        "CF_XDR_MC": card.name,
        "CF_XDR_SHXYM": card.registration_number,
        "CF_CFLB": "罚款;责令停产停业",
        "CF_SY": f"经查{text}",
        "CF_WFXW": f"违法{text}",
        "CF_JDRQ": on,
    }
    record = deliver(source, penalty_row(source, **row), at=at)
    second = deliver(source, penalty_row(source, **row), at=at)
    entry = credit.open_lead(
        actor=officer,
        subject_id=record.subject_id,
        roster="market_serious",
        facts=f"情节严重{text}",
        evidence_ids=[record.pk],
        at=at,
    )
    finish_step(ROSTER_SUBJECT, entry.pk, "notice", "notify", actor=SYSTEM, at=at)
    listed = _listed(officer, record)
    proof = credit.Evidence(f"凭证{text}.png", png())
    objection = credit.open_objection(
        actor=firm, record_id=record.pk, ground="wrong", text=f"有误{text}", files=[proof], at=at
    )
    earlier = at - timedelta(days=400)
    old = deliver(
        source,
        penalty_row(
            source,
            **{**row, "CF_CFLB": "罚款", "CF_JDRQ": f"{earlier:%Y/%m/%d}"},
        ),
        at=earlier,
    )
    repair = credit.apply_for_repair(
        actor=firm,
        record_id=old.pk,
        text=f"已整改{text}",
        promised_version=credit.PROMISE.version,
        files=[proof],
        at=at,
    )
    commitment = credit.make_commitment(
        actor=SYSTEM,
        subject=record.subject,
        agency_id=source.agency_id,
        title=f"告知承诺{text}"[:100],
        text=f"承诺{text}",
        text_version="2026-1",
        case_kind="test.case",
        case_id=uuid4(),
        case_number="T-7",
        check_due_on=now + timedelta(days=30),
        at=at,
    )
    report = credit.make_report(actor=firm, purpose=f"招标{text}", at=at)
    officers_report = credit.make_report(
        actor=officer, subject_id=record.subject_id, purpose=f"核查{text}", at=at
    )
    deliver_all()
    batch = rows("credit", "IntakeBatch").filter(source=source).first()
    alert = rows("credit", "Alert").first()
    world.ids |= {
        "subject": str(record.subject_id),
        "record": str(second.pk),
        "entry": str(entry.pk),
        "listed entry": str(listed.pk),
        "objection": str(objection.pk),
        "repair": str(repair.pk),
        "commitment": str(commitment.pk),
        "report": str(report.pk),
        "officers report": str(officers_report.pk),
        "credit batch": str(batch.pk),
        "alert": str(alert.pk),
    }
    _personal_credit(world, source, text)


def _listed(officer: Actor, record: Any) -> Any:
    """An entry whose procedure is over: told two months ago, and decided now."""
    at, earlier = clock.now(), clock.now() - timedelta(days=60)
    entry = credit.open_lead(
        actor=officer,
        subject_id=record.subject_id,
        roster="safety_serious",
        facts="情节严重",
        evidence_ids=[record.pk],
        at=earlier,
    )
    finish_step(ROSTER_SUBJECT, entry.pk, "notice", "notify", actor=SYSTEM, at=earlier)
    workflow.fire_due_timers(at)
    finish_step(ROSTER_SUBJECT, entry.pk, "review", "propose", actor=SYSTEM, at=at)
    finish_step(ROSTER_SUBJECT, entry.pk, "decide", "list", actor=SYSTEM, at=at)
    return entry


def _personal_credit(world: World, source: Any, text: str) -> None:
    owner, officer, at = world.actors["owner"], world.actors["officer"], clock.now()
    number = identity.person(owner.person_id).document_number
    record = deliver(
        source,
        person_row(
            source,
            number=number,
            name=f"陈{text}"[:50],
            CF_JDRQ=f"{clock.today() - timedelta(days=7):%Y/%m/%d}",
        ),
        at=at,
    )
    consent = credit.give_consent(
        actor=owner,
        agency_id=officer.agency_id,
        purpose=f"核查{text}",
        until=clock.today() + timedelta(days=60),
        at=at,
    )
    entry = rows("credit", "RosterEntry").get(pk=world.ids["entry"])
    credit.evaluate_subject(UUID(world.ids["subject"]), at=at)
    measure = rows("credit", "JointMeasure").create(
        entry=entry,
        subject=entry.subject,
        kind=rows("credit", "MeasureKind").first(),
        agency_id=officer.agency_id,
        agency_name="演示局",
        region_path=entry.region_path,
        pushed_at=at,
        changed_at=at,
        until=clock.today() + timedelta(days=300),
    )
    complaint = credit.make_complaint(
        actor=owner,
        subject_id=UUID(world.ids["subject"]),
        text=f"失约{text}",
        files=[credit.Evidence(f"合同{text}.png", png())],
        at=at,
    )
    file = credit_queries.rule_file("rule", "objection")
    proposal = credit.propose_rule(
        actor=world.actors["second officer"],
        kind="rule",
        code="objection",
        version="T-2",
        source=f"测试{text}",
        effective_from=clock.today() + timedelta(days=30),
        content=file.newest.content,
        reason=f"测试{text}",
        at=at,
    )
    world.ids |= {
        "credit rule proposal": str(proposal.pk),
        "complaint": str(complaint.pk),
        "person subject": str(record.subject_id),
        "person record": str(record.pk),
        "credit consent": str(consent.pk),
        "measure": str(measure.pk),
    }


def _identity(world: World, text: str) -> None:
    firm, owner, at = world.actors["firm"], world.actors["owner"], clock.now()
    agent = make_person(f"代办{text}"[:100])
    world.know("agent", make_person_actor(agent))
    number = identity.person(agent.pk).document_number
    mandate = identities.give_mandate(
        actor=owner,
        agent_name=agent.name,
        agent_document_type="resident_id",
        agent_document_number=number,
        relation="relative",
        item_codes=[],
        valid_from=clock.today(),
        valid_until=clock.today() + timedelta(days=30),
        at=at,
    )
    token = identities.make_api_token(
        actor=owner, name=f"脚本{text}"[:100], scopes=["licences"], days=30, at=at
    )
    session = rows("identity", "Session").filter(account_id=owner.account_id)
    client = make_client(
        owner=firm,
        name=f"平台{text}"[:80],
        purposes={"profile": f"用途{text}"},
    )
    waiting = make_client(owner=world.actors["keeper"], name=f"机关{text}"[:80], approved=False)
    Asking(client).code(world.page("owner"))
    attempt = identities.start_proof(actor=owner, method="sms_code", at=at)
    consent = rows("identity", "Consent").first()
    member = make_officer_actor(
        "case_handler", agency_id=UUID(world.ids["agency"]), name=f"王{text}"
    )
    assert member.officer_id is not None
    grant = rows("identity", "RoleGrant").get(officer_id=member.officer_id)
    proposal = identities.propose_role(
        actor=world.actors["second officer"],
        officer_id=member.officer_id,
        role="approver",
        reason=f"需要{text}",
        agency_id=UUID(world.ids["agency"]),
        at=at,
    )
    message = make_message(person_id=owner.person_id, at=at)
    _keys_and_checks(world, text)
    world.ids |= {
        "mandate": str(mandate.pk),
        "agents number": number,
        "token": str(token.token_id),
        "session": str(session.latest("created_at").pk),
        "program": str(client.row.pk),
        "waiting program": str(waiting.row.pk),
        "proof": str(attempt.attempt_id),
        "program consent": str(consent.pk),
        "colleague": str(member.officer_id),
        "grant": str(grant.pk),
        "role proposal": str(proposal.pk),
        "message": str(message.pk),
    }


def _named(person_id: UUID) -> identities.Named:
    card = identity.person(person_id)
    return identities.Named(
        name=card.name, document_type=card.document_type, document_number=card.document_number
    )


def _keys_and_checks(world: World, text: str) -> None:
    """A passkey, a certificate, and a check at a window of the agency by one of its clerks."""
    owner, agency, at = world.actors["owner"], UUID(world.ids["agency"]), clock.now()
    passkey = rows("identity", "Passkey").create(
        account_id=owner.account_id,
        credential_id="AAAA",
        public_key="AAAA",
        name=f"手机{text}"[:60],
        created_at=at,
    )
    certificate = rows("identity", "HolderCertificate").create(
        account_id=owner.account_id,
        fingerprint="0" * 64,
        der_sealed="-",
        issuer=f"演示机构{text}"[:300],
        serial_number="1",
        not_after=at + timedelta(days=365),
        created_at=at,
    )
    linked = rows("identity", "LinkedAccount").create(
        account_id=owner.account_id,
        provider="wechat",
        subject_index="0" * 64,
        nickname=f"微{text}"[:64],
        created_at=at,
    )
    provider = rows("identity", "UpstreamProvider").create(
        code=f"p{owner.account_id.hex[-12:]}",
        name=f"平台{text}"[:100],
        issuer="https://city.example.cn",
        client_id="lingnan",
        active=False,
        created_at=at,
    )
    upstream = rows("identity", "UpstreamLink").create(
        provider_id=provider.pk, account_id=owner.account_id, subject="1", created_at=at
    )
    device = rows("identity", "KnownDevice").create(
        account_id=owner.account_id,
        key_digest="0" * 64,
        agent=f"浏览器{text}"[:200],
        last_used_at=at,
        created_at=at,
    )
    offer = rows("identity", "PostOffer").create(
        account_id=owner.account_id,
        agency_id=agency,
        name=f"陈{text}"[:100],
        expires_at=at + timedelta(days=30),
        created_at=at,
    )
    change = identities.start_phone_change(actor=owner, phone="13800000009", at=at)
    card = identity.person(owner.person_id)
    window = make_officer_actor("window_clerk", agency_id=agency, record_of=make_person("周窗口"))
    world.know("window clerk", window)
    check = identities.check_at_window(
        actor=window,
        document_type=card.document_type,
        document_number=card.document_number,
        document_valid_until=None,
        name_agrees=True,
        photo="same",
        place=f"大厅{text}"[:100],
        at=at,
    )
    details = rows("identity", "DetailsChange").create(
        person_id=owner.person_id,
        check_made_id=check.pk,
        name_before=card.name,
        name=f"改{text}"[:100],
        basis=f"户口簿{text}"[:300],
        proposed_at=at,
        proposed_by_id=window.officer_id,
        created_at=at,
    )
    provider = rows("identity", "UpstreamChange").create(
        code="nation",
        values={"name": f"统一认证{text}"[:100], "protocol": "oidc", "issuer": "https://x.cn"},
        proposed_by_id=make_officer_actor("security_admin", agency_id=agency).officer_id,
        created_at=at,
    )
    ward = make_person(f"孩{text}"[:100], document_number=resident_number(born_on=date(2018, 5, 1)))
    guardian = make_person(f"监{text}"[:100])
    kept = identities.record_guardianship(
        actor=make_officer_actor("window_clerk", agency_id=agency, record_of=make_person("吴窗口")),
        ward=_named(ward.pk),
        guardian=_named(guardian.pk),
        ground="minor",
        documents=f"户口簿{text}"[:500],
        at=at,
    )
    world.ids |= {
        "guardianship": str(kept.pk),
        "provider change": str(provider.pk),
        "passkey": str(passkey.pk),
        "certificate": str(certificate.pk),
        "window check": str(check.pk),
        "details change": str(details.pk),
        "linked account": str(linked.pk),
        "upstream link": str(upstream.pk),
        "phone change": str(change.attempt_id),
        "device": str(device.pk),
        "post offer": str(offer.pk),
    }


def _workflow(world: World, setting: Setting, text: str) -> None:
    at = clock.now()
    processes = rows("workflow", "ProcessInstance")
    instance = processes.get(subject_id=world.ids["case"])
    task = next(t for t in workflow_queries.tasks_of(instance.pk) if t.is_open)
    handler = world.actors["handler"]
    other: Any = make_officer_actor("case_handler", agency_id=setting.agency_id, name=f"替{text}")
    clerk = world.actors["clerk"]
    second = processes.get(subject_id=world.ids["asked case"])
    asked = next(t for t in workflow_queries.tasks_of(second.pk) if t.is_open)
    workflow.claim_task(actor=clerk, task_id=asked.pk, at=at)
    consultation = workflow.add_consultant(
        actor=clerk, task_id=asked.pk, officer_id=other.officer_id, question=f"请看{text}", at=at
    )
    delegation = workflow.delegate(
        actor=handler,
        to_officer_id=other.officer_id,
        from_on=clock.today(),
        until_on=clock.today() + timedelta(days=3),
        reason=f"外出{text}",
        at=at,
    )
    accepted = processes.get(subject_id=world.ids["accepted case"])
    extension = workflow.request_extension(
        instance_id=accepted.pk, workdays=3, reason=f"复杂{text}", actor=SYSTEM, at=at
    )
    world.ids |= {
        "task": str(task.pk),
        "consultation": str(consultation),
        "instance": str(accepted.pk),
        "delegation": str(delegation.pk),
        "extension": str(extension.pk),
    }


def _matters(world: World, setting: Setting, text: str) -> None:
    run = matters.import_items(
        write_csv(
            ["实施编码", "基本编码", "事项名称", "事项类型代码", "实施主体"],
            [["1", "1", text, "01", "2"]],
        ),
        file_name=f"事项{text}.csv",
        actor=world.actors["officer"],
        at=clock.now(),
    )
    version = matters.start_change(
        actor=SYSTEM, service_item_id=setting.item.service_item_id, note=f"改{text}", at=clock.now()
    )
    world.ids |= {
        "list": str(setting.item.service_item_id),
        "version": str(version.pk),
        "basic code": rows("matters", "BasicItem").values_list("code12", flat=True).first(),
        "basic item": str(rows("matters", "BasicItem").values_list("pk", flat=True).first()),
        "run": str(run.run_id),
    }
