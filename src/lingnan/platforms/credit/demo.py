"""Believable, visibly invented credit data of the demo's firms; running it again adds nothing.

Names end in 演示 or hold it; organisation codes begin DEMF in characters 9 to 17, resident numbers
carry the region 009999, which no division ever had.
"""

from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from lingnan.kernel.actors import system_actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.queries.demo import FIRM, PEOPLE
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.codes.types import uscc

from . import services
from .models import Commitment, CreditRecord, CreditSource, CreditSubject, Objection, RosterEntry
from .types import ROSTER_SUBJECT, CommitmentState, Ground, RecordKind, Section

_ACTOR = system_actor("credit.demo")
TIANHE = "440106000000"
_AGENCIES = ("market_supervision", "housing", "environment", "emergency", "tax")
_FIRMS = (
    (FIRM.name, FIRM.registration_number, "周志强演示"),
    ("广州演示建设工程有限公司", 2, "吴建演示"),
    ("广州演示化工科技有限公司", 3, "郑化演示"),
    ("广州演示物流有限公司", 4, "孙流演示"),
)


_SOURCES = {
    RecordKind.LICENCE: ("publicity.licence", "行政许可", "Licences", "行政许可法 第四十条"),
    RecordKind.PENALTY: ("publicity.penalty", "行政处罚", "Penalties", "行政处罚法 第四十八条"),
    RecordKind.BREACH: ("publicity.breach", "承诺履行", "Commitments", "国办发〔2020〕42号"),
}
_SECTIONS = {RecordKind.BREACH: Section.COMMITMENT}


def _code(number: str | int) -> str:
    if isinstance(number, str):
        return number
    return uscc.build(
        authority="9", org_class="1", region_code="440106", org_body=f"DEMF{number:04d}"
    )


def load(*, at: datetime) -> int:
    """Rules, sources of five agencies and their decisions, one entry of a roster with its measures,
    commitments, an objection under way; returns how many rows were new.
    """
    services.load_content(at=at)
    today = local_date(at)
    added = 0
    for kind in _AGENCIES:
        agency = agencies.agency_of_kind(kind, TIANHE)
        for record_kind in (RecordKind.LICENCE, RecordKind.PENALTY):
            code = ensure_source(agency, kind, record_kind, at=at)
            rows = _rows(agency, kind, record_kind, today)
            if rows and not _is_delivered(code, rows):
                batch = services.deliver_rows(actor=_ACTOR, source_code=code, rows=rows, at=at)
                added += batch.stored
    _list_one(at)
    _promise(at)
    _object(at)
    return added


def _is_delivered(source_code: str, rows: list[dict[str, str]]) -> bool:
    """Whether all rows came with an earlier start: the list need not name them again."""
    numbers = {row.get("XK_WSH") or row["CF_WSH"] for row in rows}
    known = CreditRecord.objects.filter(source__code=source_code, number__in=numbers)
    return known.values("number").distinct().count() == len(numbers)


def _list_one(at: datetime) -> None:
    """The chemical firm stands on a roster: told two months ago, heard, decided."""
    subject = CreditSubject.objects.filter(uscc=_code(_FIRMS[2][1])).first()
    if subject is None or RosterEntry.objects.filter(subject=subject).exists():
        return
    evidence = CreditRecord.objects.filter(subject=subject, is_adverse=True, is_current=True)
    earlier = at - timedelta(days=60)
    entry = services.open_lead(
        actor=_ACTOR,
        subject_id=subject.pk,
        roster="safety_serious",
        facts="当事人被责令停产停业并处罚款，情节严重（演示数据，并非真实案件）",
        evidence_ids=list(evidence.values_list("pk", flat=True)),
        at=earlier,
    )
    _finish(ROSTER_SUBJECT, entry.pk, "notice", "notify", earlier)
    workflow.fire_due_timers(at)
    _finish(ROSTER_SUBJECT, entry.pk, "review", "propose", at)
    _finish(ROSTER_SUBJECT, entry.pk, "decide", "list", at)


