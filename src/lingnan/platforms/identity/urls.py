"""Identity's addresses."""

from django.urls import path

from .scim.urls import urlpatterns as scim_patterns
from .sso.urls import urlpatterns as sso_patterns
from .views import (
    access_log,
    account,
    account_life,
    administration,
    assurance,
    certificates,
    linked,
    officers,
    passkeys,
    rules,
    signing_in,
    window,
)

app_name = "identity"

urlpatterns = [
    path("account/sign-in/", signing_in.sign_in, name="sign_in"),
    path("account/sign-in/code/", signing_in.sign_in_code, name="sign_in_code"),
    path(
        "account/sign-in/second-factor/",
        signing_in.sign_in_second_factor,
        name="sign_in_second_factor",
    ),
    path("account/sign-in/password/", signing_in.sign_in_password, name="sign_in_password"),
    path("account/sign-in/passkey/", passkeys.sign_in, name="sign_in_passkey"),
    path("account/sign-in/passkey/challenge/", passkeys.challenge, name="passkey_challenge"),
    path(
        "account/sign-in/certificate/",
        certificates.sign_in_certificate,
        name="sign_in_certificate",
    ),
    path("account/certificates/", certificates.certificates, name="certificates"),
    path(
        "account/certificates/<uuid:certificate_id>/remove/",
        certificates.remove_certificate,
        name="remove_certificate",
    ),
    path("account/linked/", linked.linked, name="linked"),
    path("account/linked/<uuid:link_id>/unlink/", linked.unlink, name="unlink"),
    path("account/linked/<slug:provider>/leave/", linked.leave, name="linked_leave"),
    path("account/linked/<slug:provider>/callback/", linked.callback, name="linked_callback"),
    path("account/passkeys/", passkeys.passkeys, name="passkeys"),
    path(
        "account/passkeys/challenge/", passkeys.new_passkey_challenge, name="new_passkey_challenge"
    ),
    path(
        "account/passkeys/<uuid:passkey_id>/remove/", passkeys.remove_passkey, name="remove_passkey"
    ),
    path("account/sign-out/", signing_in.sign_out, name="sign_out"),
    path("account/choose/", signing_in.choose, name="choose"),
    path("account/register/", signing_in.register, name="register"),
    path("account/welcome/", signing_in.welcome, name="welcome"),
    path("account/", account.account, name="account"),
    path("account/assurance/", assurance.assurance, name="assurance"),
    path("account/step-up/", assurance.step_up, name="step_up"),
    path("account/proofs/<uuid:attempt_id>/", assurance.proof, name="proof"),
    path("account/looks/", access_log.access_log, name="access_log"),
    path("account/contact/", account.contact, name="contact"),
    path("account/password/", account.password, name="password"),
    path("account/second-factor/", account.second_factor, name="second_factor"),
    path("account/sessions/end/", account.end_session, name="end_session"),
    path("account/acting-as/", account.acting_as, name="acting_as"),
    path("account/organisations/new/", account.add_organisation, name="add_organisation"),
    path(
        "account/organisations/<uuid:organisation_id>/",
        assurance.organisation,
        name="organisation",
    ),
    path("account/mandates/", account.mandates, name="mandates"),
    path("account/mandates/new/", account.give_mandate, name="give_mandate"),
    path("account/mandates/<uuid:mandate_id>/", account.answer_mandate, name="answer_mandate"),
    path("account/recover/", account_life.recover, name="recover"),
    path("account/recover/ways/", account_life.recover_ways, name="recover_ways"),
    path("account/recover/finish/", account_life.recover_finish, name="recover_finish"),
    path("account/phone/", account_life.phone, name="phone"),
    path("account/phone/<uuid:attempt_id>/", account_life.phone_codes, name="phone_codes"),
    path("account/close/", account_life.close, name="close_account"),
    path("account/merge/", account_life.merge, name="merge_accounts"),
    path("account/history/", account_life.history, name="history"),
    path("account/tokens/", account.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", account.revoke_token, name="revoke_token"),
    path("desk/officers/", officers.officers, name="officers"),
    path("desk/officers/new/", officers.new_officer, name="new_officer"),
    path("desk/officers/<uuid:officer_id>/", officers.officer, name="officer"),
    path("desk/officers/<uuid:officer_id>/person/", officers.officer_person, name="officer_person"),
    path("desk/officers/<uuid:officer_id>/leave/", officers.officer_leaves, name="officer_leaves"),
    path(
        "desk/officers/<uuid:officer_id>/second-factor/",
        officers.reset_second_factor,
        name="reset_second_factor",
    ),
    path(
        "desk/officers/<uuid:officer_id>/grants/<uuid:grant_id>/withdraw/",
        officers.withdraw_role,
        name="withdraw_role",
    ),
    path("desk/officers/<uuid:officer_id>/unlock/", administration.unlock, name="unlock_account"),
    path("desk/officers/<uuid:officer_id>/post/", administration.change_post, name="change_post"),
    path("desk/identity-rules/", rules.rules, name="rules"),
    path("desk/identity-rules/<slug:code>/", rules.rule, name="rule"),
    path("desk/administrators/", administration.administrators, name="administrators"),
    path("desk/role-proposals/", administration.proposals, name="proposals"),
    path(
        "desk/role-proposals/<uuid:proposal_id>/",
        administration.answer_proposal,
        name="answer_proposal",
    ),
    path("desk/roles/", officers.roles, name="roles"),
    path("desk/identity-checks/", window.checks, name="window_checks"),
    path("desk/identity-checks/new/", window.new_check, name="new_window_check"),
    path("desk/identity-checks/<uuid:check_id>/", window.check, name="window_check"),
    *sso_patterns,
    *scim_patterns,
]
