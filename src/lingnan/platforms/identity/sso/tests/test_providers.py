"""Two persons decide whose sign-in is accepted. GB/T 22239-2019 8.1.4.2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import check_routes
from lingnan.security.audit.models import Entry
from lingnan.standards.agencies.testing import make_agency

from ...errors import NotToOneself
from ...models import Officer, UpstreamChange, UpstreamLink, UpstreamProvider
from ...simulator_saml import SamlProvider
from ...testing import client_for, make_account, make_officer_actor, make_person, make_person_actor
from ..errors import ProviderChangeDecided, ProviderChangeWaits, ProviderWrong
from ..services import providers

pytestmark = pytest.mark.django_db
IDP = SamlProvider("https://idp.example.cn")
PROVINCE, CITY = "440000000000", "440100000000"
SM2_CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBbjCCAROgAwIBAgIUDfbnLn1ExEZjUYJ3tqvSMv/SDggwCgYIKoEcz1UBg3Uw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjYxOTQzMTNaFw0yNjEyMjYxOTQzMTNaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqgRzPVQGCLQNCAAQUUaP9Ezomsp4D
UzFeRux9wZAE/Gy/a2YgRrOeOkBomulcVNQF5A26wBLoVozzL/MSazB0jKnivLm8
a1zHn7Uio1MwUTAdBgNVHQ4EFgQUB/RcQ7iwqTyBmIRgBPBdQTPPCuYwHwYDVR0j
BBgwFoAUB/RcQ7iwqTyBmIRgBPBdQTPPCuYwDwYDVR0TAQH/BAUwAwEB/zAKBggq
gRzPVQGDdQNJADBGAiEA5WBG5algSIFw+nf5fV9gwcPB1IOH9cuQe5QiwwsjM5gC
IQDX9JASxok0xhPMB3tVpOrpHXDmezOpqH6gsoPdpGeXnw==
-----END CERTIFICATE-----
"""


def admin() -> Actor:
    return make_officer_actor("security_admin", region_code=PROVINCE)


def described(**changes: Any) -> dict[str, Any]:
    return {
        "protocol": "saml",
        "name": "国家统一身份认证",
        "issuer": IDP.entity_id,
        "sso_url": IDP.sso_url,
        "certificates": IDP.certificate,
        "levels": {"urn:demo:level:2": 2},
        "default_level": 1,
        "link_level": 2,
        "is_test": True,
        **changes,
    }


def propose(actor: Actor, code: str = "nation", secret: str = "", **changes: Any) -> UpstreamChange:
    return providers.propose_provider(
        actor=actor, code=code, values=described(**changes), secret=secret, at=clock.now()
    )


def test_one_proposes_another_enables_either_ends_it() -> None:
    one, two = admin(), admin()
    change = propose(one)
    assert not UpstreamProvider.objects.exists()
    with pytest.raises(NotToOneself):
        providers.enable_change(actor=one, change_id=change.pk, at=clock.now())
    with pytest.raises(ProviderChangeWaits):
        propose(two)
    row = providers.enable_change(actor=two, change_id=change.pk, at=clock.now())
    assert (row.code, row.active, row.protocol) == ("nation", True, "saml")
    with pytest.raises(ProviderChangeDecided):
        providers.enable_change(actor=two, change_id=change.pk, at=clock.now())
    providers.disable_provider(actor=one, code="nation", at=clock.now())
    assert not UpstreamProvider.objects.get().active
    with pytest.raises(NotFound):
        providers.disable_provider(actor=one, code="nation", at=clock.now())


def test_a_change_counts_only_once_enabled_and_keeps_the_secret() -> None:
    one, two = admin(), admin()
    oidc = {
        "protocol": "oidc",
        "issuer": "https://city.example.cn",
        "client_id": "us",
        "sso_url": "",
        "certificates": "",
    }
    first = propose(one, code="city", secret="s3cret-s3cret", **oidc)
    providers.enable_change(actor=two, change_id=first.pk, at=clock.now())
    kept = UpstreamProvider.objects.get().client_secret_sealed
    assert kept and "s3cret" not in kept and "s3cret" not in str(first.values)
    change = propose(one, code="city", **{**oidc, "client_id": "we"})
    assert UpstreamProvider.objects.get().client_id == "us"
    providers.decline_change(actor=one, change_id=change.pk, at=clock.now())
    change = propose(one, code="city", **{**oidc, "client_id": "we"})
    providers.enable_change(actor=two, change_id=change.pk, at=clock.now())
    row = UpstreamProvider.objects.get()
    assert (row.client_id, row.client_secret_sealed) == ("we", kept)


def test_one_human_being_with_two_accounts_is_one_person() -> None:
    behind = make_person("方一心")
    one, two = admin(), make_officer_actor("security_admin", region_code=PROVINCE, record_of=behind)
    assert one.account_id is not None
    Officer.objects.create(  # his other post says who he is
        account_id=one.account_id,
        person=behind,
        name="方一心",
        agency_id=make_agency("other", CITY).id,
    )
    change = propose(one)
    with pytest.raises(NotToOneself):
        providers.enable_change(actor=two, change_id=change.pk, at=clock.now())
    assert not UpstreamProvider.objects.exists()


