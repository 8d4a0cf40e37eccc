"""The gateway of each channel in this installation."""

from pathlib import Path

from django.conf import settings

from ..types import Channel
from .base import Gateway
from .outbox import OutboxGateway
from .sms_http import SmsHttpGateway
from .smtp import SmtpGateway


def gateway(channel: str) -> Gateway:
    """The configured gateway; without one, the outbox folder."""
    config = settings.LINGNAN
    if channel == Channel.EMAIL and config.smtp_url:
        return SmtpGateway(config.smtp_url, config.mail_from)
    if channel == Channel.SMS and config.sms_url:
        return SmsHttpGateway(config.sms_url, config.sms_token)
    return OutboxGateway(outbox_folder(), channel)


def outbox_folder() -> Path:
    """Where messages lie that no gateway takes."""
    folder: Path = settings.LINGNAN.var_dir / "outbox"
    return folder
