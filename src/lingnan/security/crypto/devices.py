"""Signing with devices: the same words once, whatever is lost on the way; a device away said so.

An SM2 signature differs each time. What a device signed is kept, on a connection of its own, so
that a rollback of the caller does not lose it: whoever asks again for the same words under the same
key gets the same signature. Two at once take turns. A signature whose answer was lost reached
nobody.
"""

from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext as _

from lingnan.kernel import clock

from .adapters.device import DeviceFile, DeviceSaidNo, DeviceSilent, SigningDevice, device_files
from .adapters.gmt0029 import SignatureServer
from .adapters.registry import provider
from .errors import DeviceAway, DeviceRefused
from .keyring import LiveKey
from .models import DeviceSignature

TRIES = 2
RETRY_AFTER_S = 60
KEPT = timedelta(days=7)


def device(name: str) -> tuple[DeviceFile, SigningDevice]:
    """A device by the name its key carries. Raises: DeviceAway where its file is gone."""
    file = device_files().get(name)
    if file is None:
        raise DeviceAway(name, retry_after_s=RETRY_AFTER_S)
    return file, SignatureServer(file)


def sign_with_device(key: LiveKey, data: bytes) -> bytes:
    """An SM2 signature by a key in a device: the one made before, where these words were signed.

    Raises: DeviceAway (503), DeviceRefused (409).
    """
    digest = provider().sm3(data).hex()
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            # Held by the session: `own` is closed below, whatever happens.
            cursor.execute(
                "SELECT pg_advisory_lock(hashtextextended(%s, 0))",
                [f"crypto.device:{key.id}:{digest}"],
            )
            cursor.execute(
                "SELECT signature FROM crypto_devicesignature"
                " WHERE key_id = %s AND digest_sm3 = %s",
                [key.id, digest],
            )
            row = cursor.fetchone()
            if row is not None:
                return bytes(row[0])
            signature = ask_device(key.device, key.secret, data, key.public_point)
            kept = DeviceSignature(
                key_id=key.id, digest_sm3=digest, signature=signature, made_at=clock.now()
            )
            cursor.execute(
                "INSERT INTO crypto_devicesignature"
                " (id, created_at, key_id, digest_sm3, signature, made_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [kept.pk, kept.made_at, key.id, digest, signature, kept.made_at],
            )
            return signature
    finally:
        own.close()


def ask_device(name: str, handle: bytes, data: bytes, point: bytes) -> bytes:
    """Ask a device, a second time where it is silent, and check what it answers.

    Raises: DeviceAway (503), DeviceRefused (409).
    """
    file, asked = device(name)
    if handle not in {key.handle for key in file.keys}:
        reason = _("its file names no key %(index)s") % {"index": handle.decode()}
        raise DeviceRefused(device=name, reason=reason)
    for turn in range(TRIES):
        try:
            signature = asked.sm2_sign(handle, data)
        except DeviceSilent as silent:
            if turn + 1 == TRIES:
                raise DeviceAway(f"{name}: {silent}", retry_after_s=RETRY_AFTER_S) from silent
        except DeviceSaidNo as refused:
            raise DeviceRefused(device=name, reason=f"{refused.number:#010x}") from refused
        else:
            break
    if not provider().sm2_verify(point, data, signature):
        raise DeviceRefused(device=name, reason="signature")
    return signature


def forget_signatures() -> int:
    """Delete what no job repeats any more; return how many."""
    return DeviceSignature.objects.filter(made_at__lt=clock.now() - KEPT).delete()[0]
