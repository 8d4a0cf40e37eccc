"""A token is never wider than what it was made for."""

import pytest
from django.test import Client

from lingnan.platforms.identity.testing import client_for, make_person_actor, session_token


def scoped_client(scopes: list[str]) -> Client:
    """A client with an API token of a resident's, narrowed to some modules."""
    session = session_token(make_person_actor())
    made = Client(headers={"Authorization": f"Bearer {session}"}).post(
        "/api/v1/me/tokens",
        data={"name": "till", "scopes": scopes, "days": 30},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content
    return Client(headers={"Authorization": f"Bearer {made.json()['token']}"})


@pytest.mark.django_db
def test_a_token_for_one_module_opens_no_other() -> None:
    client = scoped_client(["licences"])
    assert client.get("/api/v1/licences").status_code == 200
    refused = client.get("/api/v1/cases")
    assert refused.status_code == 403
    assert refused.json()["facts"] == {"scope": "government_services"}
    posted = client.post("/api/v1/cases", data={}, content_type="application/json")
    assert posted.status_code == 403
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.django_db
def test_without_scopes_the_session_reaches_everything_of_its_own() -> None:
    client = client_for(make_person_actor(), bearer=True)
    assert client.get("/api/v1/licences").status_code == 200
    assert client.get("/api/v1/cases").status_code == 200
