"""Addresses of licences."""

from django.urls import path

from .views import issuing, register, seals, showing, verify, verify_file, wallet

app_name = "licences"
urlpatterns = [
    path("wallet/", wallet.wallet, name="wallet"),
    path("wallet/uses/", showing.uses, name="uses"),
    path("wallet/requests/", showing.requests, name="requests"),
    path("wallet/requests/<uuid:consent_id>/", showing.consent, name="consent"),
    path("wallet/requests/<uuid:consent_id>/<str:act>/", showing.answer, name="answer_consent"),
    path("wallet/<uuid:licence_id>/", wallet.show, name="show"),
    path("wallet/<uuid:licence_id>/show/", showing.show_code, name="show_code"),
    path("wallet/<uuid:licence_id>/offline/", showing.offline_code, name="offline_code"),
    path("wallet/<uuid:licence_id>/copy/", showing.copy_form, name="copy_form"),
    path("wallet/copies/<uuid:use_id>/", showing.copy_done, name="copy_done"),
    path("wallet/copies/<uuid:use_id>/ofd/", showing.copy_ofd, name="copy_ofd"),
    path("wallet/<uuid:licence_id>/qr.svg", wallet.qr, name="qr"),
    path("wallet/<uuid:licence_id>/seal.png", wallet.seal_picture, name="seal_picture"),
    path("wallet/<uuid:licence_id>/face.<str:kind>", wallet.face, name="face"),
    path("wallet/<uuid:licence_id>/proof/<str:part>", wallet.proof_file, name="proof_file"),
    path("licences/copies/<uuid:use_id>/", wallet.copy, name="copy"),
    path("verify/", verify.verify, name="verify"),
    path("verify/file/", verify_file.verify_file, name="verify_file"),
    path("verify/code/", verify.verify_code, name="verify_code"),
    path("verify/<str:identifier>/", verify.verify_identifier, name="verify_identifier"),
    path("desk/licences/", register.desk, name="desk"),
    path("desk/licences/scan/", showing.scan, name="scan"),
    path("desk/licences/issue/", issuing.issue, name="issue"),
    path("desk/licences/batches/", issuing.batches, name="batches"),
    path("desk/licences/batches/<uuid:batch_id>/", issuing.batch, name="batch"),
    path(
        "desk/licences/batches/<uuid:batch_id>/report.<str:kind>",
        issuing.batch_report,
        name="batch_report",
    ),
    path(
        "desk/licences/batches/<uuid:batch_id>/<str:act>/",
        issuing.act_on_batch,
        name="batch_act",
    ),
    path(
        "desk/licences/types/<str:type_code>/template.<str:kind>",
        issuing.template,
        name="template",
    ),
    path("desk/licences/<uuid:licence_id>/", register.desk_licence, name="desk_licence"),
    path("desk/licences/<uuid:licence_id>/status/", register.change_status, name="change_status"),
    path("desk/seals/", seals.seals, name="seals"),
    path("desk/seals/apply/", seals.apply_for_seal, name="seal_apply"),
    path(
        "desk/seals/applications/<uuid:application_id>/",
        seals.application,
        name="seal_application",
    ),
    path("desk/seals/requests/<uuid:request_id>/", seals.seal_request, name="seal_request"),
    path("desk/seals/<uuid:seal_id>/", seals.seal, name="seal"),
    path("desk/seals/<uuid:seal_id>/step/", seals.step, name="seal_step"),
    path("desk/seals/<uuid:seal_id>/picture.png", seals.picture, name="seal_register_picture"),
    path("desk/seals/<uuid:seal_id>/ask/", seals.ask, name="seal_ask"),
]
