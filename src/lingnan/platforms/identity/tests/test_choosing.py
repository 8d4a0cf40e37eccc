"""Matters, agencies and regions are chosen by name, without JavaScript."""

from typing import Any

import pytest

from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.matters.testing import make_published_item
from lingnan.standards.regions.testing import make_region

from .. import queries
from ..choosing import find_agencies, find_matters, find_regions, name_matters
from ..models import Mandate, RoleGrant
from ..testing import client_for, make_officer, make_officer_actor, make_person, make_person_actor

pytestmark = pytest.mark.django_db

PROVINCE, TIANHE = "440000000000", "440106000000"


@pytest.fixture
def places() -> Any:
    for code in (PROVINCE, TIANHE):
        make_region(code)
    return make_agency("public_security", TIANHE)


@pytest.fixture
def matter(places: Any) -> str:
    """A published matter; its code of 12 characters."""
    item = make_published_item(places.id, name="居住证申领", everyday_words=["暂住证"])
    return find_matters("居住证")[0].value if item else ""


def test_everyday_words_and_pinyin_find_matters(matter: str) -> None:
    for words in ("居住证", "暂住证", "jzz", "juzhuzheng"):
        assert [choice.value for choice in find_matters(words)] == [matter]
    assert name_matters([matter, "999999999999"])[0].label == "居住证申领"
    assert name_matters(["999999999999"])[0].label == "999999999999"


def test_names_and_pinyin_find_regions_and_agencies(places: Any) -> None:
    assert [choice.value for choice in find_regions("tianhe")] == [TIANHE]
    for words in ("天河", "tianhe", places.name[-4:], places.uscc):
        assert places.uscc in [choice.value for choice in find_agencies(words)], words
    assert find_regions("") == find_agencies("") == []


def test_a_search_keeps_what_was_typed_and_judges_nothing(matter: str) -> None:
    client = client_for(make_person_actor())
    typed = {"agent_name": "黄小华", "valid_from": "2026-12-01", "item_codes-q": "暂住证"}
    answer = client.post("/account/mandates/new/", {**typed, "_find": "item_codes"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="黄小华"' in text
    assert 'value="2026-12-01"' in text
    assert f'name="item_codes" value="{matter}"' in text
    assert "field__error" not in text
    assert not Mandate.objects.exists()


def test_words_not_searched_for_are_searched_and_never_dropped(matter: str) -> None:
    client = client_for(make_person_actor())
    answer = client.post("/account/mandates/new/", {"item_codes-q": "居住证"})
    assert answer.status_code == 200
    assert matter in answer.content.decode()


def test_what_is_ticked_becomes_the_mandate_and_is_shown_by_name(matter: str) -> None:
    person = make_person(name="黄小华")
    client = client_for(make_person_actor())
    body = {
        "agent_name": "黄小华",
        "agent_document_type": "resident_id",
        "agent_document_number": queries.person(person.pk).document_number,
        "relation": "relative",
        "item_codes": [matter],
        "item_codes-q": "居住证",
        "item_codes-asked": "居住证",
        "valid_from": "2030-01-01",
        "valid_until": "2030-12-31",
    }
    wrong = client.post("/account/mandates/new/", {**body, "valid_until": "2029-01-01"})
    assert wrong.status_code == 422
    assert f'value="{matter}" checked' in wrong.content.decode()
    done = client.post("/account/mandates/new/", body)
    assert done.status_code == 302, done.content.decode()
    assert Mandate.objects.get().item_codes == [matter]
    assert "居住证申领" in client.get("/account/mandates/").content.decode()


def test_a_role_is_granted_to_a_region_found_by_pinyin(places: Any) -> None:
    officer = make_officer(agency_id=places.id)
    client = client_for(make_officer_actor("security_admin", region_code=PROVINCE))
    address = f"/desk/officers/{officer.pk}/"
    found = client.post(address, {"role": "approver", "region_code-q": "tianhe", "agency": ""})
    assert found.status_code == 200
    assert f'name="region_code" value="{TIANHE}"' in found.content.decode()
    assert not RoleGrant.objects.filter(officer=officer).exists()
    body = {"role": "approver", "agency": "", "region_code": TIANHE}
    assert client.post(address, body).status_code == 302
    assert RoleGrant.objects.get(officer=officer).region_path.endswith(f"{TIANHE}/")
