"""Roles are granted, proposed and taken back: within the reach, and never more than one holds.

Three kinds of administration are three persons: the system administrator makes posts and proposes,
the security administrator confirms and unlocks, the audit administrator reads what they did.
Source: GB/T 22239-2019 8.1.5, 8.1.4.2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Forbidden, NotFound
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.regions import queries as regions

from ..errors import (
    AdministrationSeparated,
    AdministratorUnknown,
    AlreadyGranted,
    AlreadyProposed,
    BeyondOwnRights,
    DetailsWrong,
    NotToOneself,
    OfficerAbove,
    OfficerLeft,
    OutsideReach,
    ProposalDecided,
)
from ..events import RoleGranted, RoleProposed, RoleWithdrawn
from ..models import Account, Officer, Person, Role, RoleGrant, RoleProposal
from ..queries.accounts import person_recorded, persons_behind
from ..queries.grants import counting, is_entrusted, own_granting, proposals
from ..queries.grants import roles as all_roles
from ..queries.officers import in_reach, is_oneself
from ..roles import ROLES
from ..types import GRANT_ROLES, MANAGE_OFFICERS, UNLOCK_ACCOUNTS
from . import attempts


@transaction.atomic
def ensure_roles() -> int:
    """Write the shipped roles, and only what changed; returns how many changed."""
    known = {role.code: role for role in Role.objects.all()}
    missing = [shipped for shipped in ROLES if shipped.code not in known]
    made = Role.objects.bulk_create(
        [
            Role(
                code=shipped.code,
                name=shipped.name,
                permissions=sorted(shipped.permissions),
                administration=shipped.administration,
            )
            for shipped in missing
        ],
        ignore_conflicts=True,  # another process writes them at the same moment
    )
    changed = len(made)
    for shipped in ROLES:
        role = known.get(shipped.code)
        wanted = (shipped.name, sorted(shipped.permissions), shipped.administration)
        if role is None or (role.name, role.permissions, role.administration) == wanted:
            continue
        role.name, role.permissions, role.administration = wanted
        role.save(update_fields=["name", "permissions", "administration"])
        holders = RoleGrant.objects.filter(role=role, revoked_at=None)
        Account.objects.filter(pk__in=holders.values("officer__account_id")).update(
            version=F("version") + 1
        )
        changed += 1
    return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """Where a role is to count."""

    agency_id: UUID | None
    region_id: UUID | None
    region_path: str
    """Of the region, or of the agency's."""

    def fields(self) -> dict[str, object]:
        return {
            "agency_id": self.agency_id,
            "region_id": self.region_id,
            "region_path": "" if self.agency_id else self.region_path,
        }


def _reach(actor: Actor, permission: str, agency_id: UUID | None, region_code: str) -> _Reach:
    """Raises: DetailsWrong (422), OutsideReach (403) where it is wider than the actor's own."""
    if (agency_id is None) == (not region_code):
        message = _("Choose either an agency or a region.")
        raise DetailsWrong(fields=[FieldProblem("region_code", "choice", message)])
    if agency_id is not None:
        agency = agencies.agency(agency_id)
        if not actor.can(permission, agency_id=agency.id, region_path=agency.region_path):
            raise OutsideReach(fields=[_outside("agency_id")])
        return _Reach(agency_id=agency.id, region_id=None, region_path=agency.region_path)
    region = regions.region(region_code)
    if not actor.can(permission, region_path=region.path):
        raise OutsideReach(fields=[_outside("region_code")])
    return _Reach(agency_id=None, region_id=region.id, region_path=region.path)


def _outside(field: str) -> FieldProblem:
    return FieldProblem(field, "outside", _("This is outside the area you administer."))


@transaction.atomic
def grant_role(
    *,
    actor: Actor,
    officer_id: UUID,
    role: str,
    at: datetime,
    agency_id: UUID | None = None,
    region_code: str = "",
    valid_until: date | None = None,
    entrusted: Sequence[str] | None = None,
) -> RoleGrant:
    """Let an officer do a role's work in one agency, or in one region and all below it.

    The security administrator does this, for others only, and never more than he holds himself:
    not beyond his reach, no role with a permission that was not entrusted to him, no longer than
    his own term (without `valid_until`: as long as his). `entrusted` are the roles that someone who
    may grant roles may give on; None: the same as the giver.
    Raises: Forbidden (403), NotFound (404), NotToOneself (403), DetailsWrong (422), OfficerLeft,
    AlreadyGranted, AdministrationSeparated, AdministratorUnknown (409), BeyondOwnRights (403).
    Source: GB/T 22239-2019 8.1.5 (system, security and audit administration are three persons).
    """
    actor.check(GRANT_ROLES)
    officer = reachable(actor, officer_id, GRANT_ROLES)
    if is_oneself(actor, officer):
        raise NotToOneself
    found = _role(role)
    reach = _reach(actor, GRANT_ROLES, agency_id, region_code)
    return _give(actor, officer, found, reach, valid_until, entrusted, at)


