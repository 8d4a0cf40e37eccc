"""Who can be played in the demo: invented people, visibly so.

Resident numbers carry the region 009999, which no division ever had (provinces begin with 11), so
that no real number can be hit, while birth date, sex and check character are as the standard wants
them. The Hong Kong permit H00000001 lies before the series in use. Organisation codes begin DEMF
in their characters 9 to 17. Every name ends in 演示 (demo).
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyotp
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.text import localise
from lingnan.standards.codes.types import resident_id, uscc

from ..models import Account, Officer, RoleGrant
from ..simulator_oidc import Citizen, OidcProvider
from ..types import DemoAccount

PASSWORD = "Lingnan-2026"  # noqa: S105  (public on purpose, demo only)
REGION = "009999"
TIANHE = "440106000000"
GUANGZHOU = "440100000000"
PROVINCE = "440000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    username: str
    name: str
    label: object
    document_type: str
    document_number: str
    phone: str
    born_on: date | None = None
    sex: str = "0"
    nationality: str = "CHN"
    name_latin: str = ""
    address: str = ""
    region_code: str = "440106000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoChild:
    """A child without an account. `by_certificate`: the parent shows a birth certificate, else a
    clerk saw the papers."""

    name: str
    parent: str
    document_number: str
    sex: str
    by_certificate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOfficer:
    """`kind` and `place` name the agency; `reach` is a region's code, or empty: the agency."""

    username: str
    name: str
    kind: str
    place: str
    roles: tuple[str, ...]
    reach: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFirm:
    name: str
    registration_number: str
    leader: str
    address: str


def _number(born_on: date, sequence: int) -> str:
    return resident_id.build(region_code=REGION, born_on=born_on, sequence=sequence)


PEOPLE = (
    DemoPerson(
        username="linxiaoyan",
        name="林晓燕演示",
        label=_("Resident"),
        document_type="resident_id",
        document_number=_number(date(1992, 3, 8), 2),
        phone="13800000001",
        address="广州市天河区演示路1号",
    ),
    DemoPerson(
        username="zhouzhiqiang",
        name="周志强演示",
        label=_("Legal representative of a firm"),
        document_type="resident_id",
        document_number=_number(date(1980, 10, 21), 1),
        phone="13800000002",
        address="广州市天河区演示路2号",
    ),
    DemoPerson(
        username="hemin",
        name="何敏演示",
        label=_("Agent of the firm"),
        document_type="resident_id",
        document_number=_number(date(1988, 6, 1), 4),
        phone="13800000003",
        address="广州市越秀区演示路3号",
    ),
    DemoPerson(
        username="huangbo",
        name="黄伯演示",
        label=_("Resident of over eighty"),
        document_type="resident_id",
        document_number=_number(date(1941, 2, 14), 5),
        phone="13800000004",
        address="广州市天河区演示路4号",
    ),
    DemoPerson(
        username="huangxiaohua",
        name="黄小华演示",
        label=_("Granddaughter who helps him"),
        document_type="resident_id",
        document_number=_number(date(1998, 12, 5), 6),
        phone="13800000005",
        address="广州市天河区演示路4号",
    ),
    DemoPerson(
        username="chentaiman",
        name="陳大文演示",
        label=_("Resident of Hong Kong"),
        document_type="hm_travel",
        document_number="H00000001",
        phone="+85260000001",
        born_on=date(1985, 7, 1),
        sex="1",
        name_latin="CHAN Tai Man",
        address="广州市天河区演示路5号",
    ),
)
# Known to another provider only: they have no account here until they come in from there.
PEOPLE_ELSEWHERE = (
    ("欧阳晴演示", _number(date(1995, 5, 20), 12)),
    ("石磊演示", _number(date(1983, 11, 9), 13)),
)
CHILDREN = (
    # In her wallet lies the birth certificate: she acts for the child once she has asked.
    DemoChild(
        name="何小满演示",
        parent="hemin",
        document_number=_number(date(2019, 4, 12), 8),
        sex="女",
        by_certificate=True,
    ),
    # A clerk has seen the papers: it waits for the father to accept.
    DemoChild(
        name="周小晨演示",
        parent="zhouzhiqiang",
        document_number=_number(date(2016, 9, 3), 9),
        sex="男",
        by_certificate=False,
    ),
)
FIRM = DemoFirm(
    name="广州演示餐饮有限公司",
    registration_number=uscc.build(
        authority="9", org_class="1", region_code="440106", org_body="DEMF0001"
    ),
    leader="zhouzhiqiang",
    address="广州市天河区演示路6号",
)
_LOCAL = (
    ("market_supervision", TIANHE, "梁", "罗"),
    ("public_security", TIANHE, "邓", "冯"),
    ("civil_affairs", TIANHE, "彭", "曾"),
    ("human_resources", TIANHE, "谢", "唐"),
    ("housing", TIANHE, "许", "邹"),
    ("planning", TIANHE, "卢", "蔡"),
    ("environment", TIANHE, "丁", "魏"),
    ("fire", TIANHE, "程", "蒋"),
    ("emergency", TIANHE, "夏", "姜"),
    ("tax", TIANHE, "沈", "韦"),
    ("medical_insurance", TIANHE, "姚", "廖"),
    ("housing_fund", GUANGZHOU, "范", "石"),
    ("traffic_police", GUANGZHOU, "钟", "谭"),
)
OFFICERS = (
    DemoOfficer(
        username="window",
        name="陈窗口演示",
        kind="government_service",
        place=TIANHE,
        roles=("window_clerk",),
        reach=TIANHE,
    ),
    DemoOfficer(
        username="window.city",
        name="吴窗口演示",
        kind="government_service",
        place=GUANGZHOU,
        roles=("window_clerk",),
        reach=GUANGZHOU,
    ),
    *(
        DemoOfficer(
            username=f"{kind}.handler",
            name=f"{family}承办演示",
            kind=kind,
            place=place,
            roles=("case_handler", "reviewer", "inspector"),
        )
        for kind, place, family, _approver in _LOCAL
    ),
    *(
        DemoOfficer(
            username=f"{kind}.approver",
            name=f"{family}审批演示",
            kind=kind,
            place=place,
            roles=("approver",),
        )
        for kind, place, _handler, family in _LOCAL
    ),
    *(
        DemoOfficer(
            username=username, name=name, kind=kind, place=TIANHE, roles=(role,), reach=reach
        )
        for username, name, kind, role, reach in (
            ("credit", "贺信用演示", "development_reform", "credit_officer", TIANHE),
            ("credit.approver", "龙认定演示", "market_supervision", "credit_approver", TIANHE),
            ("credit.reporter", "戴报送演示", "market_supervision", "credit_reporter", ""),
            ("seals", "尹印章演示", "market_supervision", "seal_keeper", ""),
        )
    ),
    *(
        DemoOfficer(
            username=username,
            name=name,
            kind="government_service",
            place=PROVINCE,
            roles=roles,
            reach=PROVINCE,
        )
        for username, name, roles in (
            ("items", "郑事项演示", ("item_steward", "licence_steward")),
            ("items.review", "孙审核演示", ("item_reviewer", "licence_type_reviewer")),
            ("finance", "胡财务演示", ("finance",)),
            ("finance.review", "林财审演示", ("finance_reviewer",)),
            ("credit.rules", "田规则演示", ("credit_steward",)),
            ("credit.rules.review", "江复核演示", ("credit_steward",)),
            ("treasury", "方国库演示", ("treasurer",)),
            ("leader", "高领导演示", ("leader",)),
            ("data", "马数据演示", ("data_steward",)),
            ("system", "宋系统演示", ("system_admin",)),
            ("security", "曹安全演示", ("security_admin",)),
            ("security.second", "黎安审演示", ("security_admin",)),
            ("audit", "袁审计演示", ("audit_admin",)),
        )
    ),
    DemoOfficer(
        username="hall",
        name="温大厅演示",
        kind="government_service",
        place=TIANHE,
        roles=("window_supervisor",),
        reach=TIANHE,
    ),
)


