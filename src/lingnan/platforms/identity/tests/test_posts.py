"""A post on someone's account waits for his consent. GB/T 22239-2019 8.1.4.2."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.testing import check_routes, race
from lingnan.platforms.messaging.models import Message
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.regions.testing import make_region

from .. import queries, services
from ..errors import AlreadyOfficer, DetailsWrong, NotToOneself, PostOfferOver
from ..models import Account, Officer, PostOffer, RoleGrant
from ..testing import (
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
    session_token,
)
from .test_passkeys import signed_in
from .test_window import TIANHE, YUEXIU

AT = clock.now()


def owner() -> tuple[Account, Actor]:
    account = make_account(make_person("陈美玲"))
    return account, signed_in(account)


def offer(admin: Actor, account: Account, place: str = TIANHE, **other: object) -> PostOffer:
    values: dict[str, object] = {
        "name": "陈美玲",
        "agency_id": make_agency("other", place).id,
        "username": account.username,
        **other,
    }
    return services.offer_post(actor=admin, at=clock.now(), **values)  # type: ignore[arg-type]


def system() -> Actor:
    return make_officer_actor("system_admin", region_code=TIANHE)


@pytest.mark.django_db
def test_a_post_counts_only_once_its_owner_has_accepted() -> None:
    account, actor = owner()
    made = offer(system(), account)
    assert not Officer.objects.filter(account=account).exists()
    assert [choice.kind for choice in queries.choices_of(account)] == ["person"]
    (told,) = Message.objects.filter(template="identity.post_offered")
    assert (told.person_id, told.link) == (account.person_id, "/account/posts/")
    officer = services.accept_post(actor=actor, offer_id=made.pk, at=clock.now())
    assert (officer.account_id, officer.person_id) == (account.pk, account.person_id)
    assert [choice.kind for choice in queries.choices_of(account)] == ["person", "officer"]
    with pytest.raises(PostOfferOver):
        services.accept_post(actor=actor, offer_id=made.pk, at=clock.now())


@pytest.mark.django_db
def test_declined_taken_back_or_too_late_it_counts_for_nothing() -> None:
    account, actor = owner()
    admin = system()
    declined = offer(admin, account)
    services.decline_post(actor=actor, offer_id=declined.pk, at=clock.now())
    back = offer(admin, account)
    services.withdraw_post(actor=admin, offer_id=back.pk, at=clock.now())
    late = offer(admin, account)
    for row, at in ((declined, AT), (back, AT), (late, clock.now() + timedelta(days=31))):
        with pytest.raises(PostOfferOver):
            services.accept_post(actor=actor, offer_id=row.pk, at=at)
    assert not Officer.objects.filter(account=account).exists()
    with pytest.raises(AlreadyOfficer):
        offer(admin, account)  # the last one still waits
    PostOffer.objects.filter(pk=late.pk).update(expires_at=clock.now() - timedelta(days=1))
    fresh = offer(admin, account)
    assert PostOffer.objects.get(pk=late.pk).state == "expired"
    services.accept_post(actor=actor, offer_id=fresh.pk, at=clock.now())


@pytest.mark.django_db
def test_only_within_reach_to_others_and_by_their_own_name() -> None:
    account, _actor = owner()
    admin = system()
    with pytest.raises(Forbidden):
        offer(admin, account, YUEXIU)
    with pytest.raises(Forbidden):
        offer(make_officer_actor("security_admin", region_code=TIANHE), account)
    for wrong in ({"name": "王小明"}, {"username": "nobody"}):
        with pytest.raises(DetailsWrong):
            offer(admin, account, **wrong)
    assert admin.account_id is not None
    own = Account.objects.get(pk=admin.account_id)
    with pytest.raises(NotToOneself):
        offer(admin, own, name=admin.name)
    person = make_person("陈美玲")
    here = make_agency("other", TIANHE)
    make_officer("window_clerk", agency_id=here.id, person=person)
    with pytest.raises(AlreadyOfficer):
        offer(admin, Account.objects.get(person=person))
    assert not PostOffer.objects.exists()


@pytest.mark.django_db
def test_nobody_else_answers_it() -> None:
    account, actor = owner()
    made = offer(system(), account)
    stranger = signed_in(make_account())
    for act in (services.accept_post, services.decline_post):
        with pytest.raises(NotFound):
            act(actor=stranger, offer_id=made.pk, at=clock.now())
    elsewhere = make_officer_actor("system_admin", region_code=YUEXIU)
    with pytest.raises(NotFound):
        services.withdraw_post(actor=elsewhere, offer_id=made.pk, at=clock.now())
    token = services.make_api_token(
        actor=actor, name="程序", scopes=["identity"], days=5, at=clock.now()
    )
    program = client_for()
    answer = program.post(
        f"/api/v1/me/post-offers/{made.pk}/acceptance",
        headers={"Authorization": f"Bearer {token.token}"},
    )
    assert answer.status_code == 403
    assert not Officer.objects.filter(account=account).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("lost", ["post", "right", "reach"])
def test_an_offer_lapses_with_the_post_or_the_right_of_whoever_made_it(lost: str) -> None:
    account, actor = owner()
    admin = system()
    made = offer(admin, account)
    assert made.offered_by_id is not None
    if lost == "post":
        services.deactivate_officer(actor=SYSTEM, officer_id=made.offered_by_id, at=clock.now())
    grants = RoleGrant.objects.filter(officer_id=made.offered_by_id)
    if lost == "right":
        services.revoke_grant(actor=SYSTEM, grant_id=grants.get().pk, at=clock.now())
    if lost == "reach":
        grants.update(region_path=make_region(YUEXIU).path)
    mine = client_for()
    mine.cookies["lingnan_session"] = session_token(actor)
    (shown,) = mine.get("/api/v1/me/post-offers").json()["items"]
    assert shown["state"] == "lapsed"
    page = mine.get("/account/posts/").content.decode()
    assert "已失效" in page and 'value="accept"' not in page
    answer = mine.post(f"/api/v1/me/post-offers/{made.pk}/acceptance")
    assert (answer.status_code, answer.json()["code"]) == (410, "identity.post_offer_lapsed")
    assert not Officer.objects.filter(account=account).exists()
    other = system()
    desk = client_for(other)
    assert desk.get("/api/v1/post-offers").json()["items"] == []
    (row,) = desk.get("/api/v1/post-offers?state=lapsed").json()["items"]
    assert row["state"] == "lapsed"
    assert "已失效" in desk.get("/desk/post-offers/?state=lapsed").content.decode()
    fresh = offer(other, account, agency_id=made.agency_id)
    assert PostOffer.objects.get(pk=made.pk).state == "lapsed"
    services.accept_post(actor=actor, offer_id=fresh.pk, at=clock.now())


@pytest.mark.django_db(transaction=True)
def test_two_acceptances_at_once_make_one_post() -> None:
    with transaction.atomic():
        account, actor = owner()
        made = offer(system(), account)
    accept = partial(services.accept_post, actor=actor, offer_id=made.pk, at=clock.now())
    answers = race([accept, accept])
    assert sum(isinstance(answer, PostOfferOver) for answer in answers) == 1
    assert Officer.objects.filter(account=account).count() == 1


@pytest.mark.django_db
def test_pages_and_api_offer_accept_and_take_back() -> None:
    account, actor = owner()
    agency = make_agency("other", TIANHE)
    admin = client_for(system())
    typed = {"name": "陈美玲", "username": account.username, "agency": agency.uscc}
    wrong = admin.post("/desk/post-offers/new/", {**typed, "username": "nobody"})
    assert wrong.status_code == 422 and "error-summary" in wrong.content.decode()
    assert admin.post("/desk/post-offers/new/", typed)["Location"] == "/desk/post-offers/"
    assert "陈美玲" in admin.get("/desk/post-offers/").content.decode()
    mine = client_for()
    mine.cookies["lingnan_session"] = session_token(actor)
    assert agency.name in mine.get("/account/posts/").content.decode()
    assert "/account/posts/" in mine.get("/account/").content.decode()
    (waiting,) = mine.get("/api/v1/me/post-offers").json()["items"]
    done = mine.post(f"/account/posts/{waiting['id']}/", {"act": "accept"})
    assert done["Location"] == "/account/posts/"
    assert Officer.objects.filter(account=account, active=True).count() == 1
    body = {"name": "王小明", "agency_id": str(agency.id), "username": "nobody"}
    refused = admin.post("/api/v1/post-offers", body, content_type="application/json")
    assert refused.status_code == 422
    other = make_account(make_person("王小明"))
    body["username"] = other.username
    made = admin.post("/api/v1/post-offers", body, content_type="application/json")
    assert made.status_code == 201
    assert [row["id"] for row in admin.get("/api/v1/post-offers").json()["items"]] == [
        made.json()["id"]
    ]
    assert admin.delete(f"/api/v1/post-offers/{made.json()['id']}").status_code == 204
    assert admin.delete(f"/api/v1/post-offers/{made.json()['id']}").status_code == 410


@pytest.mark.django_db
def test_who_may_open_what() -> None:
    no = str(uuid4())
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "clerk": client_for(make_officer_actor("window_clerk"), bearer=True),
        "system": client_for(system(), bearer=True),
        "security": client_for(
            make_officer_actor("security_admin", region_code=TIANHE), bearer=True
        ),
    }

    def who(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    check_routes(
        clients,
        [
            ("GET", "/account/posts/", who(302, 200, 200, 200, 200)),
            ("POST", f"/account/posts/{no}/", who(302, 404, 404, 404, 404)),
            ("GET", "/desk/post-offers/", who(302, 403, 403, 200, 403)),
            ("GET", "/desk/post-offers/new/", who(302, 403, 403, 200, 403)),
            ("POST", f"/desk/post-offers/{no}/withdraw/", who(302, 403, 403, 404, 403)),
            ("GET", "/api/v1/post-offers", who(401, 403, 403, 200, 403)),
            ("DELETE", f"/api/v1/post-offers/{no}", who(401, 403, 403, 404, 403)),
            ("GET", "/api/v1/me/post-offers", who(401, 200, 200, 200, 200)),
            ("POST", f"/api/v1/me/post-offers/{no}/acceptance", who(401, 404, 404, 404, 404)),
            ("POST", f"/api/v1/me/post-offers/{no}/refusal", who(401, 404, 404, 404, 404)),
        ],
    )
