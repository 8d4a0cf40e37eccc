"""Licences, their seals, wallets and types, those brought in, and who may not see them."""

from datetime import date, timedelta
from typing import Any

from lingnan.applications.government_services.testing import Setting
from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.tables import write_csv
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import make_officer_actor, resident_number
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.credentials import requests
from lingnan.platforms.licences.credentials.testing import Wallet, offer_for
from lingnan.platforms.licences.credentials.types import Wanted
from lingnan.platforms.licences.testing import (
    draft_content,
    make_licence,
    make_ofd,
    make_type,
    type_content,
)
from lingnan.platforms.licences.types import Holder, HolderGiven, SealKind
from lingnan.standards.agencies import queries as agencies

from .base import EVERYTHING, World, rows


def licences_of(world: World, setting: Setting, text: str) -> None:
    owner, officer, at = world.actors["owner"], world.actors["officer"], clock.now()
    card = identity.person(owner.person_id)
    holder = Holder(kind="person", id=card.id, name=card.name, code=card.document_number)
    kind = make_type(holder_kinds=["person"])
    licence = make_licence(
        holder=holder,
        type_code=kind.code,
        agency_id=setting.agency_id,
        fields={"business_scope": f"热食{text}", "place": f"演示路{text}"},
    )
    use = licences.use_as_material(
        actor=owner,
        licence_id=licence.pk,
        purpose=f"办理{text}",
        item_code=setting.item.code31,
        case_id=None,
        agency_id=setting.agency_id,
        at=at,
    )
    own_copy = licences.make_copy(
        actor=owner,
        licence_id=licence.pk,
        given_to=f"银行{text}",
        purpose=f"贷款{text}",
        until=clock.today() + timedelta(days=7),
        at=at,
    )
    consent = licences.ask_consent(
        actor=officer,
        holder=HolderGiven(kind="person", name=card.name, number=card.document_number),
        type_code=kind.code,
        fields=["business_scope"],
        purpose=f"核实{text}",
        until=at + timedelta(days=7),
        at=at,
    )
    granted = licences.ask_consent(
        actor=officer,
        holder=HolderGiven(kind="person", name=card.name, number=card.document_number),
        type_code=kind.code,
        fields=["place"],
        purpose=f"复核{text}",
        until=at + timedelta(days=7),
        at=at,
    )
    given = world.api("owner").post(
        f"/api/v1/licences/consents/{granted.pk}/grant",
        {"licence_id": str(licence.pk)},
        content_type="application/json",
    )
    assert given.status_code == 200, given.content
    header = ["持有人名称", "持有人证件号码", "有效期起", "有效期止", "来源编号", "经营项目"]
    rows = [[f"陈{text}", resident_number(), "2026年11月23日", "2031-11-22", "粤1", f"热食{text}"]]
    batch = licences.plan_batch(
        write_csv(header, rows),
        file_name=f"批{text}.csv",
        type_code=kind.code,
        agency_id=setting.agency_id,
        actor=SYSTEM,
        at=at,
    )
    deliver_all()
    world.ids |= {
        "licence": str(licence.pk),
        "identifier": licence.identifier,
        "licence type": kind.code,
        "use": str(use.use_id),
        "own copy": str(own_copy.pk),
        "licence consent": str(consent.pk),
        "granted consent": str(granted.pk),
        "batch": str(batch.pk),
    }


