"""OpenID4VCI 1.0: a licence gets into a wallet once, with its number, bound to the wallet's key."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from joserfc.jwk import ECKey

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.testing import deliver_all, race
from lingnan.platforms.identity.sso.testing import Asking, make_client
from lingnan.platforms.identity.testing import client_for, make_person, make_person_actor

from ... import services
from ...errors import LicenceUnknown, NotValidNow
from ...models import Credential, CredentialOffer, Licence, LicenceUse, SpentNonce
from ...testing import holder_actor, make_holder, make_licence
from .. import issuing, nonces
from ..errors import CredentialEnded, CredentialUnknown
from ..jose import public_key, thumbprint
from ..keys import issuer
from ..offers import make_offer
from ..sdjwt import read_sd_jwt, split
from ..testing import Wallet, decoded, offer_for

pytestmark = pytest.mark.django_db


def read(credential: str) -> dict[str, Any]:
    jwks = Client().get("/.well-known/jwt-vc-issuer").json()["jwks"]["keys"]
    key = public_key(jwks[0])
    assert key is not None
    claims = read_sd_jwt(credential, key)
    assert claims is not None
    return claims


def test_a_credential_says_what_the_licence_says_and_is_bound_to_the_wallet(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    claims = read(credential)
    assert claims["vct"] == f"{issuer()}/licences/credential-types/{licence.type_code}"
    assert claims["cnf"] == {"jwk": wallet.jwk}
    assert claims["holder"] == {"name": "陈美玲", "number": "009999199005170025"}
    assert claims["licence"]["identifier"] == licence.identifier
    assert claims["fields"]["place"] == "演示路 1 号"
    row = Credential.objects.get()
    assert row.key_thumbprint == thumbprint(wallet.jwk)
    assert claims["status"]["status_list"]["idx"] == row.place
    use = LicenceUse.objects.get(licence=licence)
    assert (use.kind, use.used_by) == ("credential", "陈美玲")


def test_nothing_about_the_holder_is_open_without_a_disclosure(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    alone = split(credential)[0] + "~"
    claims = read(alone)
    assert claims["holder"] == {} and claims["licence"] == {} and claims["fields"] == {}
    names = {decoded(text)[1] for text in credential.rstrip("~").split("~")[1:]}
    assert {"name", "number", "identifier", "business_scope", "place"} <= names
    salts = [decoded(text)[0] for text in credential.rstrip("~").split("~")[1:]]
    assert len(set(salts)) == len(salts)


def test_the_offer_stands_at_its_address_until_it_is_taken(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    made = offer_for(holder, licence)
    address = parse_qs(urlsplit(made.link).query)["credential_offer_uri"][0]
    path = urlsplit(address).path
    assert Client().get(path).json() == made.offer
    assert Client().get("/openid4vci/offers/other").status_code == 404
    wallet.fetch(made)
    assert Client().get(path).status_code == 404
    row = CredentialOffer.objects.get()
    secrets = (path.rpartition("/")[2], made.number, wallet.token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(o)::text FROM licences_credentialoffer o")
        text = cursor.fetchone()[0]
    assert row.state == "taken" and not any(secret in text for secret in secrets)


def test_a_code_is_good_once_even_for_two_at_once(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    made = offer_for(holder, licence)
    assert wallet.redeem(made.offer, made.number).status_code == 200
    again = Wallet().redeem(made.offer, made.number)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_five_wrong_numbers_lock_the_offer(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    made = offer_for(holder, licence)
    wrong = f"{(int(made.number) + 1) % 10**6:06}"
    for _attempt in range(5):
        answer = wallet.redeem(made.offer, wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert CredentialOffer.objects.get().state == "locked"
    assert wallet.redeem(made.offer, made.number).json()["error"] == "invalid_grant"
    assert wallet.redeem(made.offer, None).json()["error"] == "invalid_request"


def test_a_code_ends_and_a_new_offer_ends_the_one_before(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    first = offer_for(holder, licence)
    second = offer_for(holder, licence)
    assert wallet.redeem(first.offer, first.number).json()["error"] == "invalid_grant"
    CredentialOffer.objects.filter(pk=second.offer_id).update(
        made_at=clock.now() - timedelta(hours=1), expires_at=clock.now()
    )
    assert wallet.redeem(second.offer, second.number).json()["error"] == "invalid_grant"


def test_only_the_holder_offers_and_only_while_it_is_valid(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    with pytest.raises(LicenceUnknown):
        offer_for(holder_actor(make_holder()), licence)
    made = offer_for(holder, licence)
    wallet.redeem(made.offer, made.number)
    services.suspend_licence(
        licence_id=licence.pk, ground="道路交通安全法 110", actor=SYSTEM, at=clock.now()
    )
    denied = wallet.ask(licence.type_code)
    assert denied.json()["error"] == "credential_request_denied"
    with pytest.raises(NotValidNow):
        make_offer(actor=holder, licence_id=licence.pk, at=clock.now())


def test_a_token_opens_only_what_was_offered(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    other = make_licence(holder=make_holder())
    made = offer_for(holder, licence)
    wallet.redeem(made.offer, made.number)
    assert wallet.ask(other.type_code).json()["error"] == "unknown_credential_configuration"
    token, wallet.token = wallet.token, "other"
    refused = wallet.ask(licence.type_code)
    assert refused.status_code == 401 and "invalid_token" in refused["WWW-Authenticate"]
    wallet.token = token
    CredentialOffer.objects.update(token_until=clock.now())
    assert wallet.ask(licence.type_code).status_code == 401
    assert not Credential.objects.exists()


def test_fetched_again_the_one_before_ends(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    wallet.fetch(offer_for(holder, licence))
    assert wallet.ask(licence.type_code).status_code == 200
    first, second = Credential.objects.order_by("issued_at")
    assert (first.ended_because, second.ended_at) == ("replaced", None)


def refused(wallet: Wallet, licence: Licence, proof: str) -> str:
    answer = wallet.ask(licence.type_code, proof)
    assert answer.status_code == 400
    return str(answer.json()["error"])


def test_proofs_that_prove_nothing(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    """OpenID4VCI 1.0, F.4 and 14.5: each condition broken alone."""
    made = offer_for(holder, licence)
    wallet.redeem(made.offer, made.number)
    now = int(clock.now().timestamp())
    stranger = Wallet()
    assert refused(wallet, licence, wallet.proof(aud="https://other.example")) == "invalid_proof"
    assert refused(wallet, licence, wallet.proof(iat=now - 3600)) == "invalid_proof"
    assert refused(wallet, licence, wallet.proof({"typ": "JWT"})) == "invalid_proof"
    assert refused(wallet, licence, wallet.proof({"jwk": stranger.jwk})) == "invalid_proof"
    secret = {**wallet.jwk, "d": "AAAA"}
    assert refused(wallet, licence, wallet.proof({"jwk": secret})) == "invalid_proof"
    assert refused(wallet, licence, "not.a.jwt") == "invalid_proof"
    assert refused(wallet, licence, wallet.proof(nonce="mine")) == "invalid_nonce"
    old = nonces.make_nonce(at=clock.now() - timedelta(minutes=6))
    assert refused(wallet, licence, wallet.proof(nonce=old)) == "invalid_nonce"
    assert not Credential.objects.exists() and not SpentNonce.objects.exists()
    spent = wallet.proof()
    assert wallet.ask(licence.type_code, spent).status_code == 200
    assert refused(wallet, licence, spent) == "invalid_nonce"


def test_a_key_on_another_curve_is_refused(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    made = offer_for(holder, licence)
    wallet.redeem(made.offer, made.number)
    other = ECKey.generate_key("P-384").as_dict(private=False)
    assert refused(wallet, licence, wallet.proof({"jwk": other})) == "invalid_proof"
    body = {"credential_configuration_id": licence.type_code, "proofs": {"jwt": []}}
    answer = wallet.browser.post(
        "/openid4vci/credential", body, content_type="application/json",
        headers={"Authorization": f"Bearer {wallet.token}"},
    )  # fmt: skip
    assert answer.json()["error"] == "invalid_proof"


def test_a_wallet_tells_what_became_of_it(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    wallet.fetch(offer_for(holder, licence))
    assert wallet.notify("credential_accepted").status_code == 204
    assert Credential.objects.get().ended_at is None
    assert wallet.notify("credential_deleted").status_code == 204
    assert wallet.notify("credential_deleted").status_code == 204
    assert Credential.objects.get().ended_because == "deleted"
    assert wallet.notify("eaten").json()["error"] == "invalid_notification_request"
    wallet.notification = "other"
    assert wallet.notify("credential_deleted").json()["error"] == "invalid_notification_id"


def test_the_holder_takes_it_back(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    wallet.fetch(offer_for(holder, licence))
    row = Credential.objects.get()
    with pytest.raises(CredentialUnknown):
        issuing.withdraw_credential(
            actor=holder_actor(make_holder()), credential_id=row.pk, at=clock.now()
        )
    issuing.withdraw_credential(actor=holder, credential_id=row.pk, at=clock.now())
    with pytest.raises(CredentialEnded):
        issuing.withdraw_credential(actor=holder, credential_id=row.pk, at=clock.now())


def test_what_was_taken_back_is_not_fetched_again_with_the_same_token(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    wallet.fetch(offer_for(holder, licence))
    row = Credential.objects.get()
    issuing.withdraw_credential(actor=holder, credential_id=row.pk, at=clock.now())
    again = wallet.ask(licence.type_code)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_token")
    assert Credential.objects.count() == 1
    wallet.fetch(offer_for(holder, licence))  # by a new offer of the holder's it is
    assert Credential.objects.filter(ended_at=None).count() == 1


def test_who_carries_an_old_version_is_told(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    wallet.fetch(offer_for(holder, licence))
    person = make_person()
    Licence.objects.filter(pk=licence.pk).update(holder_id=person.pk)
    given = make_holder()
    newer = make_licence(
        holder=type(given)(kind="person", id=person.pk, name="陈美玲", code=given.code),
        type_code=licence.type_code, agency_id=licence.agency_id, supersedes_id=licence.pk,
    )  # fmt: skip
    deliver_all()
    client = client_for(make_person_actor(person))
    page = client.get("/messages/").content.decode()
    assert f"/wallet/{newer.pk}/wallets/" in page or "手机钱包中的证照需要更新" in page


@pytest.mark.django_db(transaction=True)
def test_two_wallets_at_once_one_gets_it() -> None:
    licence = make_licence(holder=make_holder())
    given = make_holder()
    actor = holder_actor(
        type(given)(kind="person", id=licence.holder_id, name="陈美玲", code=given.code)
    )
    made = offer_for(actor, licence)
    answers = race([lambda: Wallet().redeem(made.offer, made.number).status_code] * 2)
    assert sorted(answers, key=str) == [200, 400]


def person_with_licence() -> tuple[Any, Licence]:
    person = make_person()
    given = make_holder()
    holder = type(given)(kind="person", id=person.pk, name=person.name, code=given.code)
    return make_person_actor(person), make_licence(holder=holder)


def signed_in_wallet(actor: Actor, *scopes: str) -> tuple[Wallet, str]:
    program = make_client(*scopes, kind="native", auth_method="none")
    asking = Asking(program, scope=" ".join(scopes))
    wallet = Wallet()
    wallet.token = asking.tokens(client_for(actor))["access_token"]
    return wallet, program.client_id


def test_a_registered_wallet_fetches_what_its_user_holds() -> None:
    """The authorisation code grant: sign-in and consent are identity's."""
    actor, licence = person_with_licence()
    wallet, client_id = signed_in_wallet(actor, "openid", "credentials")
    proof = wallet.proof(iss=client_id)
    assert wallet.ask(licence.type_code, proof).status_code == 200
    row = Credential.objects.get()
    assert (row.offer, row.wallet) == (None, "示范企业服务平台")
    assert refused(wallet, licence, wallet.proof(iss="other")) == "invalid_proof"
    other = make_licence(holder=make_holder(), type_code=licence.type_code)
    assert UUID(str(other.holder_id)) != licence.holder_id
    nothing = wallet.ask(make_licence(holder=make_holder()).type_code)
    assert nothing.json()["error"] == "credential_request_denied"


def test_a_token_without_the_scope_fetches_nothing() -> None:
    actor, licence = person_with_licence()
    wallet, _client_id = signed_in_wallet(actor, "openid", "profile")
    answer = wallet.ask(licence.type_code)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