def test_under_another_issuer_a_subject_is_not_whom_it_was() -> None:
    one, two = admin(), admin()
    row = providers.enable_change(actor=two, change_id=propose(one).pk, at=clock.now())
    account_id = make_person_actor().account_id
    assert account_id is not None
    link = UpstreamLink.objects.create(provider=row, account_id=account_id, subject="1001")
    change = propose(one, name="国家身份认证")
    providers.enable_change(actor=two, change_id=change.pk, at=clock.now())
    link.refresh_from_db()
    assert link.ended_at is None
    change = propose(one, issuer="https://other.example.cn/idp")
    providers.enable_change(actor=two, change_id=change.pk, at=clock.now())
    link.refresh_from_db()
    assert link.ended_at is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "Nation!"},
        {"name": ""},
        {"protocol": "ldap"},
        {"sso_url": "javascript:alert(1)"},
        {"sso_url": "http://idp.example.cn/"},
        {"certificates": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"},
        {"certificates": ""},
        {"certificates": SM2_CERTIFICATE},
        {"levels": {"urn:x": 9}},
        {"link_level": 1},
        {"protocol": "oidc", "issuer": "https://x.cn", "client_id": ""},
        {"protocol": "oidc", "issuer": "nonsense", "client_id": "us"},
    ],
)
def test_what_is_described_badly_is_not_proposed(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderWrong):
        propose(admin(), **changes)
    assert not UpstreamChange.objects.exists()


def test_pages_and_api_propose_enable_test_and_end() -> None:
    one, two = client_for(admin()), client_for(admin())
    typed = {
        "code": "nation",
        "name": "国家统一身份认证",
        "protocol": "saml",
        "issuer": IDP.entity_id,
        "sso_url": IDP.sso_url,
        "certificates": IDP.certificate,
        "name_claim": "name",
        "document_type_claim": "document_type",
        "document_number_claim": "document_number",
        "levels": "urn:demo:level:2 = 2\nurn:demo:level:3 = 3",
        "default_level": "1",
        "link_level": "2",
    }
    wrong = one.post("/desk/sign-in-providers/new/", {**typed, "levels": "urn:x"})
    assert wrong.status_code == 422 and "error-summary" in wrong.content.decode()
    done = one.post("/desk/sign-in-providers/new/", typed)
    assert done["Location"] == "/desk/sign-in-providers/"
    (waiting,) = two.get("/api/v1/upstream-providers/changes").json()["items"]
    path = f"/desk/sign-in-providers/changes/{waiting['id']}/"
    assert one.post(path, {"act": "enable"}).status_code == 403
    assert two.post(path, {"act": "enable"})["Location"] == "/desk/sign-in-providers/"
    (row,) = two.get("/api/v1/upstream-providers").json()["items"]
    assert row["active"] and row["levels"] == {"urn:demo:level:2": 2, "urn:demo:level:3": 3}
    assert row["return_url"].endswith("/account/sign-in/with/nation/acs/")
    assert "国家统一身份认证" in one.get("/desk/sign-in-providers/").content.decode()
    looked = one.get("/desk/sign-in-providers/nation/?test=1")
    assert looked.status_code == 200 and "tag--green" in looked.content.decode()
    probes = two.post("/api/v1/upstream-providers/nation/test").json()["items"]
    assert all(probe["held"] for probe in probes) and len(probes) == 2
    assert "level:3 = 3" in one.get("/desk/sign-in-providers/nation/edit/").content.decode()
    assert one.post("/desk/sign-in-providers/nation/end/").status_code == 302
    assert two.post("/api/v1/upstream-providers/nation/end").status_code == 404
    body = {**described(), "code": "second"}
    made = one.post("/api/v1/upstream-providers/changes", body, content_type="application/json")
    assert made.status_code == 201, made.content
    change = f"/api/v1/upstream-providers/changes/{made.json()['id']}"
    assert one.post(f"{change}/enabling").status_code == 403
    assert two.post(f"{change}/refusal").status_code == 204
    assert two.post(f"{change}/enabling").status_code == 409