def _role(code: str) -> Role:
    found = Role.objects.filter(code=code).first()
    if found is None:
        raise DetailsWrong(fields=[FieldProblem("role", "choice", _("Choose a role."))])
    return found


def _give(
    actor: Actor,
    officer: Officer,
    role: Role,
    reach: _Reach,
    valid_until: date | None,
    entrusted: Sequence[str] | None,
    at: datetime,
) -> RoleGrant:
    today = clock.local_date(at)
    _check_term(valid_until, today)
    valid_until, passed_on = _within_own(actor, role, reach, valid_until, entrusted, today)
    behind = persons_behind(officer.account_id)
    person_id = person_recorded(officer, behind)
    # Two accounts of one person: one grant after the other, also where records name two persons.
    list(Person.objects.select_for_update().filter(pk__in=behind).order_by("pk").values("pk"))
    account = Account.objects.select_for_update().get(pk=officer.account_id)
    officer = Officer.objects.select_related("account").get(pk=officer.pk)
    if not officer.active:
        raise OfficerLeft
    _close_expired(officer, today, at)
    check_separation(officer, role)
    if role.administration and person_id is None:
        raise AdministratorUnknown
    grant = RoleGrant(
        officer=officer,
        role=role,
        valid_until=valid_until,
        entrusted=passed_on,
        granted_by_id=actor.officer_id,
        **reach.fields(),
    )
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as known:
        raise AlreadyGranted from known
    account.administration = role.administration
    account.version += 1
    account.save(update_fields=["administration", "version"])
    events.publish(
        RoleGranted(
            officer_id=officer.pk,
            role=role.code,
            agency_id=reach.agency_id,
            region_path=grant.region_path,
        ),
        at=at,
    )
    _record(
        actor,
        "identity.role_granted",
        officer,
        at,
        role=role.code,
        agency_id=reach.agency_id,
        region=grant.region_path,
        until=valid_until and valid_until.isoformat(),
    )
    return grant


def _check_term(valid_until: date | None, today: date) -> None:
    if valid_until is not None and valid_until <= today:
        message = _("The last day must lie ahead.")
        raise DetailsWrong(fields=[FieldProblem("valid_until", "range", message)])


def _within_own(
    actor: Actor,
    role: Role,
    reach: _Reach,
    valid_until: date | None,
    entrusted: Sequence[str] | None,
    today: date,
) -> tuple[date | None, list[str] | None]:
    """The term and what is passed on, kept within one of the giver's own grants.

    Raises: BeyondOwnRights (403), DetailsWrong (422).
    """
    every = all_roles()
    gives_on = GRANT_ROLES in role.permissions
    wanted = sorted(set(entrusted)) if entrusted is not None and gives_on else None
    known = {other.code: other for other in every}
    if wanted is not None and not set(wanted) <= set(known):
        raise DetailsWrong(fields=[FieldProblem("entrusted", "choice", _("Choose known roles."))])
    if actor.is_system:
        return valid_until, wanted
    for held in own_granting(actor, on=today):
        end = valid_until or held.valid_until
        covers = (
            held.agency_id == reach.agency_id
            if held.agency_id is not None
            else reach.region_path.startswith(held.region_path)
        )
        if (
            covers
            and is_entrusted(held, role, every)
            and (held.valid_until is None or (end is not None and end <= held.valid_until))
            and all(is_entrusted(held, known[code], every) for code in wanted or ())
        ):
            return end, (wanted if wanted is not None or not gives_on else held.entrusted)
    raise BeyondOwnRights(role=role.code)


@transaction.atomic
def revoke_grant(*, actor: Actor, grant_id: UUID, at: datetime) -> None:
    """Take a role back, at once; one that reaches further than oneself, or is more than was
    entrusted to one, is for those above.

    Raises: Forbidden, BeyondOwnRights (403), NotFound (404), NotToOneself (403).
    """
    actor.check(GRANT_ROLES)
    grant = RoleGrant.objects.select_related("role", "agency").filter(pk=grant_id).first()
    if grant is None:
        raise NotFound
    officer = reachable(actor, grant.officer_id, GRANT_ROLES)
    if is_oneself(actor, officer):
        raise NotToOneself
    if grant.agency is not None:
        actor.check(GRANT_ROLES, agency_id=grant.agency_id, region_path=grant.agency.region_path)
    else:
        actor.check(GRANT_ROLES, region_path=grant.region_path)
    every = all_roles()
    held = own_granting(actor, on=clock.local_date(at))
    if not actor.is_system and not any(is_entrusted(one, grant.role, every) for one in held):
        raise BeyondOwnRights(role=grant.role.code)
    Account.objects.select_for_update().get(pk=officer.account_id)
    live = RoleGrant.objects.filter(pk=grant_id, revoked_at=None)
    if not live.update(revoked_at=at, revoked_by_id=actor.officer_id):
        raise NotFound
    settle_administration(officer.account_id)
    events.publish(RoleWithdrawn(officer_id=officer.pk, role=grant.role.code), at=at)
    _record(actor, "identity.role_withdrawn", officer, at, role=grant.role.code)


