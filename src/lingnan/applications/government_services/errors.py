"""What government services refuse, with the rule that says so and what to do next."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound, Refusal


class DraftNotFound(NotFound):
    code = "draft.not_found"
    message = _("There is no such draft, or it has expired.")
    remedy = _("Start again from the guide; what government already knows is filled in for you.")


class DraftSubmitted(Refusal):
    code = "draft.already_submitted"
    message = _("This draft has been handed in already.")
    remedy = _("Open “My cases” to follow the case.")


class ItemNotOnline(Refusal):
    code = "case.item_not_online"
    message = _("This matter cannot be applied for here.")
    remedy = _("The guide says where to apply and whom to call.")
    source = "GB/T 39046-2020 网上办理深度"


class NotForYou(Refusal):
    code = "case.not_for_you"
    message = _("This matter is for others: %(service_objects)s.")
    remedy = _("Switch to the person or firm for whom you apply, or look for another matter.")
    source = "实施清单：服务对象（GB/T 39046-2020 A.4）"


class ApplicantBarred(Refusal):
    code = "case.applicant_barred"
    message = _("No new application for this matter is accepted until %(until_on)s.")
    remedy = _("Apply after that date. You may ask for reconsideration of the decision behind it.")
    source = "行政许可法 78, 79"


class MandateTooNarrow(Refusal):
    code = "case.mandate_too_narrow"
    status = 403
    message = _("Your authorisation does not cover this matter.")
    remedy = _("Ask whoever authorised you to add this matter to the authorisation.")
    source = "民法典 165"


class RepresentationExcluded(Refusal):
    code = "case.representation_excluded"
    status = 403
    message = _("Nobody may apply for another in this matter, or only a guardian may.")
    remedy = _("The applicant himself signs in and applies, or comes to the window.")
    source = "民法典 161"


class FormInvalid(Malformed):
    code = "case.form_invalid"
    message = _("%(count)s of the answers are missing or wrong.")
    remedy = _("Correct the fields named below and submit again; nothing you entered is lost.")


class MaterialsMissing(Refusal):
    code = "case.materials_missing"
    status = 422
    message = _("Required materials are missing: %(names)s.")
    remedy = _("Upload each of them, or use a licence from your wallet in its place.")
    source = "行政许可法 31, 32"


class MaterialUnknown(Malformed):
    code = "case.material_unknown"
    message = _("This matter does not ask for the material %(material_code)s.")
    remedy = _("The guide lists the materials and their codes.")
    source = "行政许可法 31"


class MaterialsTooMany(Malformed):
    code = "case.materials_too_many"
    message = _("These are more than %(limit)s files and licences.")
    remedy = _("Put pages that belong together into one file.")


class CommitmentNotAllowed(Malformed):
    code = "case.commitment_not_allowed"
    message = _("The material %(material_code)s cannot be replaced by a commitment here.")
    remedy = _("Hand it in as a file. At a window a signed paper is scanned instead.")
    source = "国办发〔2020〕42号"


class CommitmentWordsChanged(Refusal):
    code = "case.commitment_words_changed"
    message = _("The words of the promise for material %(material_code)s are others now.")
    remedy = _("Read them again in the guide, and promise what it says now (%(version)s).")
    source = "国办发〔2020〕42号"


class CommitmentBarred(Refusal):
    code = "case.commitment_barred"
    message = _("You cannot use a commitment instead of a document: %(reasons)s")
    remedy = _("Hand the document in. After a repair, commitments are open to you again.")
    source = "国办发〔2020〕42号"


class MaterialFileUnknown(Malformed):
    code = "case.material_file_unknown"
    message = _("The file of material %(material_code)s is not one you uploaded.")
    remedy = _("Upload the file first, then name its id.")


class LicenceNotUsable(Refusal):
    code = "case.licence_not_usable"
    message = _("This licence cannot stand for material %(material_code)s.")
    remedy = _("Use a valid licence of the kind the guide names, or upload the document.")
    source = "国务院令第716号 10"


class LicenceLapsed(Refusal):
    code = "case.licence_lapsed"
    message = _("A licence handed in is no longer valid: %(names)s.")
    remedy = _(
        "Ask the applicant for a valid licence, send the case back, or deny it with the reason."
    )
    source = "国务院关于在线政务服务的若干规定 10"


class OriginalNotSeen(Refusal):
    code = "case.original_not_seen"
    message = _("Nobody has seen the original of a licence its holder uploaded: %(names)s.")
    remedy = _("Have the original shown at a window and note it beside the document, then decide.")
    source = "国办函〔2016〕108号"


class WindowNeedsApplicant(Malformed):
    code = "case.applicant_required"
    message = _("An officer enters cases for someone: name the applicant.")
    remedy = _("Find or register the person or firm, then submit with its id.")


class CaseNotFound(NotFound):
    code = "case.not_found"
    message = _("There is no such case among those you may see.")
    remedy = _("Check the number, or open “My cases”.")


class WrongState(Refusal):
    code = "case.wrong_state"
    message = _("The case is at another stage (%(state)s); this cannot be done now.")
    remedy = _("Reload the case to see where it stands.")
    source = "办件状态规则"


class NoTask(Refusal):
    code = "case.no_task"
    message = _("There is no open task of yours on this case.")
    remedy = _("Open the case to see who has it now; a colleague may have acted before you.")


class CorrectionAlreadyTold(Refusal):
    code = "case.correction_already_told"
    message = _("The applicant was told what to correct on %(told_on)s; a second time is unlawful.")
    remedy = _("Accept the case, or refuse it with reasons.")
    source = "行政许可法 第三十二条第一款第（四）项"


class CorrectionEmpty(Malformed):
    code = "case.correction_empty"
    message = _("A correction names everything to be corrected, and how.")
    remedy = _("List each material or field with what is wrong and what to do.")
    source = "行政许可法 第三十二条第一款第（四）项"


class CorrectionNotOpen(Refusal):
    code = "case.correction_not_open"
    message = _("Nothing is to be corrected on this case now.")
    remedy = _("Reload the case to see where it stands.")


class CorrectionIncomplete(Refusal):
    code = "case.correction_incomplete"
    status = 422
    message = _("Not everything that was asked for has been corrected: %(missing)s.")
    remedy = _("Hand in each of the listed materials and fields.")
    source = "行政许可法 第三十二条第一款第（四）项"


class CorrectionOutside(Refusal):
    code = "case.correction_outside"
    status = 422
    message = _("Nobody asked for a change of this: %(names)s.")
    remedy = _("Change only what the notice names. For anything else withdraw and apply anew.")
    source = "行政许可法 第三十二条第一款第（四）项"


class ReasonRequired(Malformed):
    code = "case.reason_required"
    message = _("This needs a written reason.")
    remedy = _("Write the reason in words the applicant can understand, with the rule it rests on.")
    source = "行政许可法 32, 38"


class FeeUnpaid(Refusal):
    code = "case.fee_unpaid"
    message = _("The fee of this case has not been paid.")
    remedy = _("Wait until the payment is confirmed; the licence follows at once.")
    source = "行政许可法 59；规划 五（三）"


class FeeSettled(Refusal):
    code = "case.fee_settled"
    message = _("The fee of this case is paid; it can no longer be withdrawn online.")
    remedy = _("Ask the agency for termination and refund.")


class FeeUndetermined(Refusal):
    code = "case.fee_undetermined"
    message = _("The fee table gives no amount for this case.")
    remedy = _("Tell the steward of the item; the table has a gap.")
    source = "行政许可法 58, 59"


class BillNotExpired(Refusal):
    code = "case.bill_not_expired"
    message = _("There is no expired bill on this case.")
    remedy = _("Pay the open bill, or reload the case to see where it stands.")
    source = "行政许可法 59"


class NothingToIssue(Refusal):
    code = "case.nothing_to_issue"
    message = _("This matter ends without a licence.")
    remedy = _("Remove the issuing step from its process.")


class InspectionNeedsTwo(Malformed):
    code = "case.inspection_needs_two"
    message = _("A site inspection is made by at least two officers.")
    remedy = _("Name everyone who took part.")
    source = "行政许可法 34"


class InspectionMissing(Refusal):
    code = "case.inspection_missing"
    message = _("The site inspection has not been recorded.")
    remedy = _("Record it first: date, inspectors, findings and result.")
    source = "行政许可法 34"


class InspectionDateWrong(Malformed):
    code = "case.inspection_date_wrong"
    message = _("The inspection cannot lie before acceptance or in the future.")
    remedy = _("Check the date.")


class NotWithdrawable(Refusal):
    code = "case.not_withdrawable"
    message = _("The case is decided or ended; it cannot be withdrawn.")
    remedy = _("A licence you no longer want can be given up at the agency that issued it.")
    source = "行政许可法 70"


class NotRatable(Refusal):
    code = "rating.not_yet"
    message = _("A case is rated after it has ended.")
    remedy = _("Come back when the case is concluded; nothing obliges you to rate.")
    source = "国办发〔2019〕51号"


class AlreadyRated(Refusal):
    code = "rating.already_rated"
    message = _("This case has been rated already; each case is rated once.")
    remedy = _("You may add a supplement within five working days of your rating.")
    source = "国办发〔2019〕51号"


class SupplementTooLate(Refusal):
    code = "rating.supplement_too_late"
    message = _("A rating can be supplemented once, until %(until_on)s.")
    remedy = _("For anything more, call 12345.")
    source = "国办发〔2019〕51号"


class RatingNotUnderReview(Refusal):
    code = "rating.not_under_review"
    message = _("This rating is not waiting for a call back.")


class DeliveryMissing(Refusal):
    code = "case.delivery_missing"
    message = _("There is nothing to hand over for this case, or it has been handed over.")
    remedy = _("Reload the case to see where it stands.")


class AddressRequired(Malformed):
    code = "case.address_required"
    message = _("Delivery by mail needs a name, telephone number and address.")
    remedy = _("Complete the address, or choose another way to receive the result.")


class NoticeNotReady(Refusal):
    code = "case.notice_not_ready"
    message = _("The notice is being written and sealed.")
    remedy = _("Try again in a minute.")


class ThemeNotFound(NotFound):
    code = "joint.theme_not_found"
    message = _("There is no such theme.")
    remedy = _("The home page lists the themes.")


class ThemeMalformed(Malformed):
    code = "joint.theme_malformed"
    message = _("The theme cannot be published: %(problem)s")
    remedy = _("Correct the theme and publish it again.")


class AnswersIncomplete(Malformed):
    code = "joint.answers_incomplete"
    message = _("Answer the questions first; they decide which matters belong to your case.")


class NothingChosen(Refusal):
    code = "joint.nothing_chosen"
    message = _("With these answers nothing has to be applied for.")
    remedy = _("Check the answers; if they are right you are done.")


class PromiseTooLong(Refusal):
    code = "joint.promise_too_long"
    message = _("The parts together would take %(workdays)s working days; the law allows 45.")
    remedy = _("Shorten promises or let parts run side by side.")
    source = "行政许可法 第四十二条第二款"