def _finish(kind: str, subject_id: UUID, step: str, outcome: str, at: datetime) -> None:
    instance = workflow_queries.instance_of(kind, subject_id)
    tasks = [task for task in workflow_queries.tasks_of(instance.pk) if task.is_open]
    task = next(task for task in tasks if task.step_id == step)
    workflow.complete_task(
        actor=_ACTOR, task_id=task.pk, outcome=outcome, opinion="同意（演示）", at=at
    )


def _promise(at: datetime) -> None:
    """The restaurant committed itself when it applied; the check is due in a month. The builder was
    found to have kept his."""
    _commit(FIRM.registration_number, "承诺在三十日内完成后厨通风设施整改并接受核查。", 1, at)
    kept = _commit(_code(_FIRMS[1][1]), "承诺在三十日内补齐施工现场扬尘监测记录。", 2, at)
    if kept is not None and kept.state == CommitmentState.OPEN:
        services.check_commitment(
            actor=_ACTOR,
            commitment_id=kept.pk,
            kept=True,
            finding="现场核查：记录齐全（演示数据）",
            at=at,
        )


def _commit(number: str, text: str, serial: int, at: datetime) -> Commitment | None:
    subject = CreditSubject.objects.filter(uscc=number).first()
    if subject is None:
        return None
    agency = agencies.agency_of_kind("market_supervision", TIANHE)
    ensure_source(agency, "market_supervision", RecordKind.BREACH, at=at)
    name = "promise" if serial == 1 else f"promise:{serial}"
    return services.make_commitment(
        actor=_ACTOR,
        subject=subject,
        agency_id=agency.id,
        title="告知承诺（演示）",
        text=text,
        text_version="2026-1",
        case_kind="demo",
        case_id=uuid5(NAMESPACE_URL, f"urn:lingnan:demo:credit:{name}"),
        case_number=f"DEMO-{serial:04d}",
        check_due_on=local_date(at) + timedelta(days=30),
        at=at,
    )


def _object(at: datetime) -> None:
    """The restaurant's legal representative objects to its penalty; it waits in the inbox."""
    firm = identity.organisation_by_number(FIRM.registration_number)
    subject = CreditSubject.objects.filter(uscc=FIRM.registration_number).first()
    if firm is None or subject is None or Objection.objects.filter(subject=subject).exists():
        return
    record = CreditRecord.objects.filter(
        subject=subject, kind=RecordKind.PENALTY, is_current=True, in_use=True
    ).first()
    if record is None:
        return
    services.open_objection(
        actor=identity.actor_of_person(firm.legal_representative_id, organisation_id=firm.id),
        record_id=record.pk,
        ground=Ground.WRONG,
        text="决定书载明罚款五千元，公示为八千元，请核对（演示）。",
        files=[],
        at=at,
    )


def ensure_source(agency: AgencyCard, kind: str, record_kind: RecordKind, *, at: datetime) -> str:
    """The demo's source of an agency."""
    code = f"demo.{agency.region_code[:6]}.{kind}.{record_kind}".replace("_", "-")
    if CreditSource.objects.filter(code=code).exists():
        return code
    rule, chinese, english, basis = _SOURCES[record_kind]
    if record_kind == RecordKind.PENALTY and kind == "market_supervision":
        rule = "publicity.penalty_market"
    services.register_source(
        actor=_ACTOR,
        code=code,
        title={
            "zh-hans": f"{agency.short_name}{chinese}（演示）",
            "en": f"{english} of {agency.name_en} (demo)",
        },
        agency_id=agency.id,
        kind=record_kind,
        section=_SECTIONS.get(record_kind, Section.ADMINISTRATION),
        legal_basis=basis,
        cycle="daily",
        publicity_rule=rule,
        at=at,
    )
    return code


def _rows(agency: AgencyCard, kind: str, record_kind: str, today: date) -> list[dict[str, str]]:
    make = _licences if record_kind == RecordKind.LICENCE else _penalties
    return make(agency, kind, today)


