"""A post for someone who has an account already: offered to him, and his only once he accepts.

An account is its owner's. A post brings it rules of work (a second factor, other passwords) and the
say of administrators, so nobody puts one on it unasked.
Source: GB/T 22239-2019 8.1.4.2; thirty days to answer are our default.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.security.audit import services as audit

from .. import wording
from ..errors import AlreadyOfficer, DetailsWrong, NotToOneself, PostOfferLapsed, PostOfferOver
from ..models import Account, Officer, PostOffer
from ..queries.accounts import persons_behind
from ..queries.officers import is_oneself
from ..queries.posts import backed, offers_in_reach
from ..types import MANAGE_OFFICERS
from .officers import checked_name, checked_place, seat_officer
from .owners import account_of, session_id_of
from .telling import tell_owner

TERM = timedelta(days=30)


@transaction.atomic
def offer_post(
    *,
    actor: Actor,
    name: str,
    agency_id: UUID,
    username: str,
    at: datetime,
    post_id: UUID | None = None,
) -> PostOffer:
    """Ask the owner of an account (by sign-in name) to work at an agency with it.

    Raises: Forbidden, NotToOneself (403), NotFound (404), DetailsWrong (422), AlreadyOfficer (409),
    also where he was asked and has not answered.
    """
    agency = checked_place(actor, agency_id, post_id)
    name = checked_name(name)
    account = (
        Account.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(username=username.strip().lower(), state=Account.State.ACTIVE)
        .first()
    )
    if account is None:
        message = _("No account has this sign-in name.")
        raise DetailsWrong(fields=[FieldProblem("username", "unknown", message)])
    if is_oneself(actor, Officer(account=account, name=name, agency_id=agency.id)):
        raise NotToOneself
    if account.person is not None and account.person.name != name:
        message = _("The account belongs to someone with another name.")
        raise DetailsWrong(fields=[FieldProblem("name", "mismatch", message)])
    if Officer.objects.filter(account=account, agency_id=agency.id, active=True).exists():
        raise AlreadyOfficer
    _close_over(account, agency.id, at)
    offer = PostOffer(
        account=account,
        agency_id=agency.id,
        post_id=post_id,
        name=name,
        offered_by_id=actor.officer_id,
        expires_at=at + TERM,
    )
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError as asked:
        raise AlreadyOfficer from asked
    facts: dict[str, object] = {"agency": agency.name}
    tell_owner(account, wording.POST_OFFERED, facts, link="/account/posts/", at=at)
    _record(actor, "identity.post_offered", offer, at)
    return offer


@transaction.atomic
def accept_post(*, actor: Actor, offer_id: UUID, at: datetime) -> Officer:
    """The owner agrees: from now on he is an officer there; roles are given by others.

    Raises: SignInRequired, NotFound (404), PostOfferOver, PostOfferLapsed (410), AlreadyOfficer
    (409).
    """
    offer = _own(actor, offer_id, at)
    if not PostOffer.objects.filter(backed(at), pk=offer.pk).exists():
        raise PostOfferLapsed
    behind = persons_behind(offer.account_id)
    person_id = next(iter(behind)) if len(behind) == 1 else offer.account.person_id
    officer = seat_officer(
        Officer(
            account=offer.account,
            person_id=person_id,
            name=offer.name,
            agency_id=offer.agency_id,
            post_id=offer.post_id,
        ),
        actor=actor,
        at=at,
    )
    offer.officer = officer
    _answer(actor, offer, PostOffer.State.ACCEPTED, at)
    return officer


@transaction.atomic
def decline_post(*, actor: Actor, offer_id: UUID, at: datetime) -> None:
    """The owner does not want it. Raises: SignInRequired, NotFound (404), PostOfferOver (410)."""
    _answer(actor, _own(actor, offer_id, at), PostOffer.State.DECLINED, at)


@transaction.atomic
def withdraw_post(*, actor: Actor, offer_id: UUID, at: datetime) -> None:
    """An administrator takes an offer back. Raises: NotFound (404), PostOfferOver (410)."""
    actor.check(MANAGE_OFFICERS)
    offer = offers_in_reach(actor).select_for_update(of=("self",)).filter(pk=offer_id).first()
    if offer is None:
        raise NotFound
    if offer.state != PostOffer.State.OPEN:
        raise PostOfferOver
    _answer(actor, offer, PostOffer.State.WITHDRAWN, at)


def _own(actor: Actor, offer_id: UUID, at: datetime) -> PostOffer:
    session_id_of(actor)  # an API token agrees to nothing
    offer = (
        PostOffer.objects.select_for_update(of=("self",))
        .select_related("account", "agency")
        .filter(pk=offer_id, account_id=account_of(actor))
        .first()
    )
    if offer is None:
        raise NotFound
    if offer.state != PostOffer.State.OPEN or offer.expires_at <= at:
        raise PostOfferOver
    return offer


def _close_over(account: Account, agency_id: UUID, at: datetime) -> None:
    """What nobody can accept any more does not stand in the way of a new offer."""
    waiting = PostOffer.objects.filter(
        account=account, agency_id=agency_id, state=PostOffer.State.OPEN
    )
    waiting.filter(expires_at__lte=at).update(state=PostOffer.State.EXPIRED, answered_at=at)
    waiting.filter(~backed(at)).update(state=PostOffer.State.LAPSED, answered_at=at)


def _answer(actor: Actor, offer: PostOffer, state: str, at: datetime) -> None:
    offer.state, offer.answered_at = state, at
    offer.save(update_fields=["state", "answered_at", "officer"])
    _record(actor, f"identity.post_{state}", offer, at)


def _record(actor: Actor, act: str, offer: PostOffer, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="account",
        object_id=offer.account_id,
        facts={"offer": offer.pk, "agency_id": offer.agency_id},
        at=at,
    )
