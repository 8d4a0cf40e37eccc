"""What an ID token says of how someone showed himself. RFC 8176 2."""

from typing import Any

import pytest

from lingnan.kernel import clock

from ...models import Passkey, Session
from ...testing import make_account, make_person
from ..services.provider import id_token_claims
from ..services.tokens import draft_authorisation
from ..testing import make_client
from ..types import amr


@pytest.mark.parametrize(
    ("methods", "second", "synced", "expected"),
    [
        (["password"], False, False, ["pwd"]),
        (["password", "totp"], True, False, ["pwd", "otp", "mfa"]),
        (["password", "sms_code"], False, False, ["pwd", "sms"]),
        (["password", "face"], False, False, ["pwd", "face"]),
        (["passkey"], True, False, ["hwk", "user", "mfa"]),
        (["passkey"], True, True, ["swk", "user", "mfa"]),
        (["password", "sm2_certificate"], True, False, ["pwd", "swk", "mfa"]),
        (["wechat"], False, False, []),
        (["upstream", "totp"], True, False, ["otp", "mfa"]),
        (["password", "population"], False, False, ["pwd"]),
    ],
)
def test_each_method_is_told_by_its_own_name(
    methods: list[str], second: bool, synced: bool, expected: list[str]
) -> None:
    assert amr(methods, second_factor=second, synced=synced) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("synced", [False, True])
def test_a_token_tells_what_the_session_was_opened_with(synced: bool) -> None:
    account = make_account(make_person())
    key = Passkey.objects.create(
        account=account, credential_id="k", public_key="p", name="手机", is_synced=synced
    )
    now = clock.now()
    common: dict[str, Any] = {"account": account, "last_seen_at": now, "expires_at": now}
    session = Session.objects.create(
        token_digest="d", methods=["passkey"], second_factor=True, passkey=key, **common
    )
    client = make_client("openid").row
    row = draft_authorisation(session=session, client=client, scopes=["openid"], claims={})
    told = id_token_claims(row, at=now)
    assert told["amr"] == ["swk" if synced else "hwk", "user", "mfa"]
    outside = Session.objects.create(token_digest="e", methods=["wechat"], **common)
    row = draft_authorisation(session=outside, client=client, scopes=["openid"], claims={})
    assert "amr" not in id_token_claims(row, at=now)
