"""Giving a proof: an attempt is started, answered once or a few times, and then it is over.

No transaction is open while someone outside is asked. A try is counted before it is judged; what
passed is used up in one statement, so that two answers at once give one proof.
"""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from lingnan.kernel import clock, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound, SignInRequired
from lingnan.kernel.text import in_every_language
from lingnan.platforms.messaging import services as messaging
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from .. import wording
from ..adapters.base import Answer, ProofMethod, Subject, Verdict
from ..adapters.registry import outside_methods
from ..errors import (
    OwnKeyFirst,
    ProofFailed,
    ProofOver,
    ProofUnknown,
    SignInAgain,
    TooManyProofs,
)
from ..models import Account, Person, ProofAttempt, Session
from ..queries.assurance import level_of_person
from ..queries.keys import has_own_key
from ..queries.people import organisation as organisation_of
from ..queries.people import person as person_of
from ..queries.rules import rule
from ..sealing import PROOF, seal, unseal
from ..types import Assurance
from .evidence import record_evidence
from .firms import bind, claim_of, named_as
from .own_methods import PasskeyProof, Sm2Certificate, SmsCode, Totp

NEW_NUMBER = timedelta(days=3)  # our default: so long no code goes to a number just put in
KEPT = timedelta(days=1)
ARRIVAL = "arrival"
"""What stands in the address a browser comes back to from outside."""
SECOND_FACTORS = frozenset({"totp", "passkey", "sm2_certificate"})
HERE = SECOND_FACTORS | {"sms_code", "face"}
"""What shows that the owner is at the device now."""
ABOUT_FIRMS = frozenset({"legal_representative", "e_licence"})
USES = {
    ProofAttempt.Purpose.STEP_UP: {"zh-hans": "核验身份", "en": "confirm who you are"},
    ProofAttempt.Purpose.RECOVER: {"zh-hans": "找回账户", "en": "recover your account"},
    ProofAttempt.Purpose.PHONE: {"zh-hans": "更换手机号", "en": "change your telephone number"},
    ProofAttempt.Purpose.FIRM: {"zh-hans": "绑定单位", "en": "prove that you lead a firm"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedProof:
    """An attempt under way: go to `url`, or answer the method's fields."""

    attempt_id: UUID
    method: ProofMethod
    url: str
    shown: dict[str, object]
    expires_at: datetime
    return_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """An attempt that passed: where to go on, and the level now."""

    method: str
    level: int
    return_to: str


def methods() -> tuple[ProofMethod, ...]:
    """Every way this installation offers, the nearest first."""
    own: tuple[ProofMethod, ...] = (
        PasskeyProof(),
        Totp(),
        SmsCode(),
        Sm2Certificate(),
    )
    return own + outside_methods()


def method_named(code: str) -> ProofMethod:
    """Raises: ProofUnknown (404)."""
    for method in methods():
        if method.code == code:
            return method
    raise ProofUnknown(method=code)


def subject_of(account: Account, organisation_id: UUID | None = None) -> Subject:
    """The owner of an account, and the firm he wants to be bound to.

    Without his telephone while its number is new: whoever came in by the password alone could name
    his own, and have the code sent to himself.
    """
    card = person_of(account.person_id) if account.person_id else None
    firm = organisation_of(organisation_id) if organisation_id else None
    return Subject(
        account_id=account.pk,
        person_id=account.person_id,
        name=card.name if card else account.username,
        document_type=card.document_type if card else "",
        document_number=card.document_number if card else "",
        phone=card.phone if card and not _is_phone_new(account, clock.now()) else "",
        organisation_id=firm.id if firm else None,
        organisation_name=firm.name if firm else "",
        organisation_number=firm.registration_number if firm else "",
    )


def _is_phone_new(account: Account, at: datetime) -> bool:
    if account.person_id is None:
        return False
    changed_at = (
        Person.objects.filter(pk=account.person_id).values_list("phone_changed_at", flat=True).get()
    )
    return changed_at is not None and at < changed_at + NEW_NUMBER


def own_subject(actor: Actor) -> Subject:
    """Whoever uses the present session. Raises: SignInRequired."""
    return subject_of(session_of(actor).account)


def methods_for(subject: Subject, assurance: Assurance, level: int, at: datetime) -> list[str]:
    """The ways that bring this session nearer to a level: of the person first, then of the session.

    Empty where the level is reached, or nothing here reaches it.
    """
    worth = rule("assurance", on=clock.local_date(at)).parameters
    person_short = assurance.person_level < level
    wanted = "level" if person_short else "session"
    if not person_short and assurance.session_level >= level:
        return []
    return [
        method.code
        for method in methods()
        if method.code not in ABOUT_FIRMS
        and worth.get(f"{method.code}.{wanted}", 0) >= level
        and method.fits(subject)
    ]


def firm_methods(*, actor: Actor, organisation_id: UUID) -> list[ProofMethod]:
    """The ways to prove that one leads an organisation."""
    subject = subject_of(session_of(actor).account, organisation_id)
    return [method for method in methods() if method.code in ABOUT_FIRMS and method.fits(subject)]


def start_proof(
    *,
    actor: Actor,
    method: str,
    at: datetime,
    return_to: str = "",
    purpose: str = ProofAttempt.Purpose.STEP_UP,
    organisation_id: UUID | None = None,
) -> StartedProof:
    """Begin to prove oneself in the present session; a code is on its way, or a page waits outside.

    Raises: SignInRequired, ProofUnknown (404), TooManyProofs (429), ProofUnavailable.
    """
    session = session_of(actor)
    subject = subject_of(session.account, organisation_id)
    chosen = method_named(method)
    if not chosen.fits(subject) or (method in ABOUT_FIRMS) != (organisation_id is not None):
        raise ProofUnknown(method=method)
    if organisation_id is not None:
        claim = claim_of(actor=actor, organisation_id=organisation_id)
        subject = replace(subject, organisation_name=claim.named_as)
    return begin(
        chosen,
        subject,
        purpose=purpose,
        return_to=return_to,
        session_id=session.pk,
        address=actor.address,
        at=at,
    )


def begin(
    method: ProofMethod,
    subject: Subject,
    *,
    purpose: str,
    at: datetime,
    return_to: str = "",
    session_id: UUID | None = None,
    address: str = "",
    back: str = "",
) -> StartedProof:
    """Start an attempt for a subject whose account is known; `back` is the path to come back to
    from outside, without it the page of the attempt.

    The address to come back to holds a secret that nobody but the browser sent back learns: who
    began an attempt and had someone else do the check cannot finish it. Raises: as `start_proof`.
    """
    numbers = rule("codes", on=clock.local_date(at)).parameters
    attempt_id = uuid_utils.uuid7()
    check_rate(subject.account_id, at, in_session=session_id is not None)
    back = back or reverse("identity:proof", args=[attempt_id])
    arrival = secrets.token_urlsafe(24)
    return_url = f"{settings.LINGNAN.public_url}{back}?{urlencode({ARRIVAL: arrival})}"
    started = method.start(subject, attempt_id=attempt_id, return_url=return_url, at=at)
    short = started.code or started.once
    minutes = numbers["minutes"] if short else numbers["proof_minutes"]
    expected = arrival if started.url else started.code
    with transaction.atomic():
        locks.hold("identity.proofs", subject.account_id)
        check_rate(subject.account_id, at, in_session=session_id is not None)
        attempt = ProofAttempt.objects.create(
            pk=attempt_id,
            method=method.code,
            purpose=purpose,
            account_id=subject.account_id,
            session_id=session_id,
            organisation_id=subject.organisation_id,
            return_to=return_to if is_inside(return_to) else "",
            state_sealed=seal(
                json.dumps(
                    {
                        "state": dict(started.state),
                        "shown": dict(started.shown),
                        "url": started.url,
                    }
                ),
                purpose=PROOF,
            ),
            code_digest=code_digest(attempt_id, expected) if expected else "",
            address=address[:45],
            tries_max=1 if started.once else numbers["tries"],
            expires_at=at + timedelta(minutes=minutes),
        )
        if started.code and subject.person_id is not None:
            messaging.send(
                template=wording.CODE,
                facts={
                    "minutes": minutes,
                    "use": USES[ProofAttempt.Purpose(purpose)],
                },
                secrets={"code": started.code},
                subject_kind="identity.proof",
                subject_id=attempt_id,
                person_id=subject.person_id,
                channels=("sms",),
                phone=subject.phone,
                at=at,
            )
    return StartedProof(
        attempt_id=attempt_id,
        method=method,
        url=started.url,
        shown=dict(started.shown),
        expires_at=attempt.expires_at,
        return_to=attempt.return_to,
    )


def proof_under_way(*, actor: Actor, attempt_id: UUID, at: datetime) -> StartedProof:
    """An attempt of the present session that waits for its answer.

    Raises: SignInRequired, NotFound (404), ProofOver (410).
    """
    session = session_of(actor)
    attempt = _own_attempt(session, attempt_id)
    if attempt.used_at is not None or attempt.expires_at <= at or attempt.tries_left < 1:
        raise ProofOver
    kept = json.loads(unseal(attempt.state_sealed, purpose=PROOF))
    return StartedProof(
        attempt_id=attempt.pk,
        method=method_named(attempt.method),
        url=kept["url"],
        shown=kept["shown"],
        expires_at=attempt.expires_at,
        return_to=attempt.return_to,
    )


def way_back(*, actor: Actor, attempt_id: UUID) -> str:
    """The page an attempt of the present session was begun from, also where it is over; empty where
    it named none. Raises: SignInRequired, NotFound (404)."""
    return _own_attempt(session_of(actor), attempt_id).return_to


def finish_proof(*, actor: Actor, attempt_id: UUID, answer: Answer, at: datetime) -> Proven:
    """Answer an attempt of the present session; what passed raises account and session at once.

    Raises: SignInRequired, NotFound (404), ProofOver (410), ProofFailed (422), ProofUnavailable.
    """
    session = session_of(actor)
    attempt = _own_attempt(session, attempt_id)
    method = method_named(attempt.method)
    verdict, subject = judge(attempt, method, session.account, answer, at=at)
    with transaction.atomic():
        _settle(attempt, method, subject, verdict, actor=actor, session=session, at=at)
    if not verdict.passed:
        raise ProofFailed(reason=verdict.reason)
    session.refresh_from_db(fields=["level"])
    held = level_of_person(session.account.person_id, at=at) if session.account.person_id else 1
    return Proven(method=method.code, level=min(session.level, held), return_to=attempt.return_to)


def _own_attempt(session: Session, attempt_id: UUID) -> ProofAttempt:
    """A proof begun in this session; keys, links and numbers are added elsewhere.

    Raises: NotFound (404).
    """
    wanted = (ProofAttempt.Purpose.STEP_UP, ProofAttempt.Purpose.FIRM)
    attempt = ProofAttempt.objects.filter(
        pk=attempt_id, session=session, purpose__in=wanted
    ).first()
    if attempt is None:
        raise NotFound
    return attempt


def judge(
    attempt: ProofAttempt, method: ProofMethod, account: Account, answer: Answer, *, at: datetime
) -> tuple[Verdict, Subject]:
    """Count a try and judge it, outside any transaction. Raises: ProofOver (410)."""
    counted = ProofAttempt.objects.filter(
        pk=attempt.pk, used_at=None, expires_at__gt=at, tries__lt=F("tries_max")
    ).update(tries=F("tries") + 1)
    if not counted:
        raise ProofOver
    typed = "".join(answer.values.get("code", "").split())
    fits = bool(attempt.code_digest) and crypto.equal(
        attempt.code_digest, code_digest(attempt.pk, typed)
    )
    subject = subject_of(account, attempt.organisation_id)
    if attempt.organisation_id is not None and account.person_id is not None:
        named = named_as(account.person_id, attempt.organisation_id)
        subject = replace(subject, organisation_name=named or subject.organisation_name)
    kept = json.loads(unseal(attempt.state_sealed, purpose=PROOF))
    if kept["url"] and not _has_arrived(attempt, answer):
        return Verdict(passed=False, reason="other_browser"), subject
    verdict = method.judge(
        subject,
        attempt_id=attempt.pk,
        state=kept["state"],
        answer=Answer(values=answer.values, files=answer.files, code_fits=fits),
        at=at,
    )
    return verdict, subject


def _has_arrived(attempt: ProofAttempt, answer: Answer) -> bool:
    """Whether the answer comes from the browser that was outside and was sent back."""
    told = answer.values.get(ARRIVAL, "")
    return bool(attempt.code_digest) and crypto.equal(
        attempt.code_digest, code_digest(attempt.pk, told)
    )


def use_up(attempt: ProofAttempt, at: datetime) -> None:
    """A proof counts once. Call it in the transaction of what it lets happen.

    Raises: ProofOver (410).
    """
    fresh = ProofAttempt.objects.filter(pk=attempt.pk, used_at=None, expires_at__gt=at)
    if not fresh.update(used_at=at):
        raise ProofOver


def _settle(
    attempt: ProofAttempt,
    method: ProofMethod,
    subject: Subject,
    verdict: Verdict,
    *,
    actor: Actor,
    session: Session,
    at: datetime,
) -> None:
    worth = rule("assurance", on=clock.local_date(at)).parameters
    level = worth.get(f"{method.code}.level", 0)
    if verdict.passed:
        use_up(attempt, at)
        raise_session(session.pk, method.code, verdict.facts.get("passkey_id"), at)
    if level and subject.person_id is not None:
        record_evidence(
            kind=method.code,
            adapter=method.code,
            person_id=subject.person_id,
            account_id=subject.account_id,
            organisation_id=subject.organisation_id,
            passed=verdict.passed,
            at_most=_at_most(method.code, subject, at),
            facts={**verdict.facts, **({"reason": verdict.reason} if verdict.reason else {})},
            is_test=method.is_test,
            until=verdict.until,
            at=at,
        )
        if verdict.passed and subject.organisation_id is not None:
            bind(
                actor=actor,
                person_id=subject.person_id,
                organisation_id=subject.organisation_id,
                at=at,
            )
        if verdict.passed:
            messaging.send(
                template=wording.PROOF_GIVEN,
                facts={
                    "when": at,
                    "method": in_every_language(lambda: str(method.label)),
                    "level": level,
                },
                subject_kind="identity.account",
                subject_id=session.account_id,
                person_id=subject.person_id,
                channels=("inbox",),
                link=reverse("identity:assurance"),
                at=at,
            )
    audit.record(
        actor=actor,
        act="identity.proof_given" if verdict.passed else "identity.proof_failed",
        object_kind="account",
        object_id=session.account_id,
        outcome="ok" if verdict.passed else "refused",
        facts={
            "method": method.code,
            "purpose": attempt.purpose,
            "organisation_id": attempt.organisation_id,
            "reason": verdict.reason,
            "test": method.is_test,
        },
        at=at,
    )


def raise_session(session_id: UUID, method: str, passkey_id: object, at: datetime) -> None:
    """The session was shown one more way; in the caller's transaction."""
    worth = rule("assurance", on=clock.local_date(at)).parameters
    row = Session.objects.select_for_update().get(pk=session_id)
    row.level = max(row.level, worth.get(f"{method}.session", 0))
    row.methods = list(dict.fromkeys([*row.methods, method]))
    row.second_factor = row.second_factor or method in SECOND_FACTORS
    row.passkey_id = passkey_id if isinstance(passkey_id, UUID) else row.passkey_id
    row.save(update_fields=["level", "methods", "second_factor", "passkey"])


def _at_most(method: str, subject: Subject, at: datetime) -> int:
    """The register of legal persons knows a name and a number; that they are his is known only as
    surely as he himself is."""
    if method != "legal_representative" or subject.person_id is None:
        return 4
    return level_of_person(subject.person_id, at=at)


def code_digest(attempt_id: UUID, code: str) -> str:
    """A keyed digest: six digits under a plain one are found by trial in a second."""
    return crypto.blind_index(f"{attempt_id}:{code}", purpose="identity.code")


def is_inside(path: str) -> bool:
    """Whether an address to come back to is a page of ours."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\"))
    return plain and len(path) <= 500 and path.isprintable()


def session_of(actor: Actor) -> Session:
    """Raises: SignInRequired: an API token proves nothing, it has no one before it."""
    if actor.session_id is None or actor.account_id is None:
        raise SignInRequired
    row = (
        Session.objects.select_related("account")
        .filter(pk=actor.session_id, account_id=actor.account_id, ended_at=None)
        .first()
    )
    if row is None:
        raise SignInRequired
    return row


def check_rate(account_id: UUID, at: datetime, *, in_session: bool = True) -> None:
    """Raises: TooManyProofs (429): so many attempts of one account were begun within the hour.

    Those in a session and those of a recovery apart: a stranger who names the account must not keep
    its owner from proving himself.
    """
    an_hour = rule("codes", on=clock.local_date(at)).parameters["an_hour"]
    since = at - timedelta(hours=1)
    begun = ProofAttempt.objects.filter(
        account_id=account_id, created_at__gt=since, session__isnull=not in_session
    )
    if begun.count() >= an_hour:
        raise TooManyProofs(retry_after_s=3600)


def is_fresh(*, actor: Actor, at: datetime) -> bool:
    """Whether whoever uses the session showed himself a short while ago. Raises: SignInRequired."""
    return _is_fresh(session_of(actor), at)


def check_fresh(session: Session, at: datetime) -> None:
    """Raises: SignInAgain (403)."""
    if not _is_fresh(session, at):
        raise SignInAgain(minutes=_fresh_minutes(at))


def check_may_add_key(session: Session, at: datetime) -> None:
    """A key is added only shortly after its owner showed himself. Where it would open work, he
    showed the second factor he has; who has none came by the password: an account elsewhere or a
    password alone must not grow into a second factor.

    Raises: SignInAgain, OwnKeyFirst (403).
    """
    check_fresh(session, at)
    account = session.account
    if session.second_factor or not account.officers.filter(active=True).exists():
        return
    has_factor = account.has_second_factor or has_own_key(account.pk)
    if has_factor or "password" not in session.methods:
        raise OwnKeyFirst


def _is_fresh(session: Session, at: datetime) -> bool:
    since = at - timedelta(minutes=_fresh_minutes(at))
    if session.created_at > since:
        return True
    again = ProofAttempt.objects.filter(
        session=session, purpose=ProofAttempt.Purpose.STEP_UP, method__in=HERE, used_at__gt=since
    )
    return again.exists()


def _fresh_minutes(at: datetime) -> int:
    return rule("codes", on=clock.local_date(at)).parameters["fresh_minutes"]


def sweep_attempts(*, at: datetime) -> int:
    """Forget attempts a day after they ran out; those of a session go with it at the latest."""
    return ProofAttempt.objects.filter(expires_at__lt=at - KEPT).delete()[0]
