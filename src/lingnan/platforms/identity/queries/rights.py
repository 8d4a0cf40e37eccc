"""The actor behind a credential: built from the tables once, kept as JSON beside the credential."""

from datetime import date
from typing import Any
from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor, Grant, Principal
from lingnan.kernel.errors import NotFound

from ..models import (
    Account,
    ApiToken,
    Mandate,
    OAuthToken,
    Officer,
    Organisation,
    Person,
    RoleGrant,
    Session,
)
from ..types import Choice, EndedIdentity
from .accounts import person_recorded, persons_behind
from .assurance import level_of_person, levels_for_rights
from .grants import counting


def choices_of(account: Account) -> list[Choice]:
    """Every identity the account may act in: himself, his posts, his firms, his mandates."""
    found: list[Choice] = []
    if account.person is not None:
        found.append(Choice(kind="person", id=account.person.pk, name=account.person.name))
    for officer in account.officers.filter(active=True).select_related("agency").order_by("id"):
        found.append(
            Choice(
                kind="officer", id=officer.pk, name=officer.name, detail=officer.agency.short_name
            )
        )
    if account.person is None:
        return found
    led = Organisation.objects.filter(legal_representative=account.person).order_by("name")
    found += [Choice(kind="organisation", id=firm.pk, name=firm.name) for firm in led]
    seen = {choice.key for choice in found}
    held = Mandate.objects.filter(agent=account.person, state=Mandate.State.ACCEPTED)
    for mandate in held.select_related("grantor_person", "grantor_organisation").order_by("id"):
        choice = _mandate_choice(mandate)
        if choice.key not in seen:
            found.append(choice)
    return found


def _mandate_choice(mandate: Mandate) -> Choice:
    grantor = mandate.grantor_person or mandate.grantor_organisation
    assert grantor is not None, "a mandate has one grantor"
    return Choice(
        kind="person" if mandate.grantor_person_id else "organisation",
        id=grantor.pk,
        name=grantor.name,
        mandate_id=mandate.pk,
        starts_on=mandate.valid_from,
        until=mandate.valid_until,
    )


def grants_of(officer: Officer) -> tuple[Grant, ...]:
    """The officer's live grants as values. One query."""
    today = clock.local_date(clock.now())
    rows = RoleGrant.objects.filter(counting(today), officer=officer).select_related("role")
    return tuple(
        Grant(
            role=row.role.code,
            permissions=frozenset(row.role.permissions),
            agency_id=row.agency_id,
            region_path=None if row.agency_id else row.region_path,
            until=row.valid_until,
        )
        for row in rows.order_by("id")
    )


def actor_of_officer(officer_id: UUID) -> Actor:
    """The actor an officer is when signed in; for tests, simulations and jobs in his name.

    Raises: NotFound (404).
    """
    row = (
        Officer.objects.filter(pk=officer_id, active=True)
        .select_related("agency", "account")
        .first()
    )
    if row is None:
        raise NotFound
    return _officer_actor(row)


def actor_of_person(
    person_id: UUID, *, organisation_id: UUID | None = None, mandate_id: UUID | None = None
) -> Actor:
    """The actor a person is when signed in as surely as he is known, for himself, a firm he leads,
    or under a mandate.

    Does not check that he may: `services.act_as` does. Raises: NotFound (404).
    """
    row = Person.objects.filter(pk=person_id).select_related("region", "account").first()
    if row is None:
        raise NotFound
    account = getattr(row, "account", None)
    principal = Principal(kind="person", id=row.pk, name=row.name)
    if mandate_id is not None:
        held = Mandate.objects.select_related("grantor_person", "grantor_organisation")
        choice = _mandate_choice(held.get(pk=mandate_id))
        kind = "organisation" if choice.kind == "organisation" else "person"
        principal = Principal(kind=kind, id=choice.id, name=choice.name)  # type: ignore[arg-type]
    elif organisation_id is not None:
        firm = Organisation.objects.get(pk=organisation_id)
        principal = Principal(kind="organisation", id=firm.pk, name=firm.name)
    return Actor(
        kind="person",
        name=row.name,
        account_id=account.pk if account else None,
        person_id=row.pk,
        person_ids=persons_behind(account.pk) if account else frozenset(),
        region_path=row.region.path if row.region else "",
        principal=principal,
        mandate_id=mandate_id,
        matter_codes=_matter_codes(mandate_id),
        assurance_level=level_of_person(row.pk, at=clock.now()),
    )


