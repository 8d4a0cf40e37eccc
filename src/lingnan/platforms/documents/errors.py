"""Why a file is refused."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import NotFound, Refusal, Unavailable


class FileNotFound(NotFound):
    code = "documents.file_not_found"
    message = _("There is no such file.")
    remedy = _("It may have been removed, or belong to someone else. Open it from its own page.")


class UploadRefused(Refusal):
    """Base of all refusals of an upload, without a code of its own; `name` is always a fact."""

    status = 422
    message = _("The file “%(name)s” cannot be taken.")


class UploadEmpty(UploadRefused):
    code = "documents.upload_empty"
    message = _("The file “%(name)s” is empty.")
    remedy = _("Open the file to see whether it shows anything, then upload it again.")


class UploadTooLarge(UploadRefused):
    code = "documents.upload_too_large"
    status = 413
    message = _("The file “%(name)s” is too large: at most %(limit_mb)s MB.")
    remedy = _("Scan in black and white or at a lower resolution, or split the document.")


class TypeNotAllowed(UploadRefused):
    code = "documents.type_not_allowed"
    message = _("The file “%(name)s” is of a kind that is not taken here. Taken are: %(allowed)s.")
    remedy = _("Save or photograph the document in one of these forms and upload it again.")


class NameMismatch(UploadRefused):
    code = "documents.name_mismatch"
    message = _("The name of “%(name)s” does not fit what is in it (%(found)s).")
    remedy = _("The file may have been renamed. Save it anew from the program it was made with.")


class UploadDamaged(UploadRefused):
    code = "documents.upload_damaged"
    message = _("The file “%(name)s” cannot be opened: it is damaged or incomplete.")
    remedy = _("Open it on your device; if that fails too, scan or photograph it again.")


class UploadExpands(UploadRefused):
    code = "documents.upload_expands"
    message = _("The file “%(name)s” unpacks to far more than it should.")
    remedy = _("Save the document anew without embedded archives, or as PDF.")


class ActiveContent(UploadRefused):
    code = "documents.active_content"
    message = _("The file “%(name)s” contains a program (script, macro or embedded file).")
    remedy = _("Print it to PDF and upload the result.")


class UploadEncrypted(UploadRefused):
    code = "documents.upload_encrypted"
    message = _("The file “%(name)s” is protected by a password.")
    remedy = _("Remove the protection, or print it to a new PDF, and upload that.")


class OfdInvalid(Refusal):
    code = "documents.ofd_invalid"
    status = 422
    message = _("This is not a readable OFD file: %(problem)s.")
    remedy = _("Ask whoever gave you the file for it again.")
    source = "GB/T 33190-2016"


class StoreUnavailable(Unavailable):
    code = "documents.store_unavailable"
    message = _("The file store does not answer at the moment.")
