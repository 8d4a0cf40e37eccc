"""Believable, visibly invented credit data of the demo's firms; running it again adds nothing.

Names end in 演示 or hold it; organisation codes begin DEMF in characters 9 to 17, resident numbers
carry the region 009999, which no division ever had.
"""

from datetime import date, datetime, timedelta

from lingnan.kernel.actors import system_actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.identity.queries.demo import FIRM, PEOPLE
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.codes.types import uscc

from . import services
from .models import CreditSource
from .types import RecordKind, Section

_ACTOR = system_actor("credit.demo")
TIANHE = "440106000000"
_AGENCIES = ("market_supervision", "housing", "environment", "emergency", "tax")
_FIRMS = (
    (FIRM.name, FIRM.registration_number, "周志强演示"),
    ("广州演示建设工程有限公司", 2, "吴建演示"),
    ("广州演示化工科技有限公司", 3, "郑化演示"),
    ("广州演示物流有限公司", 4, "孙流演示"),
)


def _code(number: str | int) -> str:
    if isinstance(number, str):
        return number
    return uscc.build(
        authority="9", org_class="1", region_code="440106", org_body=f"DEMF{number:04d}"
    )


def load(*, at: datetime) -> int:
    """Rules, sources of five agencies, and their decisions; returns how many rows were new."""
    services.load_content(at=at)
    today = local_date(at)
    added = 0
    for kind in _AGENCIES:
        agency = agencies.agency_of_kind(kind, TIANHE)
        for record_kind in (RecordKind.LICENCE, RecordKind.PENALTY):
            code = ensure_source(agency, kind, record_kind, at=at)
            rows = _rows(agency, kind, record_kind, today)
            if rows:
                batch = services.deliver_rows(actor=_ACTOR, source_code=code, rows=rows, at=at)
                added += batch.stored
    return added


def ensure_source(agency: AgencyCard, kind: str, record_kind: str, *, at: datetime) -> str:
    """The demo's source of an agency."""
    code = f"demo.{agency.region_code[:6]}.{kind}.{record_kind}".replace("_", "-")
    if CreditSource.objects.filter(code=code).exists():
        return code
    is_licence = record_kind == RecordKind.LICENCE
    rule = "publicity.licence" if is_licence else "publicity.penalty"
    if not is_licence and kind == "market_supervision":
        rule = "publicity.penalty_market"
    services.register_source(
        actor=_ACTOR,
        code=code,
        title={
            "zh-hans": f"{agency.short_name}{'行政许可' if is_licence else '行政处罚'}（演示）",
            "en": f"{'Licences' if is_licence else 'Penalties'} of {agency.name_en} (demo)",
        },
        agency_id=agency.id,
        kind=record_kind,
        section=Section.ADMINISTRATION,
        legal_basis="行政许可法 第四十条" if is_licence else "行政处罚法 第四十八条",
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
