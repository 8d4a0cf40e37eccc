"""Builders other modules' tests may use: rules, sources, decisions in the national columns."""

from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.platforms.identity.testing import firm_number, make_officer_actor, resident_number
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.testing import make_agency

from . import services
from .models import CreditRecord, CreditSource, RuleSet
from .types import RecordKind, Section

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Guangzhou
_serial = count(1)


def make_rules(at: datetime = NOW) -> None:
    """The rules that ship."""
    if not RuleSet.objects.exists():
        services.load_content(at=at)


def make_source(
    kind: str = "penalty", *, agency_id: UUID | None = None, rule: str = "", at: datetime = NOW
) -> CreditSource:
    """A source of an agency, with the rules it needs."""
    make_rules(at)
    return services.register_source(
        actor=SYSTEM,
        code=f"test.{kind}.{next(_serial)}",
        title={"zh-hans": "测试来源", "en": "Test source"},
        agency_id=agency_id or make_agency().id,
        kind=kind,
        section=Section.ABNORMAL if kind == "abnormal" else Section.ADMINISTRATION,
        legal_basis="企业信息公示暂行条例 第七条",
        cycle="daily",
        publicity_rule=rule or ("publicity.penalty" if kind == "penalty" else "publicity.licence"),
        at=at,
    )


def reporter(source: CreditSource) -> Actor:
    """An officer who reports for the agency of a source."""
    return make_officer_actor("credit_reporter", agency_id=source.agency_id, name="方报送")


def penalty_row(source: CreditSource, **changed: str) -> dict[str, str]:
    """A valid penalty row: a general one against a firm, of a week ago."""
    agency = agencies.agency(source.agency_id)
    return {
        "CF_XDR_MC": "广州测试餐饮有限公司",
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": firm_number(),
        "CF_FRDB": "周演示",
        "CF_WSH": f"穗天市监处罚〔2026〕{next(_serial)}号",
        "CF_WFXW": "未按规定公示食品经营许可信息",
        "CF_SY": "当事人在经营场所未公示食品经营许可证。",
        "CF_YJ": "食品经营许可和备案管理办法 第六十二条",
        "CF_CFLB": "罚款",
        "CF_NR": "罚款人民币12345.67元",
        "CF_NR_FK": "1.234567",
        "CF_JDRQ": "2026/11/16",
        "CF_CFJG": agency.name,
        "CF_CFJGDM": agency.uscc,
        **changed,
    }


def person_row(
    source: CreditSource, *, name: str = "王测试", number: str = "", **changed: str
) -> dict[str, str]:
    """A valid penalty row against a natural person."""
    row = penalty_row(source, CF_XDR_MC=name, CF_XDR_LB="自然人", CF_XDR_ZJLX="01", CF_FRDB="")
    return {
        **row,
        "CF_XDR_SHXYM": "",
        "CF_XDR_ZJHM": number or resident_number(),
        "CF_SY": f"{name}在道路上违法设摊经营。",
        **changed,
    }


def licence_row(source: CreditSource, **changed: str) -> dict[str, str]:
    """A valid licence row: without end."""
    agency = agencies.agency(source.agency_id)
    return {
        "XK_XDR_MC": "广州测试餐饮有限公司",
        "XK_XDR_LB": "法人及非法人组织",
        "XK_XDR_SHXYM": firm_number(),
        "XK_XKWS": "准予行政许可决定书",
        "XK_WSH": f"穗天市监许可〔2026〕{next(_serial)}号",
        "XK_XKLB": "01",
        "XK_NR": "食品经营",
        "XK_JDRQ": "2026/11/16",
        "XK_YXQZ": "2026/11/16",
        "XK_YXQZI": "2099/12/31",
        "XK_XKJG": agency.name,
        "XK_XKJGDM": agency.uscc,
        **changed,
    }


def make_record(
    source: CreditSource | None = None, *, at: datetime = NOW, **changed: str
) -> CreditRecord:
    """A stored penalty."""
    source = source or make_source()
    make = licence_row if source.kind == RecordKind.LICENCE else penalty_row
    return deliver(source, make(source, **changed), at=at)


def deliver(source: CreditSource, row: dict[str, str], *, at: datetime = NOW) -> CreditRecord:
    """Store one row; fails where it is refused."""
    batch = services.deliver_rows(actor=SYSTEM, source_code=source.code, rows=[row], at=at)
    assert batch.report[0]["record_id"], batch.report
    return CreditRecord.objects.select_related("subject", "source").get(
        pk=batch.report[0]["record_id"]
    )


AGENCY_KINDS = ("market_supervision", "development_reform", "finance", "housing", "environment")


def make_office() -> dict[str, Actor]:
    """Who works on credit in one county: the office, the source's reporter, the approver."""
    for kind in AGENCY_KINDS:
        make_agency(kind)
    market = make_agency()
    return {
        "officer": make_officer_actor("credit_officer", region_code="440106000000", name="贺信用"),
        "reporter": make_officer_actor("credit_reporter", agency_id=market.id, name="戴报送"),
        "approver": make_officer_actor("credit_approver", agency_id=market.id, name="龙认定"),
    }


def finish_step(
    subject_kind: str,
    subject_id: UUID,
    step: str,
    outcome: str,
    *,
    actor: Actor,
    at: datetime,
    opinion: str = "理由",
    form: dict[str, object] | None = None,
) -> None:
    """Complete the open task at a step of an entry, an objection or a repair."""
    instance = workflow_queries.instance_of(subject_kind, subject_id)
    task = next(
        t for t in workflow_queries.tasks_of(instance.pk) if t.is_open and t.step_id == step
    )
    workflow.complete_task(
        actor=actor, task_id=task.pk, outcome=outcome, opinion=opinion, form=form, at=at
    )
