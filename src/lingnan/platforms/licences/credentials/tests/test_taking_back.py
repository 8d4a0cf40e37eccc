"""A credential that was taken back stays away: no token, old or new, brings it again by itself."""

from datetime import timedelta
from typing import Any

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.testing import race
from lingnan.platforms.identity.models import Authorisation, Consent
from lingnan.platforms.identity.sso.testing import Asking, make_client
from lingnan.platforms.identity.testing import client_for, make_person, make_person_actor

from ...models import Credential, CredentialOffer, Licence
from ...testing import make_holder, make_licence
from .. import issuing, offers
from ..testing import Wallet, offer_for

pytestmark = pytest.mark.django_db


def person_with_licence() -> tuple[Actor, Licence]:
    person = make_person()
    given = make_holder()
    holder = type(given)(kind="person", id=person.pk, name=person.name, code=given.code)
    return make_person_actor(person), make_licence(holder=holder)


def sign_in(program: Any, actor: Actor) -> Wallet:
    wallet = Wallet()
    asking = Asking(program, scope="openid credentials")
    wallet.token = asking.tokens(client_for(actor))["access_token"]
    return wallet


def take_back(actor: Actor) -> None:
    row = Credential.objects.get(ended_at=None)
    issuing.withdraw_credential(actor=actor, credential_id=row.pk, at=clock.now())


def test_a_wallet_one_signed_in_at_does_not_fetch_it_again() -> None:
    actor, licence = person_with_licence()
    program = make_client("openid", "credentials", kind="native", auth_method="none")
    wallet = sign_in(program, actor)
    assert wallet.ask(licence.type_code).status_code == 200
    take_back(actor)
    again = wallet.ask(licence.type_code)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_token")
    assert Credential.objects.count() == 1
    ended = Authorisation.objects.get(client__client_id=program.client_id)
    assert ended.ended_because == "consent_withdrawn"
    live = Consent.objects.get(client__client_id=program.client_id, withdrawn_at=None)
    assert live.scopes == ["openid"]  # what else was agreed stays


def test_it_has_to_ask_its_user_anew() -> None:
    actor, licence = person_with_licence()
    program = make_client("openid", "credentials", kind="native", auth_method="none")
    assert sign_in(program, actor).ask(licence.type_code).status_code == 200
    take_back(actor)
    second = sign_in(program, actor)  # the person agrees on the page again
    assert second.ask(licence.type_code).status_code == 200
    assert Consent.objects.get(client__client_id=program.client_id, withdrawn_at=None).scopes == [
        "credentials",
        "openid",
    ]


def test_another_program_of_the_same_person_goes_on() -> None:
    actor, licence = person_with_licence()
    programs = [
        make_client("openid", "credentials", kind="native", auth_method="none") for _n in range(2)
    ]
    lost, kept = (sign_in(program, actor) for program in programs)
    assert lost.ask(licence.type_code).status_code == 200
    take_back(actor)
    assert kept.ask(licence.type_code).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_fetching_again_in_the_very_moment_gains_nothing() -> None:
    actor, licence = person_with_licence()
    program = make_client("openid", "credentials", kind="native", auth_method="none")
    wallet = sign_in(program, actor)
    assert wallet.ask(licence.type_code).status_code == 200
    first = Credential.objects.get()

    def withdraw() -> str:
        issuing.withdraw_credential(actor=actor, credential_id=first.pk, at=clock.now())
        return "withdrawn"

    answers = race([lambda: wallet.ask(licence.type_code).status_code, withdraw])
    # Before it, or refused: never a credential that began after the other was taken back.
    first.refresh_from_db()
    later = Credential.objects.exclude(pk=first.pk)
    assert "withdrawn" in answers
    assert later.exists() == (200 in answers)
    assert wallet.ask(licence.type_code).status_code == 401


def test_offers_that_ended_are_forgotten(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    offer_for(holder, licence)
    wallet.fetch(offer_for(holder, licence))
    now = clock.now()
    assert offers.sweep_offers(at=now) == 0
    assert offers.sweep_offers(at=now + timedelta(days=2)) == 1
    used = CredentialOffer.objects.get()
    assert used.state == "taken"
    assert offers.sweep_offers(at=now + timedelta(days=3 * 365 + 1)) == 1
    assert Credential.objects.get().offer is None
    assert not CredentialOffer.objects.exists()
