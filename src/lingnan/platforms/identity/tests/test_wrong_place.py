"""What someone sees who came to a page in a way, or as someone, it is not for."""

import pytest
from django.test import Client

from ..testing import client_for, make_officer_actor, make_person_actor

pytestmark = pytest.mark.django_db


def test_a_wrong_method_is_explained(client: Client) -> None:
    answer = client_for(make_officer_actor("approver")).get("/desk/tasks/complete/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "method_not_allowed" in answer.content.decode()
    assert client.get("/api/v1/nope").status_code == 404


def test_an_officer_goes_wrong_in_the_face_he_works_in() -> None:
    officer = client_for(make_officer_actor("approver"))
    text = officer.get("/desk/nope/").content.decode()
    assert 'class="sidenav"' in text
    assert 'href="/desk/"' in text
    assert 'class="sidenav"' not in officer.get("/nope/").content.decode()


def test_who_stands_at_the_wrong_face_is_told_where_to_go() -> None:
    at_work = client_for(make_officer_actor("approver")).get("/cases/")
    assert (at_work.status_code, "residents_only" in at_work.content.decode()) == (403, True)
    resident = client_for(make_person_actor()).get("/desk/")
    assert (resident.status_code, "officers_only" in resident.content.decode()) == (403, True)
    assert 'class="sidenav"' not in resident.content.decode()
