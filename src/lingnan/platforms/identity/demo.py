"""The people of the demo, entered through the services; running it again adds nothing."""

from datetime import datetime, timedelta

from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import system_actor
from lingnan.standards.agencies import queries as agencies

from . import queries, services
from .models import Account, Mandate, Officer, Organisation, Person
from .queries.demo import (
    FIRM,
    OFFICERS,
    PASSWORD,
    PEOPLE,
    DemoOfficer,
    DemoPerson,
    officer_number,
    totp_secret,
)
from .services.second_factor import code_at

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
