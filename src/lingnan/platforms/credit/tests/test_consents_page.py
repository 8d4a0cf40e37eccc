"""A person allows an agency a report on himself: found by name, for a purpose, until a day."""

from datetime import timedelta

import pytest

from lingnan.kernel import clock
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import client_for, make_person, make_person_actor

from ..models import Consent
from ..testing import deliver, make_office, make_source, person_row

pytestmark = pytest.mark.django_db
PAGE = "/credit/mine/consents/"


def test_an_agency_is_found_by_name_and_what_was_typed_stays() -> None:
    make_office()
    source = make_source()
    person = make_person("陈美玲")
    number = identity.person(person.pk).document_number
    deliver(source, person_row(source, name="陈美玲", number=number))
    me = client_for(make_person_actor(person))
    agency = source.agency
    until = (clock.today() + timedelta(days=30)).isoformat()
    typed = {"purpose": "入职审查", "until": until}
    found = me.post(PAGE, {**typed, "agency-q": agency.name[:8], "_find": "agency"})
    page = found.content.decode()
    assert found.status_code == 200 and agency.uscc in page
    assert "入职审查" in page and until in page and "error-summary" not in page
    empty = me.post(PAGE, typed)
    assert empty.status_code == 422 and "入职审查" in empty.content.decode()
    past = me.post(PAGE, {**typed, "agency": agency.uscc, "until": "2020-01-01"})
    assert past.status_code == 422 and not Consent.objects.exists()
    assert me.post(PAGE, {**typed, "agency": agency.uscc}).status_code == 302
    consent = Consent.objects.get()
    assert (consent.agency_id, consent.purpose) == (agency.pk, "入职审查")
    assert agency.name in me.get(PAGE).content.decode()
    assert me.post(PAGE, {"revoke": str(consent.pk)}).status_code == 302
    consent.refresh_from_db()
    assert consent.revoked_at is not None
    assert me.post(PAGE, {"revoke": "x"}).status_code == 404