@transaction.atomic
def expire_grants(*, at: datetime) -> int:
    """Close the grants whose last day is over. They stopped counting by themselves already."""
    today = clock.local_date(at)
    over = RoleGrant.objects.filter(revoked_at=None, valid_until__lte=today)
    accounts = set(over.values_list("officer__account_id", flat=True))
    count = over.update(revoked_at=at)
    for account_id in sorted(accounts):
        settle_administration(account_id)
    return count


def _close_expired(officer: Officer, today: date, at: datetime) -> None:
    RoleGrant.objects.filter(_same_person(officer), revoked_at=None, valid_until__lte=today).update(
        revoked_at=at
    )


@transaction.atomic
def propose_role(
    *,
    actor: Actor,
    officer_id: UUID,
    role: str,
    reason: str,
    at: datetime,
    agency_id: UUID | None = None,
    region_code: str = "",
    valid_until: date | None = None,
) -> RoleProposal:
    """The system administrator asks for a role; it counts once the security administrator agrees.

    Raises: Forbidden (403), NotFound (404), NotToOneself (403), DetailsWrong (422), OfficerLeft,
    AlreadyProposed, AlreadyGranted, AdministrationSeparated (409).
    """
    actor.check(MANAGE_OFFICERS)
    officer = reachable(actor, officer_id, MANAGE_OFFICERS)
    if is_oneself(actor, officer):
        raise NotToOneself
    if not officer.active:
        raise OfficerLeft
    found = _role(role)
    reach = _reach(actor, MANAGE_OFFICERS, agency_id, region_code)
    _check_term(valid_until, clock.local_date(at))
    if len(reason.strip()) < 2:
        message = _("Say what the officer needs the role for.")
        raise DetailsWrong(fields=[FieldProblem("reason", "required", message)])
    check_separation(officer, found)
    live = RoleGrant.objects.filter(counting(clock.local_date(at)), officer=officer, role=found)
    place = (reach.agency_id, reach.region_id)
    if any((grant.agency_id, grant.region_id) == place for grant in live):
        raise AlreadyGranted
    proposal = RoleProposal(
        officer=officer,
        role=found,
        valid_until=valid_until,
        reason=reason.strip()[:300],
        proposed_by_id=actor.officer_id,
        **reach.fields(),
    )
    try:
        with transaction.atomic():
            proposal.save(force_insert=True)
    except IntegrityError as known:
        raise AlreadyProposed from known
    events.publish(RoleProposed(proposal_id=proposal.pk, officer_id=officer.pk), at=at)
    _record(actor, "identity.role_proposed", officer, at, role=role, proposal=proposal.pk)
    return proposal


@transaction.atomic
def confirm_proposal(*, actor: Actor, proposal_id: UUID, at: datetime) -> RoleGrant:
    """The security administrator agrees: the role counts from now on, as with `grant_role`.

    Raises: Forbidden (403), NotFound (404), ProposalDecided (409), and what `grant_role` raises.
    """
    proposal = _open_proposal(actor, proposal_id)
    permission = GRANT_ROLES
    officer = reachable(actor, proposal.officer_id, permission)
    if is_oneself(actor, officer):
        raise NotToOneself
    if proposal.agency is not None:
        path = proposal.agency.region_path
        actor.check(permission, agency_id=proposal.agency_id, region_path=path)
    else:
        path = proposal.region_path
        actor.check(permission, region_path=path)
    reach = _Reach(agency_id=proposal.agency_id, region_id=proposal.region_id, region_path=path)
    grant = _give(actor, officer, proposal.role, reach, proposal.valid_until, None, at)
    _decide(actor, proposal, RoleProposal.State.CONFIRMED, at, grant=grant)
    return grant


