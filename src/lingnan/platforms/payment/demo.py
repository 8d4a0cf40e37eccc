"""Payment's demo data, made through services and visibly invented: a catalogue, rules of sharing, a
fee with a reduction, and a fine a little late. Again changes nothing.
"""

from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from lingnan.kernel.actors import system_actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.queries import demo as people
from lingnan.standards.agencies import queries as agencies

from . import services
from .models import Bill, FeeItem
from .types import BillLine

_ACTOR = system_actor("demo")
_SINCE = date(2026, 1, 1)
_BASIS = "演示依据（虚构，无法律效力）"
WATER = "DEMO-WATER"
SIGN = "DEMO-SIGN"
FINE = "DEMO-FINE"


def load(*, at: datetime) -> int:
    """The catalogue and two bills; returns how many bills stand there."""
    _load_catalogue(at=at)
    person = identity.find_person("resident_id", people.PEOPLE[0].document_number)
    if person is None:
        return 0
    today = local_date(at)
    traffic = agencies.agency_of_kind("traffic_police", people.GUANGZHOU)
    water = agencies.agency_of_kind("water", people.GUANGZHOU)
    name = {"zh-hans": "水土保持补偿费（演示）", "en": "Soil conservation fee (demo)"}
    sign = {"zh-hans": "标志牌工本费（演示）", "en": "Cost of the sign (demo)"}
    fine = {"zh-hans": "道路交通违法罚款（演示）", "en": "Traffic fine (demo)"}
    bills = [
        ("fee", water.id, [
            BillLine(code=WATER, name=name, quantity=10, unit_price_fen=1250, reduction_fen=6250,
                     reduction_basis=f"小微企业减半（演示）：{_BASIS}"),
            BillLine(code=SIGN, name=sign, quantity=1, unit_price_fen=1000, agency_id=traffic.id),
        ], False, at),
        ("fine", traffic.id, [
            BillLine(code=FINE, name=fine, quantity=1, unit_price_fen=20_000),
        ], True, at - timedelta(days=20)),
    ]  # fmt: skip
    for key, agency_id, lines, is_fine, opened_at in bills:
        subject_id = uuid5(NAMESPACE_URL, f"urn:lingnan:demo:payment:{key}")
        if Bill.objects.filter(subject_kind="demo.payment", subject_id=subject_id).exists():
            continue
        services.open_bill(
            payer_kind="person",
            payer_id=person.id,
            payer_name=person.name,
            collecting_agency_id=agency_id,
            lines=lines,
            subject_kind="demo.payment",
            subject_id=subject_id,
            due_on=local_date(opened_at) + timedelta(days=15) if is_fine else today + timedelta(30),
            is_fine=is_fine,
            actor=_ACTOR,
            at=opened_at,
        )
    return len(bills)


def _load_catalogue(*, at: datetime) -> None:
    fees = (
        (WATER, "水土保持补偿费（演示）", "Soil conservation fee (demo)", "平方米", 1250, "fund"),
        (SIGN, "标志牌工本费（演示）", "Cost of the sign (demo)", "块", 1000, "administrative"),
        (FINE, "道路交通违法罚款（演示）", "Traffic fine (demo)", "次", 200_000, "fine"),
    )
    for code, chinese, english, unit, price, kind in fees:
        services.set_fee(
            actor=_ACTOR,
            code=code,
            name={"zh-hans": chinese, "en": english},
            unit={"zh-hans": unit, "en": unit},
            unit_price_fen=price,
            legal_basis=_BASIS,
            effective_from=_SINCE,
            kind=FeeItem.Kind(kind),
            at=at,
        )
    services.set_split_rule(
        actor=_ACTOR,
        fee_code=WATER,
        shares={"central": 1000, "province": 2000, "city": 7000},
        legal_basis=_BASIS,
        effective_from=_SINCE,
        at=at,
    )
    services.set_reduction(
        actor=_ACTOR,
        code="DEMO-HALF",
        fee_code=WATER,
        name={"zh-hans": "小微企业减半（演示）", "en": "Small firms pay half (demo)"},
        percent=50,
        legal_basis=_BASIS,
        effective_from=_SINCE,
        at=at,
    )
