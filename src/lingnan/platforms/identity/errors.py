"""What identity refuses, and what to do then."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import (
    Forbidden,
    Malformed,
    NotFound,
    Refusal,
    SignInRequired,
    Unavailable,
)


class SignInFailed(Refusal):
    """One answer for an unknown name, a wrong password and a closed account."""

    code = "identity.sign_in_failed"
    status = 401
    message = _("The name or the password is not right.")
    remedy = _("Check both and try again. After several wrong attempts the name rests for a while.")
    source = "GB/T 22239-2019 8.1.4.1"


class TooManyAttempts(Refusal):
    code = "identity.too_many_attempts"
    status = 429
    message = _("Too many failed attempts. Try again in %(minutes)s minutes.")
    remedy = _("Wait, then try again; nobody can get in meanwhile, not even with the password.")
    source = "GB/T 22239-2019 8.1.4.1"


class SecondFactorRequired(Refusal):
    code = "identity.second_factor_required"
    status = 401
    message = _("Enter the six digits your authenticator shows now.")
    remedy = _("Open the authenticator on your phone, or use a recovery code.")
    source = "GB/T 22239-2019 8.1.4.1"


class SecondFactorWrong(Refusal):
    code = "identity.second_factor_wrong"
    status = 401
    message = _("This code is not right, or was used already.")
    remedy = _("Wait for the next six digits and enter them.")
    source = "RFC 6238 5.2"


class SecondFactorNotSet(Refusal):
    code = "identity.second_factor_not_set"
    status = 409
    message = _("Work as an officer needs a second factor, and your account has none yet.")
    remedy = _("Set up the second factor on your account page.")
    source = "GB/T 22239-2019 8.1.4.1"


class SecondFactorSet(Refusal):
    code = "identity.second_factor_set"
    message = _("This account has a second factor already.")
    remedy = _("Remove the present one first, with its code.")


class SecondFactorKept(Refusal):
    code = "identity.second_factor_kept"
    message = _("An officer's account cannot be without a second factor.")
    remedy = _("Ask the system administrator of your agency to reset it.")
    source = "GB/T 22239-2019 8.1.4.1"


class NotAnOfficer(Forbidden):
    code = "identity.not_an_officer"
    message = _("This account does not work for an agency.")
    remedy = _("Sign in as a resident, or ask the administrator of your agency.")


class PasswordWeak(Malformed):
    code = "identity.password_weak"
    message = _("Choose another password.")
    remedy = _("Take a longer one, with letters, digits and signs.")
    source = "GB/T 22239-2019 8.1.4.1"


class PasswordWrong(Refusal):
    code = "identity.password_wrong"
    status = 403
    message = _("The present password is not right.")
    remedy = _("Enter the password you signed in with.")


class PersonKnown(Refusal):
    code = "identity.person_known"
    message = _("Someone is registered with this document already.")
    remedy = _("Sign in, or come to a service hall with the document.")


class UsernameTaken(Refusal):
    code = "identity.username_taken"
    message = _("This name or telephone number belongs to another account.")
    remedy = _("Choose another, or sign in with it.")


class AccountThere(Refusal):
    code = "identity.account_there"
    message = _("This person has an account already.")
    remedy = _("A forgotten password is replaced at “I forgot my password” on the sign-in page.")


class DetailsWrong(Malformed):
    code = "identity.details_wrong"
    message = _("Some details are missing or not right.")


class OrganisationKnown(Refusal):
    code = "identity.organisation_known"
    message = _("This organisation is registered already.")
    remedy = _("Ask its legal representative for a mandate, or come to a service hall.")


class MandateInvalid(Malformed):
    code = "identity.mandate_invalid"
    message = _("The mandate is not complete.")


class MandateExists(Refusal):
    code = "identity.mandate_exists"
    message = _("This agent holds a mandate of yours already.")
    remedy = _("Revoke it first, then give the new one.")


class MandateNotOpen(Refusal):
    code = "identity.mandate_not_open"
    message = _("This mandate was answered or ended already.")
    remedy = _("Look at the list of mandates; ask for a new one if you need it.")


class RecoveryUnknown(NotFound):
    """One answer for an unknown account, another's document, and a name that is not his."""

    code = "identity.recovery_unknown"
    message = _("No account fits these details.")
    remedy = _("Check all of them; an account for work alone is helped by its administrator.")
    source = "GB/T 22239-2019 8.1.4.1"


