"""Time-based codes (RFC 6238) and recovery codes: checked once each, in any number of processes."""

import hmac
import secrets
from datetime import datetime

import pyotp

from ..models import Account, RecoveryCode
from ..sealing import SECOND_FACTOR, digest, unseal

STEP_S = 30
DRIFT_STEPS = 1
RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def new_secret() -> str:
    return pyotp.random_base32()


def provisioning_uri(secret: str, username: str) -> str:
    """What the QR code says to the authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Lingnan")


def code_at(secret: str, at: datetime) -> str:
    """The six digits an authenticator shows at an instant."""
    return pyotp.TOTP(secret).at(int(at.timestamp()))


def use_code(account: Account, code: str, at: datetime, *, confirming: bool = False) -> bool:
    """Whether a code is right and was not used; uses it up in the same statement.

    Two requests with one code: the conditional UPDATE lets one of them win.
    """
    text = "".join(code.split()).upper().replace("-", "")
    if len(text) == 6 and text.isdigit():
        return _use_totp(account, text, at)
    if confirming or not text:
        return False
    used = RecoveryCode.objects.filter(account=account, digest=digest(text), used_at=None)
    return used.update(used_at=at) == 1


def _use_totp(account: Account, code: str, at: datetime) -> bool:
    if not account.totp_secret_sealed:
        return False
    totp = pyotp.TOTP(unseal(account.totp_secret_sealed, purpose=SECOND_FACTOR))
    now_step = int(at.timestamp()) // STEP_S
    matching = 0
    for step in range(now_step - DRIFT_STEPS, now_step + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            matching = step
    if not matching:
        return False
    fresh = Account.objects.filter(pk=account.pk, totp_last_step__lt=matching)
    return fresh.update(totp_last_step=matching) == 1


def issue_recovery_codes(account: Account) -> list[str]:
    """Replace all recovery codes; the new ones are returned once and kept as digests."""
    RecoveryCode.objects.filter(account=account).delete()
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account=account, digest=digest(code)) for code in codes
    )
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]
