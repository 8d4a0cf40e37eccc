"""Drafts save themselves, are one per person and item, become one case, and expire."""

from datetime import timedelta

import pytest

from lingnan.kernel import clock
from lingnan.platforms.documents.models import StoredFile
from lingnan.platforms.identity.testing import make_person_actor

from .. import services
from ..errors import DraftNotFound, DraftSubmitted, FormInvalid
from ..models import Case, Draft
from ..testing import ANSWERS, PDF, Setting, make_setting

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting() -> Setting:
    return make_setting()


def _open(setting: Setting) -> Draft:
    return services.open_draft(
        actor=setting.applicant, item_code=setting.item.code31, at=clock.now()
    )


def test_a_draft_is_prefilled_and_opened_once(setting: Setting) -> None:
    draft = _open(setting)
    data = services.draft_answers(draft)
    assert data["applicant_name"] == setting.applicant.name
    assert len(data["document_number"]) == 18
    assert data["document_number"] not in str(draft.data)
    assert _open(setting).pk == draft.pk


def test_answers_are_merged_right_or_wrong(setting: Setting) -> None:
    draft = _open(setting)
    services.save_draft(
        actor=setting.applicant,
        draft_id=draft.pk,
        data={"place": "", "unknown": "x"},
        page="place",
        at=clock.now(),
    )
    saved = services.save_draft(
        actor=setting.applicant,
        draft_id=draft.pk,
        data={"business_scope": "cold"},
        at=clock.now(),
    )
    data = services.draft_answers(saved)
    assert (data["place"], data["business_scope"], saved.page) == ("", "cold", "place")
    assert "unknown" not in data


def test_a_draft_becomes_one_case_however_often_it_is_submitted(setting: Setting) -> None:
    draft = _open(setting)
    actor = setting.applicant
    with pytest.raises(FormInvalid):
        services.submit_draft(actor=actor, draft_id=draft.pk, at=clock.now())
    services.save_draft(actor=actor, draft_id=draft.pk, data=ANSWERS, at=clock.now())
    services.add_upload(
        actor=actor, draft_id=draft.pk, code="M01", content=PDF, name="a.pdf", at=clock.now()
    )
    case = services.submit_draft(actor=actor, draft_id=draft.pk, at=clock.now())
    again = services.submit_draft(actor=actor, draft_id=draft.pk, at=clock.now())
    assert case.pk == again.pk
    assert Case.objects.count() == 1
    draft.refresh_from_db()
    assert (draft.state, draft.data, draft.materials) == ("submitted", {}, [])
    with pytest.raises(DraftSubmitted):
        services.save_draft(actor=actor, draft_id=draft.pk, data={}, at=clock.now())


def test_a_material_taken_out_is_forgotten(setting: Setting) -> None:
    draft = _open(setting)
    actor = setting.applicant
    draft = services.add_upload(
        actor=actor, draft_id=draft.pk, code="M01", content=PDF, name="a.pdf", at=clock.now()
    )
    services.remove_material(
        actor=actor, draft_id=draft.pk, material_id=draft.materials[0]["id"], at=clock.now()
    )
    draft.refresh_from_db()
    assert draft.materials == []
    assert not StoredFile.objects.exists()


def test_another_persons_draft_is_not_there(setting: Setting) -> None:
    draft = _open(setting)
    with pytest.raises(DraftNotFound):
        services.save_draft(actor=make_person_actor(), draft_id=draft.pk, data={}, at=clock.now())


def test_an_untouched_draft_expires_and_is_emptied(setting: Setting) -> None:
    draft = _open(setting)
    services.save_draft(actor=setting.applicant, draft_id=draft.pk, data=ANSWERS, at=clock.now())
    assert services.expire_drafts(at=clock.now() + timedelta(days=89)) == 0
    assert services.expire_drafts(at=clock.now() + timedelta(days=91)) == 1
    draft.refresh_from_db()
    assert (draft.state, draft.data) == ("expired", {})
    assert _open(setting).pk != draft.pk
