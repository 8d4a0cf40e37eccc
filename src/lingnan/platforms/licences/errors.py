"""What licences refuse."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound, Refusal, TooManyRequests


class LicenceUnknown(NotFound):
    code = "licences.unknown"
    message = _("No licence is known under this identifier.")
    remedy = _("Compare the identifier with the one on the licence, character by character.")
    source = "GB/T 36904-2018"


class LicenceTypeUnknown(NotFound):
    code = "licences.type_unknown"
    message = _("There is no type of licence with the code %(type_code)s.")
    remedy = _("Define the type first, or use a code from the list of types.")
    source = "GB/T 36904-2018"


class LicenceTypeMalformed(Malformed):
    code = "licences.type_malformed"
    message = _("The definition of this type of licence cannot be used.")
    source = "GB/T 36903-2018"


class TypeWithdrawn(Refusal):
    code = "licences.type_withdrawn"
    message = _("Nothing is issued under the type %(type)s since %(on)s.")
    remedy = _("Licences issued before stay as they are. Ask the managing department.")
    source = "行政许可法 21"


class TypeDraftUnknown(NotFound):
    code = "licences.type_draft_unknown"
    message = _("No such draft of a type of licence is known.")
    remedy = _("Look in the list of types; it may belong to another department.")


class TypeInPreparation(Refusal):
    code = "licences.type_in_preparation"
    message = _("A version of this type is being prepared already.")
    remedy = _("Go on with that draft, or discard it first.")


class TypeChangedMeanwhile(Refusal):
    code = "licences.type_changed_meanwhile"
    message = _("Someone else saved this draft since you opened it.")
    remedy = _("Open it again and put your changes in; what you typed stands below.")


class TypeStateRefused(Refusal):
    code = "licences.type_state_refused"
    message = _("This cannot be done with a draft that is %(state)s.")
    remedy = _("Look at its history; someone may have acted before you.")


class TypeSelfReview(Refusal):
    code = "licences.type_self_review"
    status = 403
    message = _("Who wrote or submitted a type of licence does not review it.")
    remedy = _("Another person with the right to review decides.")
    source = "GB/T 22239-2019"


class WithdrawalUnknown(NotFound):
    code = "licences.type_withdrawal_unknown"
    message = _("Nobody has asked to withdraw this type, or it was decided.")
    remedy = _("Ask for it first; another person decides.")


class TypeReasonMissing(Malformed):
    code = "licences.type_reason_missing"
    message = _("Say why; it stands in the history of the type.")


class TypeDateRefused(Refusal):
    code = "licences.type_date_refused"
    message = _("%(on)s cannot be the day: it must be %(earliest)s or later.")
    remedy = _("Choose a later day. What was issued before keeps its rules.")
    source = "立法法 104"


class FieldsMalformed(Malformed):
    code = "licences.fields_malformed"
    message = _("The contents do not fit the fields of this type of licence.")
    source = "GB/T 36903-2018"


class HolderKindRefused(Refusal):
    code = "licences.holder_kind_refused"
    message = _("This type of licence is not issued to holders of the kind “%(kind)s”.")
    remedy = _("Check who the applicant is.")
    source = "GB/T 36903-2018"

    def __init__(self, *, holder_kind: str) -> None:
        kinds = {"person": _("A person"), "organisation": _("An organisation")}
        super().__init__(holder_kind=holder_kind, kind=str(kinds.get(holder_kind, holder_kind)))


class IssuerRefused(Refusal):
    code = "licences.issuer_refused"
    message = _("%(agency)s does not issue this type of licence.")
    remedy = _("The agency named in the type's issuer rule issues it.")
    source = "行政许可法 22"


class IssueOvertaken(Refusal):
    code = "licences.issue_overtaken"
    message = _("While it was being signed, something this licence rests on changed.")
    remedy = _("Look at it once more and issue it again; nothing was issued.")


class ValidityRefused(Refusal):
    code = "licences.validity_refused"
    message = _("The term of this licence does not fit the rule of its type (%(rule)s).")
    remedy = _("Give a term that the rule allows.")
    source = "行政许可法 50"


class OldTermRefused(ValidityRefused):
    code = "licences.old_term_refused"
    message = _(
        "The term of this licence does not fit the rule of its type on its first day (%(rule)s)."
    )
    remedy = _(
        "Compare it with the paper. If it was typed wrong, revoke it and bring it in again with"
        " the term that stands there, under another source number."
    )


class SupersededElsewhere(Refusal):
    code = "licences.already_superseded"
    message = _("Licence %(identifier)s already has a newer version.")
    remedy = _("Change the newest version.")
    source = "GB/T 36904-2018"


class StatusRefused(Refusal):
    code = "licences.status_refused"
    message = _("A licence that is %(status)s cannot become %(wanted)s.")
    remedy = _("Look at the licence's history; someone may have acted before you.")
    source = "行政许可法 69, 70"


class GroundMissing(Malformed):
    code = "licences.ground_missing"
    message = _("A legal ground is required.")
    remedy = _("Name the article of law that the decision rests on.")
    source = "行政许可法 69, 70"


class NotValidNow(Refusal):
    code = "licences.not_valid_now"
    message = _("This licence is %(status)s and cannot be used as a material.")
    remedy = _("Use a valid licence, or bring the original.")
    source = "国务院关于在线政务服务的若干规定 10"


class SealUnavailable(Refusal):
    code = "licences.seal_unavailable"
    message = _("%(agency)s has no seal in use.")
    remedy = _("Ask the agency to enable its seal.")
    source = "GB/T 38540-2020"


class SealUnknown(NotFound):
    code = "licences.seal_unknown"
    message = _("No such seal, application or request is known.")
    remedy = _("Look in the list of seals; it may belong to another agency.")


class SealUnusable(Refusal):
    code = "licences.seal_unusable"
    message = _("The seal %(name)s cannot be used: %(reason)s")
    remedy = _("Use the agency's seal in force, or ask the security administrator.")
    source = "GB/T 38540-2020"


class SealStateRefused(Refusal):
    code = "licences.seal_state_refused"
    message = _("This cannot be done while it is %(state)s.")
    remedy = _("Look at its history; someone may have acted before you.")
    source = "GB/T 38540-2020"


class SealDecidedByOneself(Refusal):
    code = "licences.seal_decided_by_oneself"
    status = 403
    message = _("Who asks for a seal or for its use does not decide about it.")
    remedy = _("Another person with the right to approve decides.")
    source = "GB/T 22239-2019"


class SealGroundMissing(Malformed):
    code = "licences.seal_ground_missing"
    message = _("Say why.")
    remedy = _("The reason stands in the seal's history.")
    source = "GB/T 38540-2020"


class SealTextMissing(Malformed):
    code = "licences.seal_text_missing"
    message = _("Write what the seal says.")
    remedy = _("Only a seal of the unit says its agency's name by itself.")
    source = "GB/T 38540-2020"


class SealNotReplaceable(Refusal):
    code = "licences.seal_not_replaceable"
    message = _("A seal takes the place of one of its own agency and kind, not destroyed yet.")
    remedy = _("Choose such a seal, or apply for a new one.")
    source = "GB/T 38540-2020, 6"


class SealTaken(Refusal):
    code = "licences.seal_taken"
    message = _("The agency already has such a seal in use.")
    remedy = _("Apply for a seal that replaces it, or destroy it first.")
    source = "国发〔1999〕25号"


class SealDocumentsMissing(Malformed):
    code = "licences.seal_documents_missing"
    message = _("Add between one and %(limit)s OFD documents.")
    remedy = _("Make further requests for more documents.")


class SealUnreadable(Malformed):
    code = "licences.seal_unreadable"
    message = _("This is not an electronic seal or signature we can read.")
    remedy = _(
        "Send a seal or signature of version 1 (GM/T 0031-2014), 4 (GB/T 38540-2020) or"
        " 5 (GM/T 0031-2025)."
    )
    source = "GB/T 38540-2020"


class DocumentUnreadable(Malformed):
    code = "licences.document_unreadable"
    message = _("This file is neither an OFD nor a PDF document we can read.")
    remedy = _("Upload the licence file as you received it.")
    source = "GB/T 33190-2016"


class DocumentEmpty(DocumentUnreadable):
    code = "licences.document_empty"
    message = _("This file is empty.")
    remedy = _("Fetch it again from where you received it; it may not have arrived whole.")


class DocumentTooLarge(DocumentUnreadable):
    code = "licences.document_too_large"
    message = _("The file is larger than %(limit_mb)s MB.")
    remedy = _("A licence is far smaller: check that this is the file you received.")


class DocumentDamaged(DocumentUnreadable):
    code = "licences.document_damaged"
    message = _("This OFD file cannot be read: %(problem)s.")
    remedy = _("It broke on its way, or somebody changed it. Ask for it again, as it was issued.")


class DocumentClosed(Refusal):
    code = "licences.document_closed"
    message = _("This document was closed by its last seal; nothing can be added to it.")
    remedy = _("Make the document anew, and let the last seal be the one that closes it.")
    source = "GB/T 33190-2016, 18"


class SealPlaceUnknown(Malformed):
    code = "licences.seal_place_unknown"
    message = _("There is no such place on page %(page)s of this document (%(pages)s pages).")
    remedy = _("Name a page of the document and a place on it; a seal across pages needs two.")
    source = "GB/T 33190-2016, 18"


class SealNeedsTwoPages(SealPlaceUnknown):
    code = "licences.seal_needs_two_pages"
    message = _("A seal across the edges needs at least two pages; this document has one.")
    remedy = _("Ask for this document apart, without the seal across the edges.")


class ProofFileUnknown(NotFound):
    code = "licences.proof_file_unknown"
    message = _("The proof of a licence has no such file.")
    remedy = _("Ask for payload, signature, certificate or chain.")


class FaceNotReady(NotFound):
    code = "licences.face_not_ready"
    message = _("The face of this licence cannot be shown in this form.")
    remedy = _("Ask for pdf or ofd.")


class GroundUnknown(Malformed):
    code = "licences.ground_unknown"
    message = _("%(ground)s is no ground for this, or it is not in force today.")
    remedy = _("Choose a ground from the catalogue of grounds, or write the article of law.")
    source = "行政许可法 69, 70"


class HolderUnknown(Refusal):
    code = "licences.holder_unknown"
    message = _("No holder is registered under this number.")
    remedy = _("Register the organisation first, or correct the number.")
    source = "GB/T 36903-2018"


class HolderNameDiffers(Refusal):
    code = "licences.holder_name_differs"
    message = _("The name does not belong to this number.")
    remedy = _("Compare name and number with the holder's document.")
    source = "GB/T 36903-2018"


class RowsMalformed(Malformed):
    code = "licences.rows_malformed"
    message = _("The rows cannot be read: %(reason)s.")
    remedy = _("Download the template of this type and fill it in.")
    source = "规划 五（二）2（3）"


class BatchUnknown(NotFound):
    code = "licences.batch_unknown"
    message = _("There is no such batch.")


class BatchNotReady(Refusal):
    code = "licences.batch_not_ready"
    message = _("This batch is %(state)s and cannot be %(wanted)s.")
    remedy = _("Look at the batch's page: it says what can be done now.")


class SourceIdReused(Refusal):
    code = "licences.source_id_reused"
    message = _("Another licence was issued under the source number %(source_id)s.")
    remedy = _("Send the same contents again, or a new source number for a new licence.")
    source = "GB/T 36906-2018"


class CodeSpent(Refusal):
    code = "licences.code_spent"
    status = 410
    message = _("This code is not good any more, or never was.")
    remedy = _("Ask the holder to show a new code: each is good once, for a short time.")
    source = "规划 五（二）2（1）"


class NotSealed(Refusal):
    code = "licences.not_sealed"
    message = _("This licence was brought in from elsewhere and bears no electronic seal.")
    remedy = _("Ask the issuing agency to issue it electronically.")
    source = "国办函〔2016〕108号"


class GradeTooLow(Refusal):
    code = "licences.grade_too_low"
    message = _("A licence of %(grade)s may not be used so.")
    remedy = _("Have a window compare it with the original, or ask its issuer to seal it.")
    source = "国办函〔2016〕108号"


class StockTableUnknown(NotFound):
    code = "licences.stock_table_unknown"
    message = _("No table was brought in under this number.")
    remedy = _("Look in the list of tables brought in.")


class StockTableNotStopped(Refusal):
    code = "licences.stock_table_not_stopped"
    status = 409
    message = _("This table is %(state)s; only one that stopped goes on.")
    remedy = _("Wait for it, or send the corrected table again.")


class StockTableEnded(Refusal):
    code = "licences.stock_table_ended"
    status = 409
    message = _("This table is %(state)s; there is nothing left of it to give up.")
    remedy = _("Send the corrected table as a new one.")


class StockTableLeft(Refusal):
    code = "licences.stock_table_left"
    status = 403
    message = _("Whoever began this table may bring in licences for this agency no more.")
    remedy = _("Another officer of the agency looks at it and goes on, or gives it up.")


class OriginalNotNeeded(Refusal):
    code = "licences.original_not_needed"
    message = _("A licence of this grade may be used without its original.")
    remedy = _("Go on; nothing has to be noted.")
    source = "国办函〔2016〕108号"


class ScanUnknown(NotFound):
    code = "licences.scan_unknown"
    message = _("There is no picture of this licence's paper.")
    remedy = _("Compare the original with what the licence says.")


class StockEntryUnknown(NotFound):
    code = "licences.stock_entry_unknown"
    message = _("No licence was brought in under this number.")
    remedy = _("Look in the list of licences brought in.")


class StockStateRefused(Refusal):
    code = "licences.stock_state_refused"
    message = _("This cannot be done with a licence brought in that is %(state)s.")
    remedy = _("Look at it again; someone may have acted before you.")


class RegisterOfAnother(Refusal):
    code = "licences.register_of_another"
    message = _("%(agency)s keeps a register here and brings in its own licences.")
    remedy = _("Ask the agency named on it.")


class StockReasonMissing(Malformed):
    code = "licences.stock_reason_missing"
    message = _("Say on what you base it; it stays with the licence.")


class StockOwn(Refusal):
    code = "licences.stock_own"
    status = 403
    message = _("Nobody checks or decides on a licence of his own.")
    remedy = _("A colleague compares it with the original.")


class NotTheIssuer(Refusal):
    code = "licences.not_the_issuer"
    status = 403
    message = _("%(agency)s did not issue this licence; only its issuer seals it.")
    remedy = _("Ask the agency named on it.")
    source = "国办函〔2016〕108号"


class VerifiedTooOften(TooManyRequests):
    code = "licences.verified_too_often"
    message = _("More than %(limit)s verifications in a minute from one place.")
    remedy = _("Wait a little. Who verifies many licences asks over the API with a token.")


class PurposeMissing(Malformed):
    code = "licences.purpose_missing"
    message = _("Say for what you open this licence; its holder reads it.")
    remedy = _("Without a task on a case with it, an officer gives a purpose of two words or more.")
    source = "个人信息保护法 6, 17"


class PurposeUnknown(Malformed):
    code = "licences.purpose_unknown"
    message = _("There is no such purpose for showing a licence.")
    remedy = _("Choose held, identity, inspect or whole.")


class ConsentUnknown(NotFound):
    code = "licences.consent_unknown"
    message = _("There is no such request among those you may see.")


class ConsentAnswered(Refusal):
    code = "licences.consent_answered"
    message = _("This request is closed: %(state)s.")
    remedy = _("The asker can ask again.")


class ConsentNotLive(Refusal):
    code = "licences.consent_not_live"
    status = 403
    message = _("The holder's consent is not, or no longer, in force.")
    remedy = _("Wait for the holder's answer, or ask again.")
    source = "个人信息保护法 13, 15"


class ConsentMalformed(Malformed):
    code = "licences.consent_malformed"
    message = _("The request for consent cannot be understood.")
    source = "个人信息保护法 14, 17"


class CopyMalformed(Malformed):
    code = "licences.copy_malformed"
    message = _("A copy needs a purpose and a last day, at most %(days)s days from today.")
    source = "国办函〔2016〕108号"