def officer_number(username: str) -> str:
    """The invented document number of a demo officer, who has no account as a resident.

    From the name alone: officers who join the list later change nobody's.
    """
    drawn = int.from_bytes(hashlib.sha256(f"lingnan officer {username}".encode()).digest()[:8])
    days, sequence = divmod(drawn, 900)
    return _number(date(1970, 1, 1) + timedelta(days=days % 3650), 100 + sequence)


def played_oidc() -> OidcProvider:
    """The OpenID Connect provider that the identity simulator plays; it knows two residents of the
    demo and two people without an account here.
    """
    config = settings.LINGNAN
    known = ((row.name, row.document_number) for row in PEOPLE[:2])
    back = reverse("identity:sign_in_with_callback", args=["demo-province"])
    return OidcProvider.kept(
        config.identity_url.rstrip("/"),
        config.var,
        redirect_uris=(f"{config.public_url.rstrip('/')}{back}",),
        people=tuple(Citizen(*person) for person in (*known, *PEOPLE_ELSEWHERE)),
    )


def totp_secret(username: str) -> str:
    """The published second factor of a demo officer, the same in every installation."""
    seed = hashlib.sha256(f"lingnan demo {username}".encode()).digest()
    return base64.b32encode(seed[:20]).decode()


def current_code(username: str, at: datetime) -> str:
    """What a demo officer's authenticator shows; empty for others."""
    if username not in {officer.username for officer in OFFICERS}:
        return ""
    return pyotp.TOTP(totp_secret(username)).at(int(at.timestamp()))


def spare_number() -> str:
    """A valid resident ID in the reserved region of made-up people, for whoever registers in the
    demo; another one each time."""
    born_on = date(1970, 1, 1) + timedelta(days=secrets.randbelow(12_000))
    return _number(born_on, 100 + secrets.randbelow(900))


def demo_accounts() -> list[DemoAccount]:
    """The demo accounts that are in the tables: residents first, then officers. Three queries."""
    present = set(
        Account.objects.filter(is_demo=True, state=Account.State.ACTIVE).values_list(
            "username", flat=True
        )
    )
    places = {
        row.account.username: (row.pk, row.agency.name)
        for row in Officer.objects.filter(account__username__in=present, active=True)
        .select_related("agency", "account")
        .only("id", "agency__name", "account__username")
    }
    held: dict[object, list[str]] = {}
    for grant in RoleGrant.objects.filter(
        officer_id__in=[pk for pk, _name in places.values()], revoked_at=None
    ).select_related("role"):
        held.setdefault(grant.officer_id, []).append(localise(grant.role.name))
    people = [
        DemoAccount(
            username=person.username,
            password=PASSWORD,
            totp_secret="",
            role=str(person.label),
            name=person.name,
            where="",
        )
        for person in PEOPLE
        if person.username in present
    ]
    officers = [
        DemoAccount(
            username=officer.username,
            password=PASSWORD,
            totp_secret=totp_secret(officer.username),
            role="、".join(held.get(places[officer.username][0], ())),
            name=officer.name,
            where=places[officer.username][1],
        )
        for officer in OFFICERS
        if officer.username in present and officer.username in places
    ]
    return people + officers
