"""Refusals of the catalogue. Those under `Inconsistent` are the checks of a list."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, Refusal

CHECKS = "GB/T 39046-2020 table 4; national exchange model, checks on implementation lists"
UNIFIED = "Plan 七（二）, 三级十统"
SAME = "Plan 七（二）, 四级四同"


class ItemExists(Refusal):
    code = "matters.item_exists"
    message = _("There is already an entry with the code %(item_code)s.")
    remedy = _("Open the existing entry and change it.")
    source = "GB/T 39554.1-2020"


class ChangedMeanwhile(Refusal):
    code = "matters.changed_meanwhile"
    message = _("Someone else saved this draft after you opened it.")
    remedy = _("Open it again, compare, and make your change once more.")


class WrongState(Refusal):
    code = "matters.wrong_state"
    message = _("This is not possible in the state “%(state)s”.")
    remedy = _("Open the item to see which steps are possible now.")


class SelfReview(Refusal):
    code = "matters.self_review"
    message = _("Whoever submitted a version may not decide on it.")
    remedy = _("Ask a colleague with the right to review.")
    source = "规划 七（二）"


class InPreparation(Refusal):
    code = "matters.in_preparation"
    message = _("Version %(number)s of this item is already being prepared.")
    remedy = _("Go on with that version, or discard it first.")


class NotAdopted(Refusal):
    code = "matters.not_adopted"
    message = _(
        "This list comes from the scheme “%(scheme)s” and has no agency or code of ours yet."
    )
    remedy = _("Adopt it first: choose the basic item and the agency.")
    source = "GB/T 39554.1-2020"


class ReasonNeeded(Malformed):
    code = "matters.reason_needed"
    message = _("A reason is needed.")
    remedy = _("Say in a sentence why; the history shows it.")


class NotYetEffective(Refusal):
    code = "matters.not_yet_effective"
    message = _("The version takes effect on %(on)s and cannot be published before.")
    remedy = _("Publish it on that day, or change the date.")


class AlreadyEnded(Refusal):
    code = "matters.already_ended"
    message = _("The version ends on %(on)s, which has passed.")
    remedy = _("Change the last day.")


class NotAServiceItem(Refusal):
    code = "matters.not_a_service_item"
    message = _("Items of the type “%(type)s” are exercised without an application.")
    remedy = _("Keep them in the supervision catalogue.")
    source = "广东省政务服务事项管理暂行办法 (2023)"


class UnifiedField(Malformed):
    code = "matters.unified_field"
    message = _("Name, code, legal basis and type belong to the basic item: %(names)s.")
    remedy = _("Change the basic item; every level follows.")
    source = SAME


class BadContent(Malformed):
    code = "matters.bad_content"
    message = _("Some fields of the list cannot be understood.")


class Inconsistent(Refusal):
    """Fields of a list contradict each other. Subclasses are single checks; `path` is the field."""

    code = "matters.inconsistent"
    message = _("Some fields of the list contradict each other.")
    remedy = _("Correct the fields named below.")
    source = CHECKS
    path: str = ""


class UnitsDiffer(Inconsistent):
    code = "matters.units_differ"
    message = _("The statutory limit is in %(statutory)s, the promise in %(promised)s.")
    remedy = _("Give both in the same unit.")
    path = "promised_unit"


class PromiseBeyondLaw(Inconsistent):
    code = "matters.promise_beyond_law"
    message = _("The promise of %(promised)s is longer than the statutory limit of %(statutory)s.")
    remedy = _("Promise at most what the law allows.")
    path = "promised_limit"


class InstantTooSlow(Inconsistent):
    code = "matters.instant_too_slow"
    message = _("An item decided at once cannot take %(promised)s days.")
    remedy = _("Promise at most one working day, or make it a promised item.")
    path = "promised_limit"


class NotInstantNeedsPromise(Inconsistent):
    code = "matters.not_instant_needs_promise"
    message = _("An item that takes %(promised)s days is a promised item.")
    remedy = _("Choose “decided within a promised time”.")
    path = "case_type"


class PromisedNeedsReview(Inconsistent):
    code = "matters.promised_needs_review"
    message = _("A promised item is received in front and decided behind.")
    remedy = _("Choose that way of deciding, or make it an item decided at once.")
    path = "approval_mode"


class VisitsUnexplained(Inconsistent):
    code = "matters.visits_unexplained"
    message = _("%(visits)s visits are asked for without saying why.")
    remedy = _("Explain why a visit is needed, or ask for none.")
    path = "visits_reason"


class VisitNeededInFact(Inconsistent):
    code = "matters.visit_needed_in_fact"
    message = _(
        "No visit is asked for, but the item is neither fully online nor served by courier."
    )
    remedy = _("Offer courier or the fourth online depth, or count the visit.")
    path = "visits"


class DepthFourWithVisits(Inconsistent):
    code = "matters.depth_four_with_visits"
    message = _("The fourth online depth means no visit, but %(visits)s are asked for.")
    remedy = _("Lower the online depth or ask for no visit.")
    path = "online_depth"


class LicenceNotIssued(Inconsistent):
    code = "matters.licence_not_issued"
    message = _("The result “%(result)s” is a licence by its name but not by its kind.")
    remedy = _("Set the kind of the result to licence.")
    path = "results"


class FeeRowsMissing(Inconsistent):
    code = "matters.fee_rows_missing"
    message = _("The item charges a fee but lists none.")
    remedy = _("Add each fee with its standard and legal basis, or charge none.")
    path = "fees"


class FeeRowsUnexpected(Inconsistent):
    code = "matters.fee_rows_unexpected"
    message = _("The item charges nothing but lists fees.")
    remedy = _("Remove the fees, or say that a fee is charged.")
    path = "fees"


class FeeWithoutLaw(Inconsistent):
    code = "matters.fee_without_law"
    message = _("The fee “%(fee)s” names no law or regulation that allows it.")
    remedy = _("Name the law, or charge nothing.")
    source = "行政许可法 58"
    path = "fees"


class MaterialRepeated(Inconsistent):
    code = "matters.material_repeated"
    message = _("The material code %(material)s occurs twice.")
    remedy = _("List each material once.")
    path = "materials"


class BadFormSchema(Inconsistent):
    code = "matters.bad_form_schema"
    message = _("The form is not a valid JSON Schema: %(reason)s.")
    source = "JSON Schema 2020-12"
    path = "form_schema"


class OptionUnknownMaterial(Inconsistent):
    code = "matters.option_unknown_material"
    message = _("The option names the material %(material)s, which the list does not have.")
    path = "options"


class OptionRepeated(Inconsistent):
    code = "matters.option_repeated"
    message = _("The option number %(number)s occurs twice.")
    path = "options"


class Incomplete(Inconsistent):
    """Asked when a version is submitted; a draft may be incomplete."""

    code = "matters.incomplete"
    message = _("The list is not complete.")
    remedy = _("Fill in the fields named below before submitting.")


class Loosens(Inconsistent):
    """A lower level asks more, or is slower, than the level above it."""

    code = "matters.loosens"
    message = _("“%(element)s” asks more than the list of %(parent)s: %(detail)s.")
    remedy = _("Ask the same or less; only the level that owns the element may ask more.")
    source = UNIFIED


class Differs(Inconsistent):
    code = "matters.differs"
    message = _("“%(element)s” must be as in the list of %(parent)s.")
    remedy = _("Take it over unchanged; only the level that owns the element may change it.")
    source = UNIFIED
