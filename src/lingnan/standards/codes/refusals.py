"""What is wrong with a code, and by which standard."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound


class CodeMalformed(Malformed):
    """Base of every refusal of a code."""

    code = "codes.malformed"
    message = _("This is not a valid code.")
    remedy = _("Compare it character by character with the document it comes from.")


class ResidentIdShape(CodeMalformed):
    code = "codes.resident_id.shape"
    message = _("A resident ID number has 17 digits and a last digit or X.")
    source = "GB 11643-1999"


class ResidentIdHistoric(CodeMalformed):
    code = "codes.resident_id.historic"
    message = _("Numbers of 15 digits are no longer valid.")
    remedy = _("Enter the 18-character number on the present card.")
    source = "GB 11643-1999; 居民身份证法"


class ResidentIdDate(CodeMalformed):
    code = "codes.resident_id.date"
    message = _("Characters 7 to 14 are not a date of birth.")
    source = "GB 11643-1999"


class ResidentIdCheck(CodeMalformed):
    code = "codes.resident_id.check"
    message = _("The last character does not fit the others: at least one character is wrong.")
    source = "GB 11643-1999; ISO 7064 MOD 11-2"


class UsccShape(CodeMalformed):
    code = "codes.uscc.shape"
    message = _("A credit code has 18 digits and capital letters, without I, O, S, V and Z.")
    source = "GB 32100-2015"


class UsccAuthority(CodeMalformed):
    code = "codes.uscc.authority"
    message = _("No registering authority has the character “%(authority)s”.")
    source = "GB 32100-2015"


class UsccCheck(CodeMalformed):
    code = "codes.uscc.check"
    message = _("The last character does not fit the others: at least one character is wrong.")
    source = "GB 32100-2015"


class UsccOrgCode(CodeMalformed):
    code = "codes.uscc.org_code"
    message = _("Characters 9 to 17 are not a valid organisation code.")
    source = "GB 32100-2015; GB 11714"


class OrgCodeShape(CodeMalformed):
    code = "codes.org_code.shape"
    message = _("An organisation code has 8 digits or capital letters and a check character.")
    source = "GB 11714"


class OrgCodeCheck(CodeMalformed):
    code = "codes.org_code.check"
    message = _("The last character does not fit the others: at least one character is wrong.")
    source = "GB 11714"


class LicenceIdentifierShape(CodeMalformed):
    code = "codes.licence_identifier.shape"
    message = _(
        "A licence identifier is 1.2.156.3005.2, type code, issuer, serial number, version and"
        " check character, separated by dots."
    )
    source = "GB/T 36904-2018"


class LicenceIdentifierCheck(CodeMalformed):
    code = "codes.licence_identifier.check"
    message = _("The last character does not fit the others: at least one character is wrong.")
    source = "GB/T 36904-2018; ISO 7064 MOD 37,36"


class LicenceIdentifierBody(CodeMalformed):
    code = "codes.licence_identifier.body"
    message = _("“%(part)s” in the licence identifier is not a valid credit code.")
    source = "GB/T 36904-2018; GB 32100-2015"


class ItemCodeShape(CodeMalformed):
    code = "codes.item_code.shape"
    message = _("An item code of this kind has %(length)s characters in the prescribed order.")
    source = "GB/T 39554.1-2020"


class ItemCodeType(CodeMalformed):
    code = "codes.item_code.type"
    message = _("“%(item_type)s” is not an item type.")
    source = "GB/T 39046-2020 A.1"


class ItemCodeLevel(CodeMalformed):
    code = "codes.item_code.level"
    message = _("“%(level)s” is not a level of exercise.")
    source = "GB/T 39046-2020 A.2"


class ItemCodeBody(CodeMalformed):
    code = "codes.item_code.body"
    message = _("The first 18 characters are not a valid credit code of the implementing body.")
    source = "GB/T 39554.2-2020; GB 32100-2015"


class CaseNumberShape(CodeMalformed):
    code = "codes.case_number.shape"
    message = _("A case number is an item's 31 characters, the day of receipt and 4 characters.")
    source = "GB/T 39554.2-2020; Guangdong case exchange"


class CaseNumberExhausted(CodeMalformed):
    code = "codes.case_number.exhausted"
    status = 409
    message = _("An item takes at most %(limit)s cases a day.")
    remedy = _("Submit it tomorrow, or ask the agency to split the item.")
    source = "Guangdong case exchange"


class DocumentNumberShape(CodeMalformed):
    code = "codes.document_number.shape"
    message = _("This is not a number of the kind of document chosen.")
    source = "GA/T 2000.156; 出境入境管理法"


class NoSuchCode(NotFound):
    code = "codes.no_such_code"
    message = _("“%(value)s” is not in the list %(code_list)s.")
    remedy = _("Choose a value from the list.")


class NoSuchCodeList(NotFound):
    code = "codes.no_such_code_list"
    message = _("There is no code list “%(code_list)s”.")
    remedy = _("See the list of code lists.")


class NoCodeInDomain(NotFound):
    """The other domain has no code for this kind of document, or none that is verified."""

    code = "codes.no_code_in_domain"
    message = _("The code list %(domain)s has no known code for this document type.")
    remedy = _("Ask whoever runs that exchange for the code and add it to the map with its source.")