class NoWayToRecover(Refusal):
    code = "identity.no_way_to_recover"
    message = _("Nothing offered here proves surely enough that this account is yours.")
    remedy = _("Come to a service hall with your document.")
    source = "GB/T 22239-2019 8.1.4.1"


class RecoveryOver(Refusal):
    code = "identity.recovery_over"
    status = 410
    message = _("This recovery is over.")
    remedy = _("Begin again.")


class AccountKept(Refusal):
    """Fact: `obstacles`, in words."""

    code = "identity.account_kept"
    message = _("The account cannot be closed yet.")
    remedy = _("Bring to an end what stands against it, then close it.")
    source = "个人信息保护法 47"


class AccountsOfTwo(Refusal):
    code = "identity.accounts_of_two"
    message = _("These two accounts cannot be joined: their records do not name one person.")
    remedy = _("The administrator of your agency completes the personnel record.")


class GuardianshipStands(Forbidden):
    code = "identity.guardianship_stands"
    message = _("A guardianship ends by law, by the guardian, or at a window; not by the ward.")
    remedy = _("Come to a service hall with the decision that ends it, or call 12345.")
    source = "民法典 27-39"


class ParentNotProven(Refusal):
    code = "identity.parent_not_proven"
    status = 409
    message = _(
        "No certificate in your wallet shows that you are the child's parent: it has to carry the"
        " number of your document, and tell the child from everyone of its name."
    )
    remedy = _("Come to a service hall with the birth certificate or the household register.")
    source = "民法典 27"


class AgentUnknown(NotFound):
    code = "identity.agent_unknown"
    message = _("No registered person has this name and document number.")
    remedy = _("Check both; the agent has to register first.")


class NotYourIdentity(Forbidden):
    code = "identity.not_your_identity"
    message = _("You may not act in this identity.")
    remedy = _("Ask for a mandate, and accept it on your account page.")


class OutsideMandate(Forbidden):
    code = "identity.outside_mandate"
    message = _("Your mandate does not cover this matter today.")
    remedy = _("Ask whoever gave it for a wider or longer one.")
    source = "民法典 165, 171"


class OutsideReach(Forbidden):
    """The agency or region named lies outside what the administrator was given; at its field."""

    code = "identity.outside_reach"
    message = _("This is outside the area you administer.")
    remedy = _("Choose an agency or region within it, or ask the administrator above you.")


class AdministrationSeparated(Refusal):
    code = "identity.administration_separated"
    message = _(
        "System, security and audit administration and ordinary work are for different people."
    )
    remedy = _("Give this role to someone else.")
    source = "GB/T 22239-2019 8.1.5"


class NotToOneself(Refusal):
    code = "identity.not_to_oneself"
    status = 403
    message = _("You cannot change your own place or roles.")
    remedy = _("Another administrator has to do it.")
    source = "GB/T 22239-2019 8.1.5"


class AlreadyGranted(Refusal):
    code = "identity.already_granted"
    message = _("The officer holds this role there already.")


class OfficerAbove(Forbidden):
    code = "identity.officer_above"
    message = _("This officer has rights beyond your reach.")
    remedy = _("An administrator of the agency or region above records it.")
    source = "GB/T 22239-2019 8.1.4.2"


class BeyondOwnRights(Forbidden):
    """Fact: `role`."""

    code = "identity.beyond_own_rights"
    message = _("You cannot give more than was entrusted to you: this role, this far, this long.")
    remedy = _("Take a narrower reach or an earlier end, or ask the administrator above you.")
    source = "GB/T 22239-2019 8.1.4.2"