def _matter_codes(mandate_id: UUID | None) -> frozenset[str] | None:
    """The matters a mandate is limited to; None: all."""
    if mandate_id is None:
        return None
    held = Mandate.objects.only("all_matters", "item_codes").get(pk=mandate_id)
    return None if held.all_matters else frozenset(held.item_codes)


def _officer_actor(row: Officer) -> Actor:
    behind = persons_behind(row.account_id)
    return Actor(
        kind="officer",
        name=row.name,
        account_id=row.account_id,
        person_id=person_recorded(row, behind),
        person_ids=behind,
        officer_id=row.pk,
        agency_id=row.agency_id,
        region_path=row.agency.region_path,
        grants=grants_of(row),
        assurance_level=1,
    )


def build_rights(credential: Session | ApiToken | OAuthToken, account: Account) -> dict[str, Any]:
    """The actor and the choices as JSON, from the tables. An identity lost leaves no actor: one who
    acted for another never goes on as himself unasked.

    At most ten queries; asked only when the account's version changed.
    """
    choices = choices_of(account)
    chosen = next((choice for choice in choices if is_named(credential, choice)), None)
    actor: dict[str, Any] = {"kind": "anonymous"}
    if chosen is not None and chosen.kind == "officer":
        officer = Officer.objects.select_related("agency", "account").get(pk=chosen.id)
        actor = _dump_actor(_officer_actor(officer))
    elif chosen is not None and account.person is not None:
        region = account.person.region
        actor = _dump_actor(
            Actor(
                kind="person",
                name=account.person.name,
                account_id=account.pk,
                person_id=account.person.pk,
                person_ids=persons_behind(account.pk),
                region_path=region.path if region else "",
                principal=_principal(chosen, account.person),
                mandate_id=chosen.mandate_id,
                matter_codes=_matter_codes(chosen.mandate_id),
            )
        )
    return {
        "actor": actor,
        "choices": [_dump_choice(choice) for choice in choices],
        "current": chosen.key if chosen else "",
        "levels": levels_for_rights(account.person_id, clock.now()),
    }


def _principal(chosen: Choice, person: Person) -> Principal:
    """For whom a choice of this person's is; his own birthday comes along."""
    return Principal(
        kind="organisation" if chosen.kind == "organisation" else "person",
        id=chosen.id,
        name=chosen.name,
        born_on=person.born_on if chosen.id == person.pk else None,
    )


def is_named(credential: Session | ApiToken | OAuthToken, choice: Choice) -> bool:
    """Whether the credential is for this identity."""
    if credential.officer_id is not None:
        return choice.key == f"officer:{credential.officer_id}"
    if credential.mandate_id is not None:
        return choice.mandate_id == credential.mandate_id
    if credential.organisation_id is not None:
        wanted = f"organisation:{credential.organisation_id}"
        return choice.key == wanted and choice.mandate_id is None
    return choice.kind == "person" and choice.mandate_id is None


def ended_identity(credential: Session | ApiToken | OAuthToken) -> EndedIdentity | None:
    """What a credential was for that is no more; None for oneself. At most two queries."""
    if credential.officer_id is not None:
        post = Officer.objects.select_related("agency").get(pk=credential.officer_id)
        return EndedIdentity(kind="post", name=f"{post.name}（{post.agency.short_name}）")
    if credential.mandate_id is not None:
        held = Mandate.objects.select_related("grantor_person", "grantor_organisation")
        choice = _mandate_choice(held.get(pk=credential.mandate_id))
        return EndedIdentity(kind="mandate", name=choice.name)
    if credential.organisation_id is not None:
        firm = Organisation.objects.get(pk=credential.organisation_id)
        return EndedIdentity(kind="leadership", name=firm.name)
    return None


