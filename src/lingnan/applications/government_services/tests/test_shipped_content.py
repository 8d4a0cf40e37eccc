"""What ships is whole: forms, processes, tables, faces and samples of every matter fit together."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders

from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.platforms.identity.testing import make_person, make_person_actor
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
