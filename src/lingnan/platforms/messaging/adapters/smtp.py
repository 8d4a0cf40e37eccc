"""E-mail through an SMTP server: smtp://user:password@host:587 (STARTTLS) or smtps:// (TLS)."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from lingnan.kernel import clock

from ..errors import ChannelUnavailable
from .base import Parcel, Rejected

TIMEOUT_S = 20


class SmtpGateway:
    """Speaks to one server. Without a password the connection may stay plain (a local relay)."""

    def __init__(self, url: str, sender: str) -> None:
        self.url = urlsplit(url)
        self.sender = sender

    def deliver(self, parcel: Parcel) -> str:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = parcel.address
        message["Subject"] = " ".join(parcel.title.split())
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{parcel.key}@{self.sender.rpartition('@')[2]}>"
        message.set_content(parcel.text)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            if code < 500:
                raise ChannelUnavailable(f"recipient deferred: {code}") from error
            raise Rejected(f"recipient refused: {code}") from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code < 500:
                raise ChannelUnavailable(f"server answered {error.smtp_code}") from error
            raise Rejected(f"server answered {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelUnavailable(type(error).__name__) from error
        return str(message["Message-ID"])

    def _connect(self) -> smtplib.SMTP:
        host = self.url.hostname or "localhost"
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self.url.scheme == "smtps":
            server = smtplib.SMTP_SSL(
                host, self.url.port or 465, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(host, self.url.port or 25, timeout=TIMEOUT_S)
            if self.url.password or (server.ehlo()[0] == 250 and server.has_extn("starttls")):
                server.starttls(context=context)
        if self.url.username and self.url.password:
            server.login(unquote(self.url.username), unquote(self.url.password))
        return server
