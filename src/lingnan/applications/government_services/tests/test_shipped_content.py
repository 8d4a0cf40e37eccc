"""What ships is whole: forms, processes, tables, faces and samples of every matter fit together."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders

from lingnan.kernel.actors import Actor
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import make_organisation, make_person, make_person_actor
from lingnan.platforms.workflow import registry
from lingnan.standards.regions.testing import make_region

from ..services import prefill_of, shipped

FOLDERS = shipped.matter_folders()
APPLICANT = {"applicant.name", "applicant.code"}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_the_six_matters_are_here() -> None:
    assert {folder.name for folder in FOLDERS} >= {
        "food_business",
        "residence_permit",
        "company_registration",
        "driving_licence",
        "old_age_allowance",
        "construction_permit",
    }
    theme = read(shipped.FOLDER / "themes" / "start_business.json")
    codes = {read(folder / "item.json")["basic"]["code12"] for folder in FOLDERS}
    assert {child["basic_code"] for child in theme["children"]} <= codes


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_matter_fits_together(folder: Path) -> None:
    item, form = read(folder / "item.json"), read(folder / "form.json")
    asked = form["properties"]
    pages = {name for page in form["x-pages"] for name in page["fields"]}
    assert pages == set(asked), "every field stands on a page, and no page asks another"
    assert set(form["required"]) <= set(asked)
    assert FormDefinition(form).pages()
    for material in item["content"]["materials"]:
        sample = material.get("sample")
        if sample:
            assert finders.find(sample.removeprefix("/static/")), sample
    for field in read(folder / "licence.json")["fields"]:
        kind, _, name = field["from"].partition(".")
        known = {"applicant": field["from"] in APPLICANT, "answers": name in asked}
        assert known.get(kind, kind == "variables"), field["from"]
    assert item["content"]["process_key"] == folder.name
    assert (folder / "process.bpmn").exists()
    decision = item["content"].get("fee_decision_key")
    assert not decision or (folder / f"{decision}.dmn").exists()


def test_every_action_of_a_shipped_process_is_registered() -> None:
    named = set()
    for folder in FOLDERS:
        text = (folder / "process.bpmn").read_text()
        named |= {part.split('"')[0] for part in text.split('lingnan:action="')[1:]}
    assert named and named <= registry.actions()


@pytest.mark.django_db
def test_the_known_address_stands_in_the_form_with_its_source() -> None:
    place = make_region("440106000000")
    person = make_person(address="石牌西路 8 号", region_code=place.code)
    form = FormDefinition(read(shipped.FOLDER / "residence_permit" / "form.json"))
    bound = form.bind({}, page="address", prefill=prefill_of(make_person_actor(person)))
    shown = {field.path: field for field in bound.page_view().fields}
    assert bound.data["region"] == place.code
    assert shown["address"].value == "石牌西路 8 号"
    assert shown["address"].source == shown["region"].source != ""


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["company_registration", "seal_filing", "employer_registration"])
def test_an_agent_of_a_firm_does_not_stand_as_its_legal_representative(slug: str) -> None:
    leader = make_person("陈大文", phone="13800000001")
    firm = make_organisation(leader, name="广州市演示贸易有限公司")
    agent = make_person("李小明", phone="13800000002")
    form = FormDefinition(read(shipped.FOLDER / slug / "form.json"))

    def filled(actor: Actor) -> dict[str, Any]:
        return form.prefilled({}, prefill_of(actor))

    by_agent = filled(make_person_actor(agent, organisation=firm))
    assert by_agent["legal_representative"] == "陈大文"
    assert "document_number" not in by_agent, "his number is his to give"
    assert by_agent["phone"] == "13800000002", "progress is told to who acts"
    by_leader = filled(make_person_actor(leader, organisation=firm))
    number = identity.person(leader.pk).document_number
    assert (by_leader["legal_representative"], by_leader["document_number"]) == ("陈大文", number)
    founder = filled(make_person_actor(agent))
    number = identity.person(agent.pk).document_number
    assert (founder["legal_representative"], founder["document_number"]) == ("李小明", number)
    named = None if slug == "company_registration" else "广州市演示贸易有限公司"
    assert by_agent.get("company_name") == by_leader.get("company_name") == named
    assert "company_name" not in founder


def test_no_form_takes_the_legal_representative_from_whoever_fills_it_in() -> None:
    for folder in FOLDERS:
        for name, field in read(folder / "form.json")["properties"].items():
            if "法定代表人" in field["x-title"]["zh-hans"]:
                part = field["x-prefill"].partition(".")[0]
                assert part in {"legal_representative", "organisation"}, (folder.name, name)
