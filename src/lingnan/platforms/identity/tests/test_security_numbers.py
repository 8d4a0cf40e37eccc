"""Numbers of passwords and locks are dated rules. GB/T 22239-2019 8.1.4.1, 8.1.5."""

from datetime import timedelta

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import check_routes

from .. import queries, services
from ..errors import FirmNotProven, PasswordWeak, SignInFailed, TooManyAttempts
from ..models import Mandate, Rule
from ..rules import SHIPPED
from ..services.second_factor import code_at
from ..testing import (
    PASSWORD,
    client_for,
    firm_number,
    make_account,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
)

pytestmark = pytest.mark.django_db
AT = clock.now()
TODAY = clock.local_date(AT)
PROVINCE, TIANHE = "440000000000", "440106000000"


def put(code: str, **changed: int) -> None:
    """A version in force since yesterday."""
    Rule.objects.create(
        code=code,
        version=1,
        effective_from=TODAY - timedelta(days=1),
        parameters={**SHIPPED[code].parameters, **changed},
    )


def test_the_length_and_the_memory_of_passwords_are_rules() -> None:
    account = make_account()
    actor = make_person_actor(account.person)
    put("passwords", **{"person.length": 14, "history": 1})

    def change(present: str, new: str) -> None:
        services.change_password(
            actor=actor, account_id=account.pk, present=present, new=new, at=AT
        )

    with pytest.raises(PasswordWeak):
        change(PASSWORD, "Short-2027")
    change(PASSWORD, "Long-enough-2027")
    change("Long-enough-2027", "Another-long-2028")
    change("Another-long-2028", "Long-enough-2027")  # only the present one is remembered


def test_how_often_and_how_long_is_a_rule() -> None:
    account = make_account()
    put("lockout", **{"account.tries": 3, "minutes": 60})

    def enter(password: str, minutes: int = 0) -> None:
        services.sign_in(
            username=account.username,
            password=password,
            at=AT + timedelta(minutes=minutes),
            address="10.0.0.1",
        )

    for _n in range(3):
        with pytest.raises(SignInFailed):
            enter("wrong")
    with pytest.raises(TooManyAttempts):
        enter(PASSWORD, minutes=59)
    enter(PASSWORD, minutes=61)


def test_an_officers_password_serves_as_long_as_the_rule_says() -> None:
    officer = make_officer("window_clerk")
    officer.account.is_demo = False
    officer.account.password_changed_at = AT - timedelta(days=40)
    officer.account.save()
    secret = services.start_second_factor(account_id=officer.account_id)
    earlier = AT - timedelta(minutes=5)
    services.confirm_second_factor(
        actor=SYSTEM, account_id=officer.account_id, code=code_at(secret, earlier), at=earlier
    )
    codes = iter([code_at(secret, AT), code_at(secret, AT + timedelta(seconds=30))])

    def stage() -> str:
        return services.sign_in(
            username=officer.account.username,
            password=PASSWORD,
            code=next(codes),
            at=AT,
            address="10.0.0.1",
        ).stage

    assert stage() == "open"
    put("passwords", **{"officer.days": 30})
    assert stage() == "password"


def test_the_security_administrator_sets_numbers_on_a_page_and_no_one_else() -> None:
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor()),
        "clerk": client_for(make_officer_actor("window_clerk")),
        "system": client_for(make_officer_actor("system_admin", region_code=TIANHE)),
        "security": client_for(make_officer_actor("security_admin", region_code=PROVINCE)),
        "security below": client_for(make_officer_actor("security_admin", region_code=TIANHE)),
    }
    expected = dict(zip(clients, (302, 403, 403, 403, 200, 403), strict=True))
    unknown = dict(zip(clients, (302, 403, 403, 403, 404, 403), strict=True))
    check_routes(
        clients,
        [
            ("GET", "/desk/identity-rules/", expected),
            *(("GET", f"/desk/identity-rules/{code}/", expected) for code in SHIPPED),
            ("GET", "/desk/identity-rules/nothing/", unknown),
        ],
    )
    page = "/desk/identity-rules/lockout/"
    tomorrow = TODAY + timedelta(days=1)
    typed = {**SHIPPED["lockout"].parameters, "minutes": 30, "effective_from": tomorrow}
    wrong = clients["security"].post(page, {**typed, "effective_from": TODAY})
    assert wrong.status_code == 422 and "error-summary" in wrong.content.decode()
    assert clients["security"].post(page, {**typed, "minutes": 1}).status_code == 200
    assert not Rule.objects.exists()
    assert clients["security"].post(page, typed).status_code == 302
    assert queries.rule("lockout", on=TODAY).parameters["minutes"] == 10
    assert queries.rule("lockout", on=tomorrow).parameters["minutes"] == 30


def test_a_firm_nobody_proved_to_lead_gives_no_mandate() -> None:
    claimant, agent = make_person("周先到"), make_person("黄小华")
    make_account(claimant)
    firm_id = services.claim_organisation(
        actor=queries.actor_of_person(claimant.pk),
        name="演示点心有限公司",
        registration_number=firm_number(),
        at=AT,
    )
    with pytest.raises(FirmNotProven):
        services.give_mandate(
            actor=queries.actor_of_person(claimant.pk, organisation_id=firm_id),
            agent_name="黄小华",
            agent_document_type="resident_id",
            agent_document_number=queries.person(agent.pk).document_number,
            relation="employee",
            item_codes=[],
            valid_from=TODAY,
            valid_until=TODAY + timedelta(days=30),
            at=AT,
        )
    assert not Mandate.objects.exists()