def test_who_may_open_what() -> None:
    no = str(uuid4())
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "system": client_for(make_officer_actor("system_admin", region_code=CITY), bearer=True),
        "security": client_for(admin(), bearer=True),
        "security below": client_for(
            make_officer_actor("security_admin", region_code=CITY), bearer=True
        ),
    }

    def who(*statuses: int) -> dict[str, int]:
        """Whoever does not hold the whole platform is refused as a system administrator is."""
        return dict(zip(clients, (*statuses, statuses[2]), strict=True))

    check_routes(
        clients,
        [
            ("GET", "/desk/sign-in-providers/", who(302, 403, 403, 200)),
            ("GET", "/desk/sign-in-providers/new/", who(302, 403, 403, 200)),
            ("GET", "/desk/sign-in-providers/nowhere/", who(302, 403, 403, 404)),
            ("GET", "/desk/sign-in-providers/nowhere/edit/", who(302, 403, 403, 404)),
            ("POST", "/desk/sign-in-providers/nowhere/end/", who(302, 403, 403, 404)),
            ("POST", f"/desk/sign-in-providers/changes/{no}/", who(302, 403, 403, 404)),
            ("GET", "/api/v1/upstream-providers", who(401, 403, 403, 200)),
            ("GET", "/api/v1/upstream-providers/changes", who(401, 403, 403, 200)),
            ("POST", "/api/v1/upstream-providers/nowhere/end", who(401, 403, 403, 404)),
            ("POST", "/api/v1/upstream-providers/nowhere/test", who(401, 403, 403, 404)),
            (
                "POST",
                f"/api/v1/upstream-providers/changes/{no}/enabling",
                who(401, 403, 403, 404),
            ),
        ],
    )


def test_whoever_enables_a_change_reads_what_it_changes() -> None:
    first, second = admin(), admin()
    providers.enable_change(actor=second, change_id=propose(first).pk, at=clock.now())
    propose(first, levels={"urn:demo:level:2": 4}, default_level=3)
    page = client_for(second).get("/desk/sign-in-providers/").content.decode()
    assert "urn:demo:level:2 = 2</s> → urn:demo:level:2 = 4" in page
    assert "1</s> → 3" in page and IDP.sso_url not in page, "what stays is not repeated"
    (told,) = (
        client_for(second, bearer=True).get("/api/v1/upstream-providers/changes").json()["items"]
    )
    assert told["values"]["default_level"] == 3 and told["present"]["default_level"] == 1
    assert told["has_new_secret"] is False


def test_whoever_enables_a_change_of_one_switched_off_reads_that_it_is_switched_on() -> None:
    first, second = admin(), admin()
    providers.enable_change(actor=second, change_id=propose(first).pk, at=clock.now())
    propose(first, name="国家身份认证")
    client = client_for(second)
    assert "启用状态" not in client.get("/desk/sign-in-providers/").content.decode()
    address = "/api/v1/upstream-providers/changes"
    assert client.get(address).json()["items"][0]["present"]["active"] is True
    providers.disable_provider(actor=first, code="nation", at=clock.now())
    page = client.get("/desk/sign-in-providers/").content.decode()
    row = page[page.index("<dt>启用状态</dt>") :].split("</dd>")[0]
    assert "否</s> → 是" in row
    assert client.get(address).json()["items"][0]["present"]["active"] is False


def run(*arguments: str, secret: str = "") -> str:
    said = StringIO()
    with patched_stdin(secret):
        call_command("upstream_provider", *arguments, stdout=said)
    return said.getvalue()


@contextmanager
def patched_stdin(text: str) -> Iterator[None]:
    before, sys.stdin = sys.stdin, StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before


def test_the_operator_of_the_machine_passes_the_second_person_over_and_it_is_written_down() -> None:
    address = "https://idp.example.cn"
    new = ("city", "--name", "市统一身份认证", "--issuer", address, "--client-id", "x")
    with pytest.raises(CommandError):  # as on the desk: no secret
        run(*new)
    assert not UpstreamProvider.objects.exists() and not Entry.objects.filter(
        act="identity.upstream_set_by_operator"
    )
    assert "without a second person" in run(*new, secret="s" * 32)
    row = UpstreamProvider.objects.get(code="city")
    account = make_account(make_person())
    link = UpstreamLink.objects.create(provider=row, account=account, subject="1")
    with pytest.raises(CommandError):
        run("city", "--issuer", "http://elsewhere.example.cn")
    run("city", "--issuer", "https://elsewhere.example.cn")
    link.refresh_from_db()
    assert link.ended_at is not None, "under another issuer a subject is someone else"
    run("city", "--off")
    assert "off" in run()
    kept = Entry.objects.filter(act="identity.upstream_set_by_operator").order_by("id")
    assert [entry.facts["changed"] for entry in kept] == [
        ["client_id", "issuer", "name", "secret"],
        ["issuer"],
        ["active"],
    ]
    assert {entry.object_id for entry in kept} == {"city"}


def test_one_is_switched_off_also_where_what_is_kept_of_it_is_wrong_by_now() -> None:
    providers.enable_change(actor=admin(), change_id=propose(admin()).pk, at=clock.now())
    UpstreamProvider.objects.update(certificates=SM2_CERTIFICATE)  # taken in former days
    for wrong in (("--on",), ("--off", "--name", "x" * 20)):
        with pytest.raises(CommandError):
            run("nation", *wrong)
        assert UpstreamProvider.objects.get().active
    with pytest.raises(CommandError):
        run("nation", "--off", secret="s" * 32)
    run("nation", "--off")
    assert not UpstreamProvider.objects.get().active