def load_choices(rights: dict[str, Any], on: date) -> tuple[Choice, ...]:
    """The choices open on a day."""
    found = tuple(_load_choice(item) for item in rights.get("choices", ()))
    return tuple(choice for choice in found if choice.is_open(on))


def load_actor(
    rights: dict[str, Any],
    *,
    on: date,
    session_id: UUID,
    address: str,
    assurance_level: int,
    scopes: frozenset[str] | None,
) -> Actor:
    """The actor from its JSON, with the roles that count on a day."""
    stored = rights["actor"]
    principal = stored.get("principal")
    return Actor(
        kind=stored["kind"],
        name=stored.get("name", ""),
        account_id=_uuid(stored.get("account_id")),
        person_id=_uuid(stored.get("person_id")),
        person_ids=frozenset(UUID(one) for one in stored.get("person_ids", ())),
        officer_id=_uuid(stored.get("officer_id")),
        agency_id=_uuid(stored.get("agency_id")),
        region_path=stored.get("region_path", ""),
        principal=Principal(
            kind=principal["kind"],
            id=UUID(principal["id"]),
            name=principal["name"],
            born_on=_day(principal.get("born_on")),
        )
        if principal
        else None,
        mandate_id=_uuid(stored.get("mandate_id")),
        matter_codes=_codes(stored.get("matter_codes")),
        grants=tuple(
            Grant(
                role=grant["role"],
                permissions=frozenset(grant["permissions"]),
                agency_id=_uuid(grant["agency_id"]),
                region_path=grant["region_path"],
                until=_day(grant.get("until")),
            )
            for grant in stored.get("grants", ())
            if (end := _day(grant.get("until"))) is None or on < end
        ),
        assurance_level=assurance_level,
        scopes=scopes,
        session_id=session_id,
        address=address,
    )


def _dump_actor(actor: Actor) -> dict[str, Any]:
    principal = actor.principal
    return {
        "kind": actor.kind,
        "name": actor.name,
        "account_id": _text(actor.account_id),
        "person_id": _text(actor.person_id),
        "person_ids": sorted(str(one) for one in actor.person_ids),
        "officer_id": _text(actor.officer_id),
        "agency_id": _text(actor.agency_id),
        "region_path": actor.region_path,
        "principal": principal
        and {
            "kind": principal.kind,
            "id": str(principal.id),
            "name": principal.name,
            "born_on": principal.born_on and principal.born_on.isoformat(),
        },
        "mandate_id": _text(actor.mandate_id),
        "matter_codes": None if actor.matter_codes is None else sorted(actor.matter_codes),
        "grants": [
            {
                "role": grant.role,
                "permissions": sorted(grant.permissions),
                "agency_id": _text(grant.agency_id),
                "region_path": grant.region_path,
                "until": grant.until and grant.until.isoformat(),
            }
            for grant in actor.grants
        ],
    }


def _dump_choice(choice: Choice) -> dict[str, Any]:
    return {
        "kind": choice.kind,
        "id": str(choice.id),
        "name": choice.name,
        "detail": choice.detail,
        "mandate_id": _text(choice.mandate_id),
        "starts_on": choice.starts_on and choice.starts_on.isoformat(),
        "until": choice.until and choice.until.isoformat(),
    }


def _load_choice(item: dict[str, Any]) -> Choice:
    return Choice(
        kind=item["kind"],
        id=UUID(item["id"]),
        name=item["name"],
        detail=item["detail"],
        mandate_id=_uuid(item["mandate_id"]),
        starts_on=date.fromisoformat(item["starts_on"]) if item["starts_on"] else None,
        until=date.fromisoformat(item["until"]) if item["until"] else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _codes(stored: list[str] | None) -> frozenset[str] | None:
    return None if stored is None else frozenset(stored)


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None
