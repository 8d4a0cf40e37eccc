"""The keys that sign ID tokens: RS256 for everyone, ES256 for who asks for it.

Private halves rest as ciphertext under the installation's own keys; each process opens one once. A
successor is published a day before it signs, and a predecessor a week after its last signature, so
that no relying party meets a key it has not seen.
Source: OpenID Connect Core 10.1.1; the terms are our default.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from joserfc.jwk import ECKey, KeySet, RSAKey

from lingnan.kernel import locks
from lingnan.kernel.actors import SYSTEM
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from ...models import SigningKey

PURPOSE = "identity.id_token"
AHEAD = timedelta(days=1)
AFTER = timedelta(days=7)
TERM = timedelta(days=90)
ALGORITHMS = tuple(SigningKey.Algorithm.values)

SigningPair = RSAKey | ECKey
_opened: dict[UUID, SigningPair] = {}


def signing_key(algorithm: str, *, at: datetime) -> SigningPair:
    """The key that signs now, with its `kid`; made at first need. One query."""
    row = _in_use(algorithm, at)
    if row is None:
        with transaction.atomic():
            locks.hold("identity.signing_key", algorithm)
            row = _in_use(algorithm, at) or _make(algorithm, active_from=at, at=at)
    return _open(row)


def public_keys(*, at: datetime) -> dict[str, Any]:
    """The JWK set: keys in use, coming and going."""
    for algorithm in ALGORITHMS:
        signing_key(algorithm, at=at)
    rows = SigningKey.objects.filter(_published(at)).order_by("-active_from")
    return {"keys": [row.public_jwk for row in rows]}


def key_set(*, at: datetime) -> KeySet:
    """The same keys, to check a signature of ours."""
    return KeySet.import_key_set(public_keys(at=at))  # type: ignore[arg-type]


@transaction.atomic
def rotate_keys(*, at: datetime, force: bool = False) -> int:
    """Make a successor for each key in its last day (or now, with `force`), and blank those whose
    week after is over; returns how many were made. Repeatable."""
    made = 0
    for algorithm in ALGORITHMS:
        locks.hold("identity.signing_key", algorithm)
        newest = SigningKey.objects.filter(algorithm=algorithm).order_by("-active_from").first()
        if newest is None:
            continue
        if force or newest.active_from + TERM - AHEAD <= at:
            if newest.active_from > at:
                continue  # a successor waits already
            following = _make(algorithm, active_from=at + AHEAD, at=at)
            SigningKey.objects.filter(algorithm=algorithm, removed_at=None).exclude(
                pk=following.pk
            ).update(removed_at=following.active_from + AFTER)
            made += 1
    gone = SigningKey.objects.filter(removed_at__lte=at).exclude(private_sealed="")
    for row in gone:
        _opened.pop(row.pk, None)
    gone.update(private_sealed="")
    return made


def _published(at: datetime) -> Q:
    return Q(removed_at=None) | Q(removed_at__gt=at)


def _in_use(algorithm: str, at: datetime) -> SigningKey | None:
    return (
        SigningKey.objects.filter(_published(at), algorithm=algorithm, active_from__lte=at)
        .order_by("-active_from")
        .first()
    )


def _make(algorithm: str, *, active_from: datetime, at: datetime) -> SigningKey:
    row = SigningKey(algorithm=algorithm, active_from=active_from)
    parameters = {"kid": str(row.pk), "use": "sig", "alg": algorithm}
    pair: SigningPair
    if algorithm == SigningKey.Algorithm.RS256:
        pair = RSAKey.generate_key(2048, parameters=parameters)  # type: ignore[arg-type]
    else:
        pair = ECKey.generate_key("P-256", parameters=parameters)  # type: ignore[arg-type]
    row.public_jwk = pair.as_dict(private=False)
    row.private_sealed = crypto.encrypt(pair.as_pem(private=True), purpose=PURPOSE)
    row.save(force_insert=True)
    audit.record(
        actor=SYSTEM,
        act="identity.signing_key_made",
        object_kind="signing_key",
        object_id=row.pk,
        facts={"algorithm": algorithm},
        at=at,
    )
    return row


def _open(row: SigningKey) -> SigningPair:
    known = _opened.get(row.pk)
    if known is None:
        pem = crypto.decrypt(row.private_sealed, purpose=PURPOSE)
        kind = RSAKey if row.algorithm == SigningKey.Algorithm.RS256 else ECKey
        parameters = {"kid": str(row.pk), "use": "sig", "alg": row.algorithm}
        known = _opened[row.pk] = kind.import_key(pem, parameters=parameters)  # type: ignore[arg-type]
    return known