def seals_of(world: World, setting: Setting, text: str) -> None:
    at, agency = clock.now(), setting.agency_id
    keeper = world.know("keeper", make_officer_actor(EVERYTHING, agency_id=agency))
    approver = world.know("seal approver", make_officer_actor(EVERYTHING, agency_id=agency))
    admin = world.know("seal admin", make_officer_actor(EVERYTHING, agency_id=agency))

    def apply(number: int) -> Any:
        return licences.apply_for_seal(
            agency_id=agency,
            kind=SealKind.SPECIAL,
            text=f"行政审批专用章{number}",
            reason=f"需要{text}",
            actor=keeper,
            at=at,
        )

    waiting, application = apply(1), apply(2)
    licences.decide_on_seal(
        application_id=application.pk, approves=True, ground=f"同意{text}", actor=approver, at=at
    )
    seal = licences.make_seal(application_id=application.pk, actor=admin, at=at)
    licences.record_seal(seal_id=seal.pk, record_number="备-1", actor=admin, at=at)
    seal = licences.enable_seal(seal_id=seal.pk, ground=f"启用{text}", actor=admin, at=at)
    request = licences.ask_for_seal(
        seal_id=seal.pk,
        purpose=f"批复{text}",
        files=[(f"一{text}.ofd", make_ofd())],
        actor=keeper,
        at=at,
    )
    world.ids |= {
        "seal application": str(waiting.pk),
        "seal": str(seal.pk),
        "seal request": str(request.pk),
    }


def stock_of(world: World, setting: Setting, text: str) -> None:
    """What was brought in, by the agency and by the holder; and a type being written."""
    owner, officer, at = world.actors["owner"], world.actors["officer"], clock.now()
    card, uscc = identity.person(owner.person_id), agencies.agency(setting.agency_id).uscc
    content = type_content(key="old_permit", effective_from="2015-01-01")
    kind = licences.define_type({**content, "code": f"{uscc}701"}, at=at)

    def bring(name: str, number: int) -> Any:
        return licences.bring_in(
            actor=officer,
            agency_id=setting.agency_id,
            type_code=kind.code,
            holder=HolderGiven(
                kind="person",
                name=name,
                number=card.document_number,
                document_type=card.document_type,
            ),
            fields={"business_scope": f"热食{text}", "place": f"老街{text}"},
            valid_from=date(2023, 1, 1),
            valid_until=clock.today() + timedelta(days=100),
            source_id=f"旧-{number}",
            at=at,
        )

    taken, differs = bring(card.name, 1), bring(f"曾用{text}"[:100], 2)
    declared = licences.declare(
        actor=owner,
        type_code=kind.code,
        fields={"business_scope": f"冷食{text}"},
        valid_from=date(2023, 1, 1),
        valid_until=clock.today() + timedelta(days=100),
        issuer_name=f"外省{text}"[:200],
        source_id="own-1",
        at=at,
    )
    long = licences.start_table(
        write_csv(
            ["持有人名称", "持有人证件号码", "有效期起", "来源编号", "经营项目"],
            [[card.name, card.document_number, "2023-01-01", "长-1", f"凉菜{text}"]],
        ),
        file_name=f"长表{text}.csv",
        actor=officer,
        agency_id=setting.agency_id,
        type_code=kind.code,
        at=at,
    )
    draft = licences.start_type(
        actor=officer,
        department_code=uscc,
        content=draft_content(name={"zh-hans": f"许可{text}", "en": "Permit"}),
        at=at,
    )
    assert taken.licence is not None and differs.licence is None
    world.ids |= {
        "stock entry": str(differs.pk),
        "stock table": str(long.pk),
        "declared entry": str(declared.pk),
        "licence brought in": str(taken.licence_id),
        "type draft": str(draft.pk),
    }


def credentials_of(world: World, text: str) -> None:
    """A licence that stands in a wallet, and an officer's request to be shown one."""
    owner, officer = world.actors["owner"], world.actors["officer"]
    licence = rows("licences", "Licence").get(pk=world.ids["licence"])
    Wallet().fetch(offer_for(owner, licence))
    credential = rows("licences", "Credential").get()
    asked = requests.ask_presentation(
        actor=officer,
        wanted=[Wanted(type_code=licence.type_code, paths=("holder.name",))],
        purpose=f"检查{text}",
        at=clock.now(),
    )
    world.ids |= {
        "credential": str(credential.pk),
        "status list": str(credential.status_list_id),
        "presentation": str(asked.request_id),
    }
