"""A forgotten password: who names his account and its document proves that he is its owner, anew.

Only by a way at least as sure as what is known of the owner, and never by a text message alone: a
number that went to someone else would otherwise open everything. What passes sets a new password,
ends every session and token, and is told to every address on record.
Source: GB/T 22239-2019 8.1.4.1; which ways suffice is our default.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.urls import reverse

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.text import in_every_language
from lingnan.security.audit import services as audit
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import document_types

from .. import wording
from ..adapters.base import Answer, ProofMethod
from ..errors import NoWayToRecover, ProofFailed, ProofUnknown, RecoveryOver, RecoveryUnknown
from ..models import Account, LinkedAccount, Passkey, ProofAttempt
from ..queries.assurance import level_of_person
from ..queries.people import person as person_of
from ..queries.rules import rule
from ..sealing import PROOF, unseal
from . import attempts, passwords
from .endings import end_access, tell_everywhere
from .proofs import ABOUT_FIRMS, StartedProof, begin, judge, method_named, methods, subject_of
from .proofs import use_up as use_up_proof
from .sessions import account_named

SALT = "identity.recovery"
TERM_S = 1800
LEAST = 3
"""What a way must be worth at least, in the rule's levels, however little is known of the owner."""
NOT_ALONE = frozenset({"sms_code", "totp"})
"""Ways that show only who holds a telephone; a second factor is not the first as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """An account someone named rightly: `token` goes on with it, by one of the `ways`."""

    token: str
    ways: tuple[ProofMethod, ...]


def find_account(
    *,
    username: str,
    name: str,
    document_type: str,
    document_number: str,
    address: str,
    at: datetime,
) -> Recovery:
    """Name one's account, and who one is by document; one answer whatever of it is wrong.

    Raises: RecoveryUnknown (404), NoWayToRecover (409), TooManyAttempts (429).
    """
    keys = attempts.keys_for(account=f"recover:{username.strip().lower()}", address=address)
    attempts.reserve(keys, at=at)
    account = _named(username, name, document_type, document_number)
    attempts.settle(keys, ok=account is not None, at=at)
    with transaction.atomic():
        audit.record(
            actor=Actor(kind=ANONYMOUS.kind, address=address),
            act="identity.recovery_asked",
            object_kind="account",
            object_id=account.pk if account else "",
            outcome="ok" if account else "refused",
            at=at,
        )
    if account is None:
        raise RecoveryUnknown
    ways = _ways(account, at)
    if not ways:
        raise NoWayToRecover
    return Recovery(token=_token(account.pk), ways=tuple(ways))


def ways_of(*, token: str, at: datetime) -> list[ProofMethod]:
    """The ways open to whoever holds the token. Raises: RecoveryOver (410)."""
    account, _attempt = _read(token)
    return _ways(account, at)


def start_recovery(
    *, token: str, method: str, address: str, at: datetime
) -> tuple[str, StartedProof]:
    """Begin one way; returns the token that finishes it.

    Raises: RecoveryOver (410), ProofUnknown (404), TooManyProofs (429), ProofUnavailable.
    """
    account, _attempt = _read(token)
    chosen = method_named(method)
    if method not in {way.code for way in _ways(account, at)}:
        raise ProofUnknown(method=method)
    started = begin(
        chosen,
        subject_of(account),
        purpose=ProofAttempt.Purpose.RECOVER,
        back=reverse("identity:recover_finish"),
        address=address,
        at=at,
    )
    return _token(account.pk, started.attempt_id), started


def recovery_under_way(*, token: str, at: datetime) -> tuple[ProofMethod, dict[str, object]]:
    """The way that waits for its answer, and what it shows. Raises: RecoveryOver (410)."""
    _account, attempt = _read(token)
    if attempt is None or attempt.used_at is not None or attempt.expires_at <= at:
        raise RecoveryOver
    kept = json.loads(unseal(attempt.state_sealed, purpose=PROOF))
    return method_named(attempt.method), kept["shown"]


def finish_recovery(
    *, token: str, answer: Answer, new_password: str, address: str, at: datetime
) -> None:
    """Judge the proof and set the new password. The second factor stays.

    Whether the password was used before is said only to whoever has passed: to others it would be a
    place to try passwords out. Keys and accounts elsewhere that open the account end too, because
    someone else may have put them there; passkeys stay where they are the second factor of work.
    Raises: RecoveryOver, ProofOver (410), PasswordWeak, ProofFailed (422), ProofUnavailable.
    """
    account, attempt = _read(token)
    if attempt is None or attempt.used_at is not None or attempt.expires_at <= at:
        raise RecoveryOver
    on = clock.local_date(at)
    works = account.officers.filter(active=True).exists()
    check = partial(
        passwords.check_new_password,
        new_password,
        username=account.username,
        is_officer=works,
        on=on,
        field="new_password",
    )
    check(former=[])
    method = method_named(attempt.method)
    verdict, _subject = judge(attempt, method, account, answer, at=at)
    asker = Actor(kind=ANONYMOUS.kind, account_id=account.pk, address=address)
    if not verdict.passed:
        with transaction.atomic():
            audit.record(
                actor=asker,
                act="identity.recovery_failed",
                object_kind="account",
                object_id=account.pk,
                outcome="refused",
                facts={"method": method.code, "reason": verdict.reason},
                at=at,
            )
        raise ProofFailed(reason=verdict.reason)
    check(former=passwords.remembered(account.password, account.former_passwords, on=on))
    with transaction.atomic():
        use_up_proof(attempt, at)
        row = Account.objects.select_for_update().get(pk=account.pk)
        if row.state != Account.State.ACTIVE:
            raise RecoveryOver
        row.former_passwords = passwords.remembered(row.password, row.former_passwords, on=on)
        row.password = passwords.hash_password(new_password)
        row.password_changed_at = at
        row.must_change_password = False
        row.version += 1
        row.save()
        end_access(row.pk, at=at)
        LinkedAccount.objects.filter(account=row, ended_at=None).update(ended_at=at)
        if not works:
            used = str(verdict.facts.get("passkey_id", ""))
            keys = Passkey.objects.filter(account=row, removed_at=None)
            spare = [key.pk for key in keys if str(key.pk) != used]
            keys.filter(pk__in=spare).update(removed_at=at)
        attempts.unlock(f"id:{row.pk}")
        tell_everywhere(
            row,
            template=wording.RECOVERED,
            facts={"when": at, "method": in_every_language(lambda: str(method.label))},
            at=at,
        )
        audit.record(
            actor=asker,
            act="identity.account_recovered",
            object_kind="account",
            object_id=row.pk,
            facts={"method": method.code, "test": method.is_test},
            at=at,
        )


def _ways(account: Account, at: datetime) -> list[ProofMethod]:
    """Those that show the owner himself, as surely as he is known: what only compares what others
    may know of him too (a register, a bank) opens nothing."""
    worth = rule("assurance", on=clock.local_date(at)).parameters
    assert account.person_id is not None, "an account without a person is not recovered"
    needed = max(LEAST, level_of_person(account.person_id, at=at))
    subject = replace(subject_of(account), phone="")
    return [
        method
        for method in methods()
        if method.code not in NOT_ALONE | ABOUT_FIRMS
        and worth.get(f"{method.code}.session", 0) >= needed
        and method.fits(subject)
    ]


def _named(username: str, name: str, document_type: str, number: str) -> Account | None:
    """The account, where name and document are its owner's."""
    account = account_named(username)
    if account is None or account.person_id is None:
        return None
    try:
        wanted = document_types.check_number(document_type, number)
    except (CodeMalformed, ValueError):
        return None
    owner = person_of(account.person_id)
    given = (" ".join(name.split()), document_type, wanted)
    return account if given == (owner.name, owner.document_type, owner.document_number) else None


def _token(account_id: UUID, attempt_id: UUID | None = None) -> str:
    return signing.dumps([str(account_id), str(attempt_id or "")], salt=SALT)


def _read(token: str) -> tuple[Account, ProofAttempt | None]:
    """Raises: RecoveryOver (410)."""
    try:
        account_id, attempt_id = signing.loads(token, salt=SALT, max_age=TERM_S)
    except (signing.BadSignature, ValueError, TypeError) as wrong:
        raise RecoveryOver from wrong
    account = Account.objects.filter(pk=account_id, state=Account.State.ACTIVE).first()
    if account is None or account.person_id is None:
        raise RecoveryOver
    if not attempt_id:
        return account, None
    attempt = ProofAttempt.objects.filter(
        pk=attempt_id, account=account, purpose=ProofAttempt.Purpose.RECOVER
    ).first()
    if attempt is None:
        raise RecoveryOver
    return account, attempt
