"""Builders other modules' tests may use. Numbers are of the reserved demo block and valid."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.platforms.messaging.testing import last_secrets
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.codes.types import resident_id, uscc
from lingnan.standards.regions.testing import make_region

from . import queries, services
from .models import Account, Officer, Organisation, Person, PersonDocument, Role
from .sealing import DOCUMENT, document_index, seal
from .services.officers import add_to_account
from .services.sessions import open_session
from .simulator import Registry, serve
from .types import Device

PASSWORD = "Lingnan-2026"
_serial = count(1)


def resident_number(*, born_on: date = date(1990, 5, 17), male: bool = False) -> str:
    """A valid number in the reserved region 009999, never given twice in one test run."""
    n = next(_serial)
    on = born_on + timedelta(days=n // 400)
    return resident_id.build(
        region_code="009999", born_on=on, sequence=2 * (n % 400) + 1 + (not male)
    )


def firm_number() -> str:
    n = next(_serial)
    return uscc.build(authority="9", org_class="1", region_code="449999", org_body=f"MD{n:06d}")


def make_person(name: str = "陈美玲", **details: object) -> Person:
    """A person without an account."""
    values: dict[str, object] = {
        "actor": SYSTEM,
        "name": name,
        "document_type": "resident_id",
        "document_number": resident_number(),
        "at": clock.now(),
        **details,
    }
    return services.register_person(**values)  # type: ignore[arg-type]


def replace_document(person: Person, number: str) -> None:
    """Another number of the same kind takes the place of the one on record."""
    PersonDocument.objects.create(
        person=person,
        document_type=person.document_type,
        document_number_sealed=person.document_number_sealed,
        document_index=person.document_index,
        ended_at=clock.now(),
    )
    person.document_number_sealed = seal(number, purpose=DOCUMENT)
    person.document_index = document_index(person.document_type, number)
    person.save()


def prove(person: Person, kind: str = "population") -> None:
    """The person has given a proof, level 2 unless another kind is named."""
    with transaction.atomic():
        services.record_evidence(kind=kind, adapter="test", person_id=person.pk, at=clock.now())


@contextmanager
def identity_gateway() -> Iterator[Registry]:
    """The identity simulator on a free port, and the settings that lead to it."""
    registry = Registry(secret="gateway-secret", public_url="")
    server = serve(registry, host="127.0.0.1", port=0)
    registry.public_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    changed = {"identity_url": registry.public_url, "identity_secret": registry.secret}
    try:
        with override_settings(LINGNAN=settings.LINGNAN.model_copy(update=changed)):
            yield registry
    finally:
        server.shutdown()
        server.server_close()


def code_sent(person: Person) -> str:
    """The six digits of the last text message to a person."""
    return last_secrets(person.pk)["code"]


def make_account(
    person: Person | None = None,
    *,
    username: str = "",
    phone: str = "",
    password: str = PASSWORD,
    proven: bool = True,
) -> Account:
    """An account, with a person behind it unless given one, whose name and number were checked."""
    person = person or make_person()
    if proven and not person.evidence.filter(organisation=None).exists():
        prove(person)
    return services.open_account(
        username=username or f"tester{next(_serial)}",
        password=password,
        person_id=person.pk,
        phone=phone,
        at=clock.now(),
    )


def make_person_actor(
    person: Person | None = None, *, organisation: Organisation | None = None
) -> Actor:
    """A person with an account, acting for himself or for a firm he leads."""
    person = person or make_person()
    if not Account.objects.filter(person=person).exists():
        make_account(person)
    return queries.actor_of_person(
        person.pk, organisation_id=organisation.pk if organisation else None
    )


def make_organisation(
    legal_representative: Person | None = None, *, name: str = "广州市演示餐饮有限公司"
) -> Organisation:
    leader = legal_representative or make_person()
    return services.register_organisation(
        actor=SYSTEM,
        name=name,
        registration_number=firm_number(),
        legal_representative_id=leader.pk,
        source=Organisation.Source.REGISTER,
        at=clock.now(),
    )


def make_officer(
    role: str = "",
    *,
    agency_id: UUID | None = None,
    region_code: str = "",
    name: str = "李工",
    person: Person | None = None,
    record_of: Person | None = None,
) -> Officer:
    """An active officer holding one role: in his agency, or in a region's subtree.

    `person`: he works with his account as a resident. `record_of`: he has an account for work
    alone, and the personnel record says that he is this person; made up for administrators.
    """
    agency_id = agency_id or make_agency("other").id
    if role.endswith("_admin") and person is None and record_of is None:
        record_of = make_person(name)  # an administrator is known by document
    n = next(_serial)
    if person is not None:
        made = add_to_account(
            actor=SYSTEM,
            name=name,
            agency_id=agency_id,
            account_id=make_account(person).pk,
            at=clock.now(),
        )
    else:
        made = services.create_officer(
            actor=SYSTEM,
            name=record_of.name if record_of else name,
            agency_id=agency_id,
            username=f"officer{n}",
            document_type=record_of.document_type if record_of else "",
            document_number=queries.person(record_of.pk).document_number if record_of else "",
            password=PASSWORD,
            is_demo=True,
            at=clock.now(),
        )
    if region_code:
        make_region(region_code)
    if role:
        if not Role.objects.filter(code=role).exists():
            services.ensure_roles()
        services.grant_role(
            actor=SYSTEM,
            officer_id=made.officer_id,
            role=role,
            agency_id=None if region_code else agency_id,
            region_code=region_code,
            at=clock.now(),
        )
    return Officer.objects.get(pk=made.officer_id)


def make_officer_actor(
    role: str = "",
    *,
    agency_id: UUID | None = None,
    region_code: str = "",
    name: str = "李工",
    record_of: Person | None = None,
) -> Actor:
    """The actor of `make_officer`."""
    officer = make_officer(
        role, agency_id=agency_id, region_code=region_code, name=name, record_of=record_of
    )
    return queries.actor_of_officer(officer.pk)


def session_token(actor: Actor) -> str:
    """The token of a new open session in which the account acts as `actor` does."""
    assert actor.account_id is not None, "an actor of the builders has an account"
    account = Account.objects.select_related("person").get(pk=actor.account_id)
    officer = Officer.objects.filter(pk=actor.officer_id).first() if actor.officer_id else None
    opened = open_session(
        account,
        officer=officer,
        stage="open",
        proven=officer is not None,
        channel="web",
        address="127.0.0.1",
        device=Device(agent="test"),
        at=clock.now(),
    )
    principal = actor.principal
    if principal is not None and principal.id != actor.person_id:
        token_actor = services.identify(token=opened.token, at=clock.now(), address="127.0.0.1")
        assert token_actor is not None
        services.act_as(
            actor=token_actor.actor, kind=principal.kind, choice_id=principal.id, at=clock.now()
        )
    return opened.token


def client_for(actor: Actor | None = None, *, bearer: bool = False) -> Client:
    """A test client signed in as the actor, by cookie or bearer token; anonymous without one."""
    if actor is None:
        return Client()
    token = session_token(actor)
    if bearer:
        return Client(headers={"Authorization": f"Bearer {token}"})
    client = Client()
    client.cookies["lingnan_session"] = token
    return client