@transaction.atomic
def decline_proposal(*, actor: Actor, proposal_id: UUID, answer: str, at: datetime) -> None:
    """The security administrator does not agree, and says why.

    Raises: Forbidden (403), NotFound (404), DetailsWrong (422), ProposalDecided (409).
    """
    proposal = _open_proposal(actor, proposal_id)
    reachable(actor, proposal.officer_id, GRANT_ROLES)
    if len(answer.strip()) < 2:
        raise DetailsWrong(fields=[FieldProblem("answer", "required", _("Say why."))])
    proposal.answer = answer.strip()[:300]
    _decide(actor, proposal, RoleProposal.State.DECLINED, at)


def _open_proposal(actor: Actor, proposal_id: UUID) -> RoleProposal:
    actor.check(GRANT_ROLES)
    rows = proposals(actor).select_for_update(of=("self",))
    proposal = rows.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound
    if proposal.state != RoleProposal.State.OPEN:
        raise ProposalDecided
    if proposal.proposed_by is not None and is_oneself(actor, proposal.proposed_by):
        raise NotToOneself
    return proposal


def _decide(
    actor: Actor,
    proposal: RoleProposal,
    state: str,
    at: datetime,
    grant: RoleGrant | None = None,
) -> None:
    proposal.state, proposal.decided_at = state, at
    proposal.decided_by_id, proposal.grant = actor.officer_id, grant
    proposal.save(update_fields=["state", "decided_at", "decided_by", "grant", "answer"])
    act = f"identity.role_proposal_{state}"
    _record(actor, act, proposal.officer, at, role=proposal.role.code, proposal=proposal.pk)


@transaction.atomic
def unlock_account(*, actor: Actor, officer_id: UUID, at: datetime) -> None:
    """The security administrator lets an officer try again whose name rests after failures.

    Raises: Forbidden (403), NotFound (404), NotToOneself (403).
    """
    actor.check(UNLOCK_ACCOUNTS)
    officer = reachable(actor, officer_id, UNLOCK_ACCOUNTS)
    if is_oneself(actor, officer):
        raise NotToOneself
    attempts.unlock(f"id:{officer.account_id}")
    _record(actor, "identity.account_unlocked", officer, at)


def locked_until(account_id: UUID, *, at: datetime) -> datetime | None:
    """Until when an account's name rests after failures, if it does."""
    return attempts.locked_until(f"id:{account_id}", at=at)


def reachable(actor: Actor, officer_id: UUID, permission: str) -> Officer:
    """The officer, if he works within the administrator's reach; else he does not exist.

    Raises: NotFound (404), Forbidden (403).
    """
    officer = in_reach(actor).filter(pk=officer_id).first()
    if officer is None:
        raise NotFound
    if not actor.can(
        permission, agency_id=officer.agency_id, region_path=officer.agency.region_path
    ):
        raise Forbidden(permission=permission)
    return officer


def check_not_above(actor: Actor, posts: Iterable[Officer], at: datetime) -> None:
    """Who administers a place neither unlocks nor dismisses whoever stands above it: every right
    given to these posts has to lie within the administrator's reach.

    Raises: OfficerAbove (403).
    """
    live = RoleGrant.objects.filter(counting(clock.local_date(at)), officer__in=posts)
    for grant in live.select_related("agency"):
        agency = grant.agency
        path = agency.region_path if agency else grant.region_path
        if not actor.can(MANAGE_OFFICERS, agency_id=grant.agency_id, region_path=path):
            raise OfficerAbove


def _same_person(officer: Officer) -> Q:
    """Every post of the human being behind an officer, with however many accounts."""
    same = Q(officer__account_id=officer.account_id)
    persons = {*persons_behind(officer.account_id), officer.person_id} - {None}
    if persons:
        known = Q(person_id__in=persons) | Q(officers__person_id__in=persons)
        accounts = Account.objects.filter(known).values("pk")
        same |= Q(officer__account_id__in=accounts)
    return same


def check_separation(officer: Officer, role: Role) -> None:
    """One person does one kind of administration, or ordinary work, never two of them, with
    however many accounts. Raises: AdministrationSeparated (409).
    """
    held = RoleGrant.objects.filter(_same_person(officer), revoked_at=None)
    if held.exclude(role__administration=role.administration).exists():
        raise AdministrationSeparated(role=role.code)


def settle_administration(account_id: UUID) -> None:
    """Write down which kind of administration an account still does; its rights are built anew."""
    held = RoleGrant.objects.filter(officer__account_id=account_id, revoked_at=None)
    kind = held.exclude(role__administration="").values_list("role__administration", flat=True)
    Account.objects.filter(pk=account_id).update(
        administration=kind.first() or "", version=F("version") + 1
    )


def _record(actor: Actor, act: str, officer: Officer, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor, act=act, object_kind="officer", object_id=officer.pk, facts=facts, at=at
    )
