"""What was taken back, has run out, or nobody has proved opens nothing and is told to no one."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor

from ... import queries
from ...errors import FirmNotProven, ProofUnknown
from ...models import Account, Authorisation, Consent, Person, UpstreamProvider
from ...services import identify, make_api_token, register_organisation, start_proof, update_contact
from ...testing import (
    client_for,
    firm_number,
    make_account,
    make_officer,
    make_person,
    make_person_actor,
    session_token,
)
from ...types import NO_DEVICE
from .. import services
from ..errors import ConsentGone
from ..queries import released, subject_for
from ..services import tokens, upstream
from ..services.clients import DEVICE_GRANT
from ..testing import PURPOSE, Asking, make_client, make_owner

pytestmark = pytest.mark.django_db


def in_session(actor: Actor) -> Actor:
    found = identify(token=session_token(actor), at=clock.now(), address="127.0.0.1")
    assert found is not None
    return found.actor


def refresh(asking: Asking, token: str) -> Any:
    data = {"grant_type": "refresh_token", "refresh_token": token}
    return Browser().post("/oauth/token", data, headers=asking.client.basic)


def unproven_firm() -> Actor:
    """Someone who acts for a firm that he named and did not prove."""
    leader = make_person()
    make_account(leader)
    firm = register_organisation(
        actor=queries.actor_of_person(leader.pk),
        name="演示自报有限公司",
        registration_number=firm_number(),
        legal_representative_id=leader.pk,
        at=clock.now(),
    )
    return make_person_actor(leader, organisation=firm)


def test_a_consent_withdrawn_while_the_page_was_answered_opens_nothing() -> None:
    now, client = clock.now(), make_client().row
    actor = in_session(make_person_actor())
    draft = tokens.draft_authorisation(
        session=tokens.session_of(actor), client=client, scopes=["openid", "profile"], claims={}
    )
    given = services.give_consent(
        actor=actor, client=client, scopes=draft.scopes, claims=[], at=now
    )
    services.withdraw_consent(actor=actor, consent_id=given.pk, at=now)
    with pytest.raises(ConsentGone):
        tokens.authorise(actor=actor, draft=draft, at=now)
    assert not Authorisation.objects.exists()


def test_access_offline_is_not_renewed_beyond_the_consent() -> None:
    asking = Asking(make_client("openid", "offline_access"), scope="openid offline_access")
    first = asking.tokens(client_for(make_person_actor()))["refresh_token"]
    answer = refresh(asking, first)
    assert answer.status_code == 200
    over = clock.now() - timedelta(seconds=1)
    Consent.objects.update(given_at=over - timedelta(days=365), until=over)
    late = refresh(asking, answer.json()["refresh_token"])
    assert late.status_code == 400 and late.json()["error"] == "invalid_grant"


def test_a_kiosk_does_not_take_the_sector_of_anothers_host() -> None:
    site = make_client().row
    kiosk = make_client(
        "openid", "profile", kind="device", auth_method="none", grant_types=[DEVICE_GRANT]
    ).row
    assert kiosk.redirect_uris == site.redirect_uris
    account = make_account()
    assert subject_for(kiosk, account.pk) != subject_for(site, account.pk)


def test_a_firm_nobody_has_proved_is_told_to_no_program_and_registers_none() -> None:
    actor = in_session(unproven_firm())
    assert actor.principal is not None and actor.principal.kind == "organisation"
    client = make_client("openid", "organisation").row
    draft = tokens.draft_authorisation(
        session=tokens.session_of(actor),
        client=client,
        scopes=["openid", "organisation"],
        claims={},
    )
    assert "organisation" not in released(draft, "userinfo")
    with pytest.raises(FirmNotProven):
        make_client(owner=actor)


def test_a_key_for_something_else_registers_no_program() -> None:
    actor = in_session(make_owner())
    sent = {
        "client_name": "示范平台",
        "redirect_uris": ["https://rp.example.cn/callback"],
        "scope": "openid profile",
        "purposes": {"profile": PURPOSE},
        "contacts": ["ops@rp.example.cn"],
    }
    for scope, status in (("licences", 403), ("identity", 201)):
        made = make_api_token(actor=actor, name="x", scopes=[scope], days=1, at=clock.now())
        browser = Browser(headers={"Authorization": f"Bearer {made.token}"})
        answer = browser.post("/oauth/register", sent, content_type="application/json")
        assert answer.status_code == status, answer.content


def test_a_level_elsewhere_is_no_second_factor_here() -> None:
    person = make_person("陈美玲")
    make_officer(person=person)
    provider = UpstreamProvider.objects.create(
        code="city", name="示范市", issuer="https://city.example.cn", client_id="x"
    )
    arrived = upstream.Arrived(
        subject="s-1",
        level=4,
        name="陈美玲",
        document_type="resident_id",
        document_number=queries.person(person.pk).document_number,
    )

    def arrive() -> Any:
        return upstream._sign_in(
            provider, arrived, network_address="127.0.0.1", device=NO_DEVICE, at=clock.now()
        )

    opened = arrive()
    assert opened.stage == "open"
    found = identify(token=opened.token, at=clock.now(), address="127.0.0.1")
    assert found is not None and not tokens.session_of(found.actor).second_factor
    Account.objects.filter(person=person).update(
        totp_secret_sealed="x", totp_confirmed_at=clock.now()
    )
    assert arrive().stage == "code"


def test_a_number_put_in_a_moment_ago_raises_no_session() -> None:
    person = make_person(phone="13800138000")
    actor = in_session(make_person_actor(person))
    start_proof(actor=actor, method="sms_code", at=clock.now())
    contact = {"email": "", "address": "x", "region_code": ""}
    update_contact(actor=actor, phone="13800138000", at=clock.now(), **contact)
    start_proof(actor=actor, method="sms_code", at=clock.now())
    Person.objects.filter(pk=person.pk).update(phone_changed_at=clock.now())
    with pytest.raises(ProofUnknown):
        start_proof(actor=actor, method="sms_code", at=clock.now())
    person.refresh_from_db()
    person.phone_changed_at = clock.now() - timedelta(hours=73)
    person.save()
    start_proof(actor=actor, method="sms_code", at=clock.now())