class AdministratorUnknown(Refusal):
    code = "identity.administrator_unknown"
    message = _("Nobody knows who this officer is; an administrator has to be known by document.")
    remedy = _("The system administrator completes the personnel record first.")
    source = "GB/T 22239-2019 8.1.5"


class AlreadyProposed(Refusal):
    code = "identity.already_proposed"
    message = _("This role is proposed for the officer already.")
    remedy = _("The security administrator decides on it.")


class PostOfferOver(Refusal):
    code = "identity.post_offer_over"
    status = 410
    message = _("This offer was answered, taken back, or has run out.")
    remedy = _("Ask the administrator of the agency for a new one.")


class PostOfferLapsed(Refusal):
    code = "identity.post_offer_lapsed"
    status = 410
    message = _("Whoever made this offer may not give posts there any more; it has lapsed.")
    remedy = _("Ask the administrator of the agency for a new one.")


class ProposalDecided(Refusal):
    code = "identity.proposal_decided"
    message = _("This proposal was decided on already.")
    remedy = _("Look at the list again.")


class AlreadyOfficer(Refusal):
    code = "identity.already_officer"
    message = _("This account works for the agency already.")


class OfficerLeft(Refusal):
    code = "identity.officer_left"
    message = _("This officer has left.")
    remedy = _("Add the officer again if the person came back.")


class IdentityEnded(SignInRequired):
    """What someone signed in for is over: he acts for no one until he chooses again.

    The base of those that say what ended.
    """

    message = _("You no longer act for %(name)s.")
    remedy = _("Choose in whose name you go on; a program needs a new token.")
    page_path = "/account/choose/"


class PostEnded(IdentityEnded):
    code = "identity.post_ended"
    message = _("Your post has ended: %(name)s.")
    source = "GB/T 22239-2019 8.1.4.2"


class MandateOver(IdentityEnded):
    code = "identity.mandate_over"
    message = _("The mandate of %(name)s has ended.")
    source = "民法典 173"


class LeadershipEnded(IdentityEnded):
    code = "identity.leadership_ended"
    message = _("You are no longer the legal representative of %(name)s.")
    source = "民法典 61"


class PersonUnclear(Refusal):
    code = "identity.person_unclear"
    message = _("The personnel record already says who this officer is.")
    remedy = _("If it is wrong, let the officer leave and add the post anew.")


class StepUpRequired(Forbidden):
    """Facts: `level` needed, `held`, `methods` that would do, `url` where to go."""

    code = "identity.step_up_required"
    message = _("This matter asks for identity level %(level)s; you are at level %(held)s now.")
    remedy = _("Confirm who you are at the address given, then go on where you were.")
    source = "规划 五（一）2（2）"

    @property
    def onward(self) -> str:
        return str(self.facts.get("url", ""))


class FirmNotProven(Forbidden):
    """Facts: `level` needed, `held`, `organisation_id`, `url` where its leader proves it."""

    code = "identity.firm_not_proven"
    message = _("Nobody has proved yet that he leads this organisation.")
    remedy = _("Its legal representative proves it on the page of the organisation.")
    source = "规划 五（一）2（2）"

    @property
    def onward(self) -> str:
        return str(self.facts.get("url", ""))


class ProofUnknown(NotFound):
    code = "identity.proof_unknown"
    message = _("There is no such way to prove who you are here.")
    remedy = _("Choose one of the ways offered.")


class ProofOver(Refusal):
    code = "identity.proof_over"
    status = 410
    message = _("This attempt is over: used, too old, or tried too often.")
    remedy = _("Start again.")


class ProofFailed(Refusal):
    """Fact: `reason`, a code of the method."""

    code = "identity.proof_failed"
    status = 422
    message = _("This does not prove who you are.")
    remedy = _("Check what you entered, or choose another way.")


class TooManyProofs(Refusal):
    code = "identity.too_many_proofs"
    status = 429
    message = _("Too many attempts in an hour.")
    remedy = _("Wait an hour, or come to a service hall with your document.")


