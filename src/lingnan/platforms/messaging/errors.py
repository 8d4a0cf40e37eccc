"""Why a message is refused."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import NotFound, Unavailable


class MessageNotFound(NotFound):
    code = "messaging.message_not_found"
    message = _("There is no such message.")
    remedy = _("Open it from your list of messages.")


class ChannelUnavailable(Unavailable):
    code = "messaging.channel_unavailable"
    message = _("The message gateway does not answer at the moment.")
