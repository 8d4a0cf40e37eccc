"""The people of the demo, entered through the services; running it again adds nothing."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor, system_actor
from lingnan.standards.agencies import queries as agencies

from . import queries, services
from .models import (
    Account,
    Mandate,
    Officer,
    Organisation,
    Person,
    PostOffer,
    UpstreamChange,
    UpstreamProvider,
)
from .queries.demo import (
    CHILDREN,
    FIRM,
    OFFICERS,
    PASSWORD,
    PEOPLE,
    TIANHE,
    DemoChild,
    DemoOfficer,
    DemoPerson,
    officer_number,
    played_oidc,
    totp_secret,
)
from .sealing import unseal
from .services.second_factor import code_at
from .simulator_oidc import ACR, CLIENT_ID
from .simulator_saml import CONTEXTS, SamlProvider
from .sso.services import providers
from .sso.services.upstream import PURPOSE

_ACTOR = system_actor("demo")


def load(*, at: datetime) -> int:
    """Enter whoever is missing; returns how many accounts were added. Needs the demo agencies."""
    services.ensure_roles()
    known = set(Account.objects.filter(is_demo=True).values_list("username", flat=True))
    added = 0
    for person in PEOPLE:
        if person.username not in known:
            _add_person(person, at)
            added += 1
        _add_evidence(person.username, at)
    _add_firm(at)
    _add_mandate("zhouzhiqiang", "hemin", Mandate.Relation.EMPLOYEE, at, for_firm=True)
    _add_mandate("huangbo", "huangxiaohua", Mandate.Relation.RELATIVE, at, for_firm=False)
    for officer in OFFICERS:
        if officer.username not in known:
            _add_officer(officer, at)
            added += 1
    _complete_records(at)
    for child in CHILDREN:
        _add_child(child, at)
    _offer_post(at)
    _add_providers(at)
    return added


def _complete_records(at: datetime) -> None:
    """Officers of a demo loaded before records said who they are."""
    unsaid = Officer.objects.filter(
        account__is_demo=True, account__person=None, active=True, person=None
    )
    shipped = {officer.username for officer in OFFICERS}
    for row in unsaid.filter(account__username__in=shipped).select_related("account"):
        services.record_officer_person(
            actor=_ACTOR,
            officer_id=row.pk,
            document_type="resident_id",
            document_number=officer_number(row.account.username),
            at=at,
        )


@transaction.atomic
def _add_person(spec: DemoPerson, at: datetime) -> None:
    person = services.register_person(
        actor=_ACTOR,
        name=spec.name,
        document_type=spec.document_type,
        document_number=spec.document_number,
        phone=spec.phone,
        born_on=spec.born_on,
        sex=spec.sex,
        nationality=spec.nationality,
        name_latin=spec.name_latin,
        address=spec.address,
        region_code=spec.region_code,
        is_demo=True,
        at=at,
    )
    services.open_account(
        username=spec.username,
        password=PASSWORD,
        person_id=person.pk,
        phone=spec.phone,
        is_demo=True,
        at=at,
    )


@transaction.atomic
def _add_evidence(username: str, at: datetime) -> None:
    """The people of the demo have been at a window, all but the one who still has to go."""
    person = Person.objects.get(account__username=username)
    if person.evidence.filter(organisation=None).exists():
        return
    services.record_evidence(
        kind="window" if username != "chentaiman" else "population",
        adapter="demo",
        person_id=person.pk,
        is_test=True,
        at=at,
    )


@transaction.atomic
def _add_officer(spec: DemoOfficer, at: datetime) -> None:
    agency = agencies.agency_of_kind(spec.kind, spec.place)
    made = services.create_officer(
        actor=_ACTOR,
        name=spec.name,
        agency_id=agency.id,
        username=spec.username,
        document_type="resident_id",
        document_number=officer_number(spec.username),
        password=PASSWORD,
        is_demo=True,
        at=at,
    )
    for role in spec.roles:
        services.grant_role(
            actor=_ACTOR,
            officer_id=made.officer_id,
            role=role,
            agency_id=None if spec.reach else agency.id,
            region_code=spec.reach,
            at=at,
        )
    secret = services.start_second_factor(
        account_id=made.account_id, secret=totp_secret(spec.username)
    )
    earlier = at - timedelta(minutes=5)  # so that the code of this moment is still unused
    services.confirm_second_factor(
        actor=_ACTOR, account_id=made.account_id, code=code_at(secret, earlier), at=earlier
    )


def _add_firm(at: datetime) -> None:
    if queries.organisation_by_number(FIRM.registration_number) is not None:
        return
    leader = Account.objects.get(username=FIRM.leader)
    assert leader.person_id is not None, "the demo's legal representative is a person"
    services.register_organisation(
        actor=_ACTOR,
        name=FIRM.name,
        registration_number=FIRM.registration_number,
        legal_representative_id=leader.person_id,
        source=Organisation.Source.REGISTER,
        address=FIRM.address,
        region_code="440106000000",
        is_demo=True,
        at=at,
    )


@transaction.atomic
def _add_mandate(grantor: str, agent: str, relation: str, at: datetime, *, for_firm: bool) -> None:
    giver, taker = (
        Person.objects.get(account__username=grantor),
        Person.objects.get(account__username=agent),
    )
    live = Mandate.objects.filter(
        agent=taker, state__in=[Mandate.State.OFFERED, Mandate.State.ACCEPTED]
    )
    if live.filter(valid_until__gt=clock.local_date(at)).exists():
        return
    firm = queries.organisation_by_number(FIRM.registration_number) if for_firm else None
    spec = next(person for person in PEOPLE if person.username == agent)
    today = clock.local_date(at)
    mandate = services.give_mandate(
        actor=queries.actor_of_person(giver.pk, organisation_id=firm.id if firm else None),
        agent_name=spec.name,
        agent_document_type=spec.document_type,
        agent_document_number=spec.document_number,
        relation=relation,
        item_codes=[],
        valid_from=today,
        valid_until=today + timedelta(days=730),
        at=at,
    )
    services.accept_mandate(actor=queries.actor_of_person(taker.pk), mandate_id=mandate.pk, at=at)


@transaction.atomic
def _add_child(spec: DemoChild, at: datetime) -> None:
    """A child, and a guardianship that waits for the parent: recorded at a window here; by the
    certificate in the wallet where the parent has one, which he shows himself."""
    child = queries.find_person("resident_id", spec.document_number)
    if child is None:
        services.register_person(
            actor=_ACTOR,
            name=spec.name,
            document_type="resident_id",
            document_number=spec.document_number,
            region_code=TIANHE,
            is_demo=True,
            at=at,
        )
    parent = next(person for person in PEOPLE if person.username == spec.parent)
    known = Mandate.objects.filter(agent__account__username=spec.parent, relation="guardian")
    if spec.by_certificate or known.exists():
        return
    services.record_guardianship(
        actor=_officer("window"),
        ward=services.Named(
            name=spec.name, document_type="resident_id", document_number=spec.document_number
        ),
        guardian=services.Named(
            name=parent.name,
            document_type=parent.document_type,
            document_number=parent.document_number,
        ),
        ground="minor",
        documents="出生医学证明（演示）T440000002；户口簿（演示）",
        at=at,
    )


@transaction.atomic
def _offer_post(at: datetime) -> None:
    """A post that waits for the answer of whoever is asked."""
    asked = PEOPLE[0]
    if PostOffer.objects.filter(account__username=asked.username).exists():
        return
    services.offer_post(
        actor=_officer("system"),
        name=asked.name,
        agency_id=agencies.agency_of_kind("government_service", TIANHE).id,
        username=asked.username,
        at=at,
    )


def _add_providers(at: datetime) -> None:
    """The providers that the identity simulator plays, proposed by one administrator and enabled by
    another; and a change of one that still waits for its second person."""
    config = settings.LINGNAN
    if not config.identity_url:
        return
    saml = SamlProvider.kept(config.identity_url.rstrip("/"), config.var)
    both = {"default_level": 1, "link_level": 2, "is_test": True}
    values = {
        "protocol": "saml",
        "name": "国家统一身份认证（模拟）",
        "issuer": saml.entity_id,
        "sso_url": saml.sso_url,
        "certificates": saml.certificate,
        "levels": {context: level for level, context in CONTEXTS.items()},
        **both,
    }
    if _add_provider("demo-nation", values, "", at):
        providers.propose_provider(
            actor=_officer("security"),
            code="demo-nation",
            values={**values, "default_level": 2},
            secret="",
            at=at,
        )
    oidc = played_oidc()
    values = {
        "protocol": "oidc",
        "name": "邻省统一身份认证（模拟）",
        "issuer": oidc.issuer,
        "client_id": CLIENT_ID,
        "levels": {value: level for level, value in ACR.items()},
        **both,
    }
    _add_provider("demo-province", values, oidc.secret, at)


@transaction.atomic
def _add_provider(code: str, values: dict[str, Any], secret: str, at: datetime) -> bool:
    """Whether it was not in force yet as the simulator plays it."""
    known = UpstreamProvider.objects.filter(code=code).first()
    if (
        known is not None
        and (known.issuer, known.certificates) == (values["issuer"], values.get("certificates", ""))
        and (not secret or unseal(known.client_secret_sealed, purpose=PURPOSE) == secret)
    ):
        return False
    for change in UpstreamChange.objects.filter(code=code, state="open"):
        providers.decline_change(actor=_officer("security"), change_id=change.pk, at=at)
    change = providers.propose_provider(
        actor=_officer("security"), code=code, values=values, secret=secret, at=at
    )
    providers.enable_change(actor=_officer("security.second"), change_id=change.pk, at=at)
    return True


def _officer(username: str) -> Actor:
    row = Officer.objects.get(account__username=username, account__is_demo=True, active=True)
    return queries.actor_of_officer(row.pk)