class SignInAgain(Forbidden):
    code = "identity.sign_in_again"
    message = _("For this you must have signed in within the last %(minutes)s minutes.")
    remedy = _("Sign in again, then go on where you were.")
    source = "GB/T 22239-2019 8.1.4.1"


class OwnKeyFirst(Forbidden):
    """A key is added to an account that opens work, by someone who has not shown one of its own."""

    code = "identity.own_key_first"
    message = _("This account is an officer's: show first that it is yours.")
    remedy = _(
        "Confirm who you are with the second factor you have; without any, sign in with the"
        " password."
    )
    source = "GB/T 22239-2019 8.1.4.1"


class PasskeysNotOffered(Refusal):
    code = "identity.passkeys_not_offered"
    message = _("Passkeys need a secure address with a name; this installation has none.")
    remedy = _("Sign in with your password, or another way.")


class PasskeyRefused(Refusal):
    """One answer for an unknown, removed or copied key and for a wrong signature."""

    code = "identity.passkey_refused"
    status = 401
    message = _("This passkey does not open an account here.")
    remedy = _("Try again, or sign in another way; a passkey you removed opens nothing.")
    source = "W3C Web Authentication Level 2, 7.2"


class CertificatesNotOffered(Refusal):
    code = "identity.certificates_not_offered"
    message = _("This installation trusts no authority for certificates.")
    remedy = _("Show who you are another way.")


class CertificateRefused(Malformed):
    """Fact: `reason`, in the words of `proof_words`."""

    code = "identity.certificate_refused"
    message = _("This certificate or signature does not prove who you are.")
    remedy = _("Read the reason; ask the authority that issued the certificate.")
    source = "GB/T 20518-2018"


class CertificateKnown(Refusal):
    code = "identity.certificate_known"
    message = _("This certificate is bound to an account already.")
    remedy = _("Remove it there first.")


class OutsideAccountRefused(Forbidden):
    """Fact: `reason`, the provider's code."""

    code = "identity.outside_account_refused"
    message = _("The other side did not confirm the sign-in.")
    remedy = _("Start again; agree to it there.")


class OutsideAccountUnknown(Forbidden):
    code = "identity.outside_account_unknown"
    message = _("This account of %(name)s is linked to no account here.")
    remedy = _("Sign in another way and link it on your account page.")


class OutsideAccountKnown(Refusal):
    code = "identity.outside_account_known"
    message = _("It is linked already: one account there belongs to one person here.")
    remedy = _("Unlink it first where it is linked.")


class OnlyWayIn(Refusal):
    code = "identity.only_way_in"
    message = _("Without it nothing would open your account any more.")
    remedy = _("Add a passkey first, or set a password: “I forgot my password” at the sign-in.")


class OwnCheck(Refusal):
    code = "identity.own_check"
    status = 403
    message = _("You cannot check your own identity, nor withdraw your own check.")
    remedy = _("A colleague has to do it.")
    source = "GB/T 22239-2019 8.1.4.2"


class ClerkUnknown(Refusal):
    """Whether someone decides on his own affair is seen only of officers known by document."""

    code = "identity.clerk_unknown"
    message = _("Your personnel record does not say who you are, so your own affairs are not seen.")
    remedy = _("Ask your system administrator to record your identity document.")
    source = "GB/T 22239-2019 8.1.4.2"


class CheckOver(Refusal):
    code = "identity.check_over"
    message = _("This check counts no more.")
    remedy = _("The list says why: it was not passed, has ended or was withdrawn.")


class ChangeWaits(Refusal):
    code = "identity.change_waits"
    message = _("A change of this person's details waits for a second officer already.")
    remedy = _("A supervisor confirms or refuses it first.")


class ChangeDecided(Refusal):
    code = "identity.change_decided"
    message = _("This change of details was decided already.")


class ProofUnavailable(Unavailable):
    code = "identity.proof_unavailable"
    message = _("Whoever would confirm this does not answer at the moment.")