def _licences(agency: AgencyCard, kind: str, today: date) -> list[dict[str, str]]:
    content = {
        "market_supervision": ("食品经营许可", (0,)),
        "housing": ("建筑业企业资质", (1,)),
        "environment": ("排污许可", (2,)),
    }
    if kind not in content:
        return []
    what, firms = content[kind]
    year = today.year - 1
    return [
        {
            "XK_XDR_MC": _FIRMS[n][0],
            "XK_XDR_LB": "法人及非法人组织",
            "XK_XDR_SHXYM": _code(_FIRMS[n][1]),
            "XK_FRDB": _FIRMS[n][2],
            "XK_XKWS": f"准予{what}决定书",
            "XK_WSH": f"演许〔{year}〕{kind[:2].upper()}{n + 1}号",
            "XK_XKLB": "01",
            "XK_NR": f"准予{what}（演示数据）",
            "XK_JDRQ": f"{year}/06/16",
            "XK_YXQZ": f"{year}/06/16",
            "XK_YXQZI": f"{year + 5}/06/15",
            "XK_XKJG": agency.name,
            "XK_XKJGDM": agency.uscc,
        }
        for n in firms
    ]


def _penalties(agency: AgencyCard, kind: str, today: date) -> list[dict[str, str]]:
    recent = today.replace(day=1) - timedelta(days=20)
    older = date(today.year - 1, 11, 5)
    cases: dict[str, list[tuple[int, date, str, str, str, str]]] = {
        "market_supervision": [
            (0, recent, "未按规定公示食品经营许可信息", "罚款", "0.800000", "罚款人民币8000元"),
        ],
        "housing": [
            (1, recent, "未取得施工许可证擅自施工", "罚款", "12.500000", "罚款人民币125000元"),
        ],
        "environment": [
            (
                2,
                older,
                "超过排放标准排放水污染物",
                "罚款;责令停产停业",
                "150.000000",
                "停产整治并罚款",
            ),
        ],
        "emergency": [
            (3, recent, "未按规定组织从业人员安全培训", "警告", "", "警告"),
        ],
    }
    rows = [
        {
            "CF_XDR_MC": _FIRMS[n][0],
            "CF_XDR_LB": "法人及非法人组织",
            "CF_XDR_SHXYM": _code(_FIRMS[n][1]),
            "CF_FRDB": _FIRMS[n][2],
            "CF_WSH": f"演罚〔{on.year}〕{kind[:2].upper()}{n + 1}号",
            "CF_WFXW": conduct,
            "CF_SY": f"经查，当事人{conduct}（演示数据，并非真实案件）。",
            "CF_YJ": "演示依据，见决定书",
            "CF_CFLB": categories,
            "CF_NR": content,
            "CF_NR_FK": fine,
            "CF_JDRQ": f"{on:%Y/%m/%d}",
            "CF_CFJG": agency.name,
            "CF_CFJGDM": agency.uscc,
        }
        for n, on, conduct, categories, fine, content in cases.get(kind, [])
    ]
    if kind == "market_supervision":
        person = PEOPLE[0]
        rows.append(
            {
                "CF_XDR_MC": person.name,
                "CF_XDR_LB": "自然人",
                "CF_XDR_ZJLX": "01",
                "CF_XDR_ZJHM": person.document_number,
                "CF_WSH": f"演罚〔{recent.year}〕MA9号",
                "CF_WFXW": "无照从事食品经营",
                "CF_SY": f"{person.name}未办理登记从事食品经营（演示数据，并非真实案件）。",
                "CF_YJ": "演示依据，见决定书",
                "CF_CFLB": "罚款;没收违法所得",
                "CF_NR": "没收违法所得并罚款",
                "CF_NR_FK": "0.300000",
                "CF_NR_WFFF": "0.050000",
                "CF_JDRQ": f"{recent:%Y/%m/%d}",
                "CF_CFJG": agency.name,
                "CF_CFJGDM": agency.uscc,
            }
        )
    return rows
