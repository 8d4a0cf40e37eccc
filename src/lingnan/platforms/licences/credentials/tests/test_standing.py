"""Token Status List: a verifier anywhere reads how a licence stands today."""

import base64
import zlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor

from ... import services
from ...models import Credential, Licence, StatusList, StatusListChange
from .. import issuing, status
from ..jose import public_key, read_header, verified_claims
from ..testing import Wallet, claims_in, offer_for
from ..types import STATUS_TTL_S

pytestmark = pytest.mark.django_db


def published(row: Credential) -> int:
    """The value at a credential's place, as a stranger reads it."""
    path = urlsplit(status.list_address(row.status_list_id)).path
    answer = Client().get(path)
    assert answer["Content-Type"] == "application/statuslist+jwt"
    return value_of(answer.content.decode(), row)


def value_of(token: str, row: Credential) -> int:
    jwk = Client().get("/.well-known/jwt-vc-issuer").json()["jwks"]["keys"][0]
    key = public_key(jwk)
    assert key is not None
    header = read_header(token)
    assert header is not None and header["typ"] == "statuslist+jwt"
    claims = verified_claims(token, key)
    assert claims is not None
    assert claims["sub"] == status.list_address(row.status_list_id)
    packed = claims["status_list"]["lst"]
    values = zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert claims["status_list"]["bits"] == 2 and len(values) == row.status_list.size // 4
    return values[row.place // 4] >> (row.place % 4 * 2) & 3


def change(licence: Licence, verb: str) -> None:
    services.act_on_licence(
        licence_id=licence.pk, verb=verb, ground="行政许可法 69", actor=SYSTEM, at=clock.now()
    )


def test_it_follows_the_licence(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    wallet.fetch(offer_for(holder, licence))
    row = Credential.objects.get()
    assert published(row) == status.VALID
    change(licence, "suspend")
    assert published(row) == status.SUSPENDED
    change(licence, "resume")
    assert published(row) == status.VALID
    change(licence, "revoke")
    assert published(row) == status.INVALID


def test_past_the_last_day_and_taken_back_it_is_invalid(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    wallet.fetch(offer_for(holder, licence))
    row = Credential.objects.get()
    assert licence.valid_until is not None
    later = clock.now().replace(year=licence.valid_until.year + 1)
    assert status.standing_of(row, on=clock.local_date(later)) == status.INVALID
    issuing.withdraw_credential(actor=holder, credential_id=row.pk, at=clock.now())
    assert published(row) == status.INVALID


def test_places_are_given_by_chance_and_a_half_full_list_takes_no_more(
    holder: Actor, licence: Licence, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _wallet in range(3):
        Wallet().fetch(offer_for(holder, licence))
    places = list(Credential.objects.values_list("place", flat=True))
    assert len(set(places)) == 3 and places != sorted(range(3))
    first = StatusList.objects.get()
    StatusList.objects.update(taken=first.size // 2)
    Wallet().fetch(offer_for(holder, licence))
    assert StatusList.objects.count() == 2


def test_an_unknown_list_is_not_found() -> None:
    assert Client().get(f"/licences/status-lists/{uuid4()}").status_code == 404


def test_a_list_ends_soon(holder: Actor, licence: Licence, wallet: Wallet) -> None:
    wallet.fetch(offer_for(holder, licence))
    token = status.status_list_token(StatusList.objects.get().pk, at=clock.now())
    claims = claims_in(token)
    term = timedelta(seconds=claims["exp"] - claims["iat"])
    assert timedelta(seconds=claims["ttl"]) < term <= timedelta(hours=1)


def test_a_list_is_built_once_and_served_with_one_query_however_long(
    holder: Actor, licence: Licence, wallet: Wallet, django_assert_num_queries: Any
) -> None:
    wallet.fetch(offer_for(holder, licence))
    row = StatusList.objects.get()
    StatusList.objects.update(size=1_000_000)
    first = status.status_list_token(row.pk, at=clock.now())
    with django_assert_num_queries(1):
        second = status.status_list_token(row.pk, at=clock.now())
    assert first == second
    assert published(Credential.objects.get()) == status.VALID


def test_it_is_built_anew_when_something_moves_a_day_begins_or_its_time_is_over(
    holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    wallet.fetch(offer_for(holder, licence))
    row, now = StatusList.objects.get(), clock.now()
    first = status.status_list_token(row.pk, at=now)
    Licence.objects.filter(pk=licence.pk).update(status="suspended", status_ground="by hand")
    second = status.status_list_token(row.pk, at=now)
    assert second != first and StatusListChange.objects.count() == 0
    assert value_of(second, Credential.objects.get()) == status.SUSPENDED
    StatusList.objects.update(built_on=clock.today() - timedelta(days=1))
    status.status_list_token(row.pk, at=now)
    assert StatusList.objects.get().built_on == clock.local_date(now)
    later = now + timedelta(seconds=STATUS_TTL_S + 1)
    assert claims_in(status.status_list_token(row.pk, at=later))["iat"] == int(later.timestamp())


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("verb", ["", "suspend", "revoke", "cancel"])
def test_the_built_list_says_what_each_credential_says(
    holder: Actor, licence: Licence, wallet: Wallet, verb: str, ended: bool
) -> None:
    wallet.fetch(offer_for(holder, licence))
    row = Credential.objects.get()
    if verb:
        change(licence, verb)
    if ended:
        issuing.withdraw_credential(actor=holder, credential_id=row.pk, at=clock.now())
    row = Credential.objects.select_related("licence").get()
    assert published(row) == status.standing_of(row, on=clock.today())
