"""A client of a Lingnan platform: verify licences, offline or online; read them with consent."""

from .client import Lingnan, Refused
from .offline import NotGenuine, OfflineFacts, OfflineKey, OfflineVerifier

__all__ = ("Lingnan", "NotGenuine", "OfflineFacts", "OfflineKey", "OfflineVerifier", "Refused")
