"""Licences fill forms, stand for materials, and must still stand when the case is decided."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.platforms.identity.testing import client_for, make_person
from lingnan.platforms.licences import queries as licences
from lingnan.platforms.licences import services as licence_services
from lingnan.platforms.licences.models import Licence
from lingnan.platforms.licences.testing import make_licence, type_content
from lingnan.platforms.licences.types import Holder
from lingnan.standards.matters.types import Item

from .. import services
from ..errors import LicenceLapsed, LicenceNotUsable, OriginalNotSeen
from ..models import Case, Decision
from ..services import materials
from ..testing import FORM, Setting, make_case, make_setting
from ..types import MaterialGiven

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A setting, and the applicant's licence of the kind its item takes."""

    setting: Setting
    licence_id: UUID


@pytest.fixture
def held() -> Held:
    content = type_content(key="demo_permit")
    licence_services.define_type(content, at=clock.now())
    fields: dict[str, Any] = dict(FORM["properties"])
    fields["place"] = {**fields["place"], "x-prefill": "licences.demo_permit.place"}
    material = {
        "code": "M01",
        "name": {"zh-hans": "许可证", "en": "Permit"},
        "licence_type_code": content["code"],
    }
    setting = make_setting(form={**FORM, "properties": fields}, materials=[material])
    principal = setting.applicant.principal
    assert principal is not None
    holder = Holder(kind="person", id=principal.id, name=principal.name, code="x")
    licence = make_licence(
        type_code=content["code"],
        holder=holder,
        valid_from=clock.today() - timedelta(days=10),
        valid_until=clock.today() + timedelta(days=30),
    )
    return Held(setting=setting, licence_id=licence.pk)


def known(officer: Actor) -> Actor:
    """The officer, whose record says who he is."""
    return replace(officer, person_id=make_person().pk)


def reviewed(held: Held) -> Case:
    setting, at = held.setting, clock.now()
    given = [MaterialGiven(code="M01", kind="licence", licence_id=held.licence_id)]
    case = make_case(setting, given=given)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=at)
    services.review_case(actor=setting.handler, case_id=case.pk, at=at)
    return case


def uploaded_by_holder(held: Held) -> None:
    rows = apps.get_model("licences", "Licence")._default_manager
    rows.filter(pk=held.licence_id).update(grade="C", seal=None)


def uses(held: Held) -> list[str]:
    return [use.kind for use in reversed(licences.uses_of(held.licence_id))]


def test_a_licence_fills_the_form_and_says_so(held: Held) -> None:
    setting = held.setting
    draft = services.open_draft(
        actor=setting.applicant, item_code=setting.item.code31, at=clock.now()
    )
    assert services.draft_answers(draft)["place"] == "演示路 1 号"
    known = services.prefill_of(setting.applicant, setting.item.form_schema, at=clock.now())
    assert "演示经营许可证" in known["licences.demo_permit.place"].source
    (use,) = licences.uses_of(held.licence_id)
    assert (use.kind, use.fields) == ("prefill", ["place"])


def test_a_suspended_licence_fills_nothing(held: Held) -> None:
    licence_services.suspend_licence(
        licence_id=held.licence_id, ground="69", actor=SYSTEM, at=clock.now()
    )
    known = services.prefill_of(
        held.setting.applicant, held.setting.item.form_schema, at=clock.now()
    )
    assert not [path for path in known if path.startswith("licences.")]


def test_what_waits_to_be_replaced_is_not_renewed_again(held: Held) -> None:
    licence = Licence.objects.get(pk=held.licence_id)
    principal = held.setting.applicant.principal
    assert principal is not None
    given = [MaterialGiven(code="M01", kind="licence", licence_id=licence.pk)]

    def check(item: Item) -> int:
        rows = materials.check_rows(
            item, given, principal=principal, actor=held.setting.applicant, draft_id=None
        )
        return len(rows)

    renews = replace(held.setting.item, licence_type_code=licence.type_code)
    assert check(renews) == 1
    make_licence(
        type_code=licence.type_code,
        agency_id=licence.agency_id,
        holder=Holder(kind="person", id=principal.id, name=principal.name, code="x"),
        supersedes_id=licence.pk,
        valid_from=clock.today() + timedelta(days=3),
    )

    with pytest.raises(LicenceNotUsable):
        check(renews)
    assert check(held.setting.item) == 1  # for another matter it is what it was


def test_a_valid_licence_is_checked_and_logged_at_the_decision(held: Held) -> None:
    case = reviewed(held)
    services.decide_case(
        actor=held.setting.approver, case_id=case.pk, outcome="grant", at=clock.now()
    )
    assert Decision.objects.get(case=case).outcome == "granted"
    assert uses(held) == ["material", "checked"]


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_licence_that_fell_meanwhile_stops_the_grant_but_not_the_denial(
    held: Held, how: str
) -> None:
    case, at = reviewed(held), clock.now()
    if how == "revoked":
        licence_services.revoke_licence(
            licence_id=held.licence_id, ground_code="fraud", actor=SYSTEM, at=at
        )
    else:
        at += timedelta(days=31)
    with pytest.raises(LicenceLapsed) as refused:
        services.decide_case(actor=held.setting.approver, case_id=case.pk, outcome="grant", at=at)
    assert "演示经营许可证" in refused.value.text
    assert not Decision.objects.filter(case=case).exists()
    assert uses(held) == ["material"]
    services.decide_case(
        actor=held.setting.approver, case_id=case.pk, outcome="deny", reason="证照失效", at=at
    )
    assert Decision.objects.get(case=case).outcome == "denied"


def test_nothing_is_granted_on_what_the_holder_uploaded_before_its_original_was_seen(
    held: Held,
) -> None:
    """国办函〔2016〕108号: grade C is compared with the original each time."""
    uploaded_by_holder(held)
    case, at, approver = reviewed(held), clock.now(), held.setting.approver
    with pytest.raises(OriginalNotSeen) as refused:
        services.decide_case(actor=approver, case_id=case.pk, outcome="grant", at=at)
    assert "演示经营许可证" in refused.value.text
    assert not Decision.objects.filter(case=case).exists()
    use_id = case.materials.get().licence_use_id
    assert use_id is not None
    page = client_for(held.setting.handler).get(f"/desk/cases/{case.pk}/").content.decode()
    path = f"/desk/licences/copies/{use_id}/original/"
    assert f"{path}?next=/desk/cases/{case.pk}/" in page
    licence_services.note_original(
        actor=known(held.setting.handler), use_id=use_id, note="纸质原件，号码一致", at=at
    )
    services.decide_case(actor=approver, case_id=case.pk, outcome="grant", at=at)
    assert Decision.objects.get(case=case).outcome == "granted"


def test_the_original_seen_for_one_case_does_not_count_for_another(held: Held) -> None:
    uploaded_by_holder(held)
    setting = held.setting
    first, second = reviewed(held), reviewed(held)
    at = clock.now()
    use_id = first.materials.get().licence_use_id
    assert use_id is not None
    licence_services.note_original(actor=known(setting.handler), use_id=use_id, note="原件", at=at)
    services.decide_case(actor=setting.approver, case_id=first.pk, outcome="grant", at=at)
    with pytest.raises(OriginalNotSeen):
        services.decide_case(actor=setting.approver, case_id=second.pk, outcome="grant", at=at)
