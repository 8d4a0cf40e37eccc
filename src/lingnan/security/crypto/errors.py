"""What crypto refuses."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import NotFound, Refusal, Unavailable


class KeyUnknown(NotFound):
    code = "crypto.key_unknown"
    message = _("No key has the identifier %(key_id)s.")
    remedy = _("Restore the key table from the backup the data came from.")
    source = "GB/T 39786-2021"


class KeyUnusable(Refusal):
    code = "crypto.key_unusable"
    status = 409
    message = _("Key %(key_id)s is %(state)s and cannot be used for this.")
    remedy = _("Use the key that is active for the same purpose.")
    source = "GB/T 39786-2021"


class CiphertextInvalid(Refusal):
    code = "crypto.ciphertext_invalid"
    status = 422
    message = _("The encrypted value was changed, or belongs to another purpose.")
    remedy = _("Restore the value from a backup; do not write over it.")
    source = "GM/T 0002-2012"


class MasterKeyWrong(Refusal):
    code = "crypto.master_key_wrong"
    status = 409
    message = _("The stored keys do not open with the configured master key.")
    remedy = _("Set LINGNAN_MASTER_KEY to the key this database was set up with.")
    source = "GB/T 39786-2021"


class CertificateUnreadable(Refusal):
    code = "crypto.certificate_unreadable"
    status = 422
    message = _("This is not an X.509 certificate for an SM2 key.")
    remedy = _("Send the certificate in DER or PEM form.")
    source = "GM/T 0015-2012"


class AuthorityRefused(Refusal):
    code = "crypto.authority_refused"
    status = 409
    message = _("The certificate authority is not in a state for this.")
    remedy = _("Run the key ceremony first: lingnan key_ceremony.")
    source = "GM/T 0034-2014"


class DeviceAway(Unavailable):
    code = "crypto.device_away"
    message = _(
        "The signing device does not answer at the moment: nothing was sealed. What waits for it"
        " is tried again by itself."
    )


class DeviceRefused(Refusal):
    code = "crypto.device_refused"
    status = 409
    message = _("The signing device %(device)s refused to sign (%(reason)s).")
    remedy = _(
        "Whoever keeps the device looks the number up in its manual: most often the access code or"
        " the number of the key is wrong (docs/howto/connect-a-signing-device.md)."
    )
    source = "GM/T 0029-2014"


class DeviceKeyLost(Refusal):
    code = "crypto.device_key_lost"
    status = 409
    message = _(
        "The key of the signing device %(device)s may be known to others: a certificate for it was"
        " revoked for that."
    )
    remedy = _(
        "Make a new key in the device and write its number and its public half into the device's"
        " file (docs/howto/connect-a-signing-device.md)."
    )
    source = "RFC 5280, 5.3.1"


class RevocationListUnknown(NotFound):
    code = "crypto.revocation_list_unknown"
    message = _("No authority here has this serial number.")
    remedy = _("Take the address from the certificate.")
    source = "RFC 5280"
