"""Another telephone number: shown to be one's own, and the old one too unless one is known better.

A number is a way in (it signs in, codes go to it); whoever only has the password must not be able
to replace it. Source: our default, after GB/T 22239-2019 8.1.4.1.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from lingnan.kernel import clock, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound, SignInRequired
from lingnan.platforms.messaging import services as messaging
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from .. import wording
from ..errors import DetailsWrong, ProofFailed, ProofOver, UsernameTaken
from ..models import Account, Person, ProofAttempt, Session
from ..queries.assurance import level_of_person
from ..queries.rules import rule
from ..sealing import PHONE, PROOF, normalise_phone, phone_index, seal, unseal
from ..types import mask_phone
from .endings import tell_everywhere
from .own_methods import CODE_DIGITS
from .proofs import USES, check_rate, code_digest, use_up

METHOD = "phone"
KNOWN_BETTER = 3
"""A session shown this well otherwise than by a text message does without the old number."""
_BY_NUMBER = frozenset({"password", "sms_code"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChange:
    """Codes are on their way: to the new number, and where `old_phone` (masked), to the old one."""

    attempt_id: UUID
    old_phone: str
    new_phone: str
    expires_at: datetime


def start_phone_change(*, actor: Actor, phone: str, at: datetime) -> PhoneChange:
    """Raises: SignInRequired, NotFound (404), DetailsWrong (422), TooManyProofs (429)."""
    session = _session(actor)
    person = _person(session.account)
    new = normalise_phone(phone) or ""
    old = unseal(person.phone_sealed, purpose=PHONE)
    if not new:
        message = _("Enter a telephone number, such as 13800000000 or +852 6123 4567.")
        raise DetailsWrong(fields=[FieldProblem("phone", "shape", message)])
    if new == old:
        message = _("This is your number already.")
        raise DetailsWrong(fields=[FieldProblem("phone", "same", message)])
    asks_old = bool(old) and not _is_known_better(session, at)
    numbers = rule("codes", on=clock.local_date(at)).parameters
    attempt_id = uuid_utils.uuid7()
    codes = {"new": _code(), "old": _code() if asks_old else ""}
    with transaction.atomic():
        locks.hold("identity.proofs", session.account_id)
        check_rate(session.account_id, at)
        attempt = ProofAttempt.objects.create(
            pk=attempt_id,
            method=METHOD,
            purpose=ProofAttempt.Purpose.PHONE,
            account=session.account,
            session=session,
            state_sealed=seal(
                json.dumps(
                    {
                        "phone": new,
                        "old": code_digest(attempt_id, codes["old"]) if asks_old else "",
                    }
                ),
                purpose=PROOF,
            ),
            code_digest=code_digest(attempt_id, codes["new"]),
            address=actor.address[:45],
            tries_max=numbers["tries"],
            expires_at=at + timedelta(minutes=numbers["minutes"]),
        )
        for number, code in ((new, codes["new"]), (old, codes["old"])):
            if code:
                messaging.send(
                    template=wording.CODE,
                    facts={
                        "minutes": numbers["minutes"],
                        "use": USES[ProofAttempt.Purpose.PHONE],
                    },
                    secrets={"code": code},
                    subject_kind="identity.proof",
                    subject_id=attempt_id,
                    person_id=person.pk,
                    channels=("sms",),
                    phone=number,
                    at=at,
                )
    return PhoneChange(
        attempt_id=attempt_id,
        old_phone=mask_phone(old) if asks_old else "",
        new_phone=mask_phone(new),
        expires_at=attempt.expires_at,
    )


def phone_change_under_way(*, actor: Actor, attempt_id: UUID, at: datetime) -> PhoneChange:
    """Raises: SignInRequired, NotFound (404), ProofOver (410)."""
    session = _session(actor)
    attempt = _attempt(session, attempt_id)
    if attempt.used_at is not None or attempt.expires_at <= at or attempt.tries_left < 1:
        raise ProofOver
    kept = json.loads(unseal(attempt.state_sealed, purpose=PROOF))
    person = _person(session.account)
    old = unseal(person.phone_sealed, purpose=PHONE)
    return PhoneChange(
        attempt_id=attempt.pk,
        old_phone=mask_phone(old) if kept["old"] else "",
        new_phone=mask_phone(kept["phone"]),
        expires_at=attempt.expires_at,
    )


def finish_phone_change(
    *, actor: Actor, attempt_id: UUID, code: str, old_code: str, at: datetime
) -> None:
    """The new number counts at once, also for signing in; every address is told, also the old one.

    Raises: SignInRequired, NotFound (404), ProofOver (410), ProofFailed (422), UsernameTaken (409).
    """
    session = _session(actor)
    attempt = _attempt(session, attempt_id)
    counted = ProofAttempt.objects.filter(
        pk=attempt.pk, used_at=None, expires_at__gt=at, tries__lt=F("tries_max")
    ).update(tries=F("tries") + 1)
    if not counted:
        raise ProofOver
    kept = json.loads(unseal(attempt.state_sealed, purpose=PROOF))
    fits = crypto.equal(attempt.code_digest, code_digest(attempt.pk, "".join(code.split())))
    if kept["old"]:
        typed = code_digest(attempt.pk, "".join(old_code.split()))
        fits = crypto.equal(kept["old"], typed) and fits
    if not fits:
        raise ProofFailed(reason="code")
    with transaction.atomic():
        use_up(attempt, at)
        account = Account.objects.select_for_update().get(pk=session.account_id)
        person = Person.objects.select_for_update().get(pk=_person(account).pk)
        former = unseal(person.phone_sealed, purpose=PHONE)
        person.phone_sealed = seal(kept["phone"], purpose=PHONE)
        person.phone_changed_at = at
        person.save(update_fields=["phone_sealed", "phone_changed_at"])
        account.phone_index = phone_index(kept["phone"])
        account.version += 1
        try:
            with transaction.atomic():
                account.save(update_fields=["phone_index", "version"])
        except IntegrityError as taken:
            raise UsernameTaken from taken
        tell_everywhere(
            account,
            template=wording.PHONE_CHANGED,
            facts={"when": at, "phone": mask_phone(kept["phone"])},
            also_phone=former,
            at=at,
        )
        audit.record(
            actor=actor,
            act="identity.phone_changed",
            object_kind="account",
            object_id=account.pk,
            facts={"old_number_shown": bool(kept["old"]), "methods": list(session.methods)},
            at=at,
        )


def _is_known_better(session: Session, at: datetime) -> bool:
    worth = rule("assurance", on=clock.local_date(at)).parameters
    assert session.account.person_id is not None, "only a person has a number"
    needed = max(KNOWN_BETTER, level_of_person(session.account.person_id, at=at))
    return any(
        worth.get(f"{method}.session", 0) >= needed
        for method in session.methods
        if method not in _BY_NUMBER
    )


def _person(account: Account) -> Person:
    """Raises: NotFound (404) for an account for work alone."""
    if account.person is None:
        raise NotFound
    return account.person


def _code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def _session(actor: Actor) -> Session:
    if actor.session_id is None:
        raise SignInRequired
    rows = Session.objects.select_related("account__person").filter(
        pk=actor.session_id, ended_at=None
    )
    session = rows.first()
    if session is None:
        raise SignInRequired
    if session.account.person_id is None:
        raise NotFound
    return session


def _attempt(session: Session, attempt_id: UUID) -> ProofAttempt:
    attempt = ProofAttempt.objects.filter(
        pk=attempt_id, session=session, purpose=ProofAttempt.Purpose.PHONE
    ).first()
    if attempt is None:
        raise NotFound
    return attempt
