"""The demo: data, processes, and the main job played before the user's eyes."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
from django.utils import translation

from lingnan.applications.government_services.services import shipped
from lingnan.kernel import clock
from lingnan.kernel.actors import system_actor
from lingnan.platforms.credit import demo as credit_demo
from lingnan.platforms.identity import demo as identity_demo
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.queries import demo as people
from lingnan.platforms.identity.types import DemoAccount
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.types import Holder
from lingnan.platforms.payment import demo as payment_demo
from lingnan.standards.agencies import demo as agencies_demo
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.calendar import services as calendar
from lingnan.standards.regions import services as regions

from .player import Application, Credentials

Progress = Callable[[int, int], None]
RESIDENTS = {"resident": "linxiaoyan", "firm": "zhouzhiqiang", "elder": "huangxiaohua"}
_ACTOR = system_actor("demo")


@dataclass(frozen=True, slots=True)
class Load:
    """One thing to load; `run` may tell its progress."""

    title: str
    run: Callable[[Progress], object]


def loads() -> list[Load]:
    """Everything the demo needs, in order. Each does nothing when it is done."""
    return [
        Load("工作日历 calendar", lambda progress: calendar.load_calendar(at=clock.now())),
        Load("行政区划 regions", lambda progress: regions.load_regions(progress=progress)),
        Load("机关 agencies", lambda progress: agencies_demo.load_agencies(at=clock.now())),
        Load("演示账号 people", lambda progress: identity_demo.load(at=clock.now())),
        Load(
            "事项 matters",
            lambda progress: shipped.load_content(at=clock.now(), progress=progress),
        ),
        Load("证照类型 licence types", lambda progress: licences.load_types(at=clock.now())),
        Load("存量证照 licences", lambda progress: load_stock()),
        Load("缴款单 bills", lambda progress: payment_demo.load(at=clock.now())),
        Load("信用信息 credit", lambda progress: credit_demo.load(at=clock.now())),
    ]


def load_stock() -> int:
    """Licences people hold already: the firm's business licence, a driving licence near its end."""
    today = clock.today()
    firm = identity.organisation_by_number(people.FIRM.registration_number)
    driver = next(person for person in people.PEOPLE if person.username == RESIDENTS["resident"])
    resident = identity.find_person("resident_id", driver.document_number)
    if firm is None or resident is None:
        return 0
    _issue(
        "business_licence",
        Holder(kind="organisation", id=firm.id, name=firm.name, code=firm.registration_number),
        {
            "company_name": firm.name,
            "company_kind": "有限责任公司",
            "legal_representative": firm.legal_representative_name,
            "capital": "¥1,000,000.00",
            "address": people.FIRM.address,
            "scope": "餐饮服务",
        },
        kind="market_supervision",
        place=people.TIANHE,
        since=today - timedelta(days=900),
        until=None,
    )
    _issue(
        "driving_licence",
        Holder(kind="person", id=resident.id, name=resident.name, code=driver.document_number),
        {
            "name": resident.name,
            "document_number": driver.document_number,
            "vehicle_class": "C1",
            "file_number": "440100123456",
        },
        kind="traffic_police",
        place=people.GUANGZHOU,
        since=date(today.year - 6, today.month, 1),
        until=today + timedelta(days=60),
    )
    return 2 + _issue_birth_certificates()


def _issue_birth_certificates() -> int:
    """In the wallets of parents who act for a child by it."""
    types = {content["key"]: content for content in licences.shipped_types()}
    body = agencies.agency_of_kind(types["birth_certificate"]["defined_by_kind"], people.PROVINCE)
    count = 0
    for child in people.CHILDREN:
        parent = next(person for person in people.PEOPLE if person.username == child.parent)
        holder = identity.find_person(parent.document_type, parent.document_number)
        ward = identity.find_person("resident_id", child.document_number)
        if not child.by_certificate or holder is None or ward is None or ward.born_on is None:
            continue
        _issue(
            "birth_certificate",
            Holder(kind="person", id=holder.id, name=holder.name, code=parent.document_number),
            {
                "child_name": child.name,
                "sex": child.sex,
                "born_at": f"{ward.born_on.isoformat()} 08:30",
                "child_number": child.document_number,
                "mother_name": parent.name,
                "mother_number": parent.document_number,
                "hospital": "演示医院",
                "number": "T440000001",
            },
            kind="health",
            place=people.GUANGZHOU,
            since=ward.born_on,
            until=None,
            type_code=f"{body.uscc}{types['birth_certificate']['sequence']}",
        )
        count += 1
    return count


def _issue(
    key: str,
    holder: Holder,
    fields: Mapping[str, object],
    *,
    kind: str,
    place: str,
    since: date,
    until: date | None,
    type_code: str = "",
) -> None:
    agency = agencies.agency_of_kind(kind, place)
    licences.issue_licence(
        type_code=type_code or shipped.licence_type_codes()[key],
        holder=holder,
        fields=fields,
        agency_id=agency.id,
        valid_from=since,
        valid_until=until,
        actor=_ACTOR,
        at=clock.now(),
        subject_kind="demo",
        subject_id=uuid5(NAMESPACE_URL, f"urn:lingnan:demo:{key}:{holder.id}"),
    )


def accounts() -> list[DemoAccount]:
    """The demo accounts with labels in Chinese."""
    with translation.override("zh-hans"):
        return identity.demo_accounts()


def credentials() -> tuple[dict[str, Credentials], list[Credentials]]:
    """Residents by part, and officers."""
    found = {
        account.username: Credentials(
            username=account.username,
            password=account.password,
            name=account.name,
            totp_secret=account.totp_secret,
        )
        for account in accounts()
    }
    officers = [entry for entry in found.values() if entry.totp_secret]
    return {part: found[username] for part, username in RESIDENTS.items()}, officers


def pay_at_simulator(pay_url: str) -> None:
    """What a person does on the bank's page: look at it and confirm."""
    page = httpx.get(pay_url, timeout=20, trust_env=False)
    page.raise_for_status()
    done = httpx.post(pay_url, timeout=20, trust_env=False, follow_redirects=False)
    if done.status_code >= 400:
        raise RuntimeError(f"the bank simulator answered {done.status_code}")


class Played:
    """Which applications were played to the end on this database; a file below `var/`."""

    def __init__(self, var: Path) -> None:
        self.path = var / "demo-played.json"

    def digest(self, application: Application, database: str) -> str:
        content = json.dumps(application.content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(f"{database}\n{content}".encode()).hexdigest()

    def load(self) -> dict[str, Any]:
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def add(self, digest: str, case_ids: list[str]) -> None:
        content = {**self.load(), digest: case_ids}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(content, indent=1))
        fresh.replace(self.path)
