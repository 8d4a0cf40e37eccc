"""Addresses of credit."""

from django.urls import path

from .desk import archives as desk_archives
from .desk import complaints as desk_complaints
from .desk import figures, stewarding, supervision, work
from .desk import intake as desk_intake
from .portal import appeals, complaints, own, public, reports

app_name = "credit"
urlpatterns = [
    path("credit/", public.home, name="home"),
    path("credit/subjects/<uuid:subject_id>/", public.subject, name="subject"),
    path("credit/decisions/", public.decisions, name="decisions"),
    path("credit/decisions/<uuid:record_id>/", public.decision, name="decision"),
    path("credit/supervision/", public.supervision, name="supervision"),
    path("credit/policies/", public.policies, name="policies"),
    path("credit/mine/", own.archive, name="mine"),
    path("credit/mine/records/<uuid:record_id>/", own.record, name="own_record"),
    path("credit/mine/evaluation/", own.evaluation, name="own_evaluation"),
    path("credit/mine/choose/", complaints.choose, name="choose"),
    path(
        "credit/subjects/<uuid:subject_id>/complain/", complaints.about_conduct, name="complain_of"
    ),
    path(
        "credit/mine/<str:thing>/<uuid:appeal_id>/complain/",
        complaints.about_handling,
        name="complain_about",
    ),
    path("credit/mine/complaints/<uuid:complaint_id>/", complaints.complaint, name="own_complaint"),
    path("desk/credit/complaints/", desk_complaints.complaints, name="desk_complaints"),
    path(
        "desk/credit/complaints/<uuid:complaint_id>/",
        desk_complaints.complaint,
        name="desk_complaint",
    ),
    path("credit/mine/views/", own.views, name="own_views"),
    path("credit/rosters/", public.rosters, name="rosters"),
    path("credit/rosters/<slug:roster>/", public.roster, name="roster"),
    path("credit/measures/", public.measures, name="measures"),
    path("credit/reports/check/", reports.check, name="check_report"),
    path("credit/mine/reports/", reports.own, name="own_reports"),
    path("credit/mine/consents/", reports.consents, name="own_consents"),
    path(
        "credit/mine/commitments/<uuid:commitment_id>/", reports.commitment, name="own_commitment"
    ),
    path("desk/credit/commitments/", supervision.commitments, name="desk_commitments"),
    path(
        "desk/credit/commitments/<uuid:commitment_id>/",
        supervision.commitment,
        name="desk_commitment",
    ),
    path("desk/credit/alerts/", supervision.alerts, name="desk_alerts"),
    path(
        "desk/credit/subjects/<uuid:subject_id>/evaluation/",
        supervision.evaluation,
        name="desk_evaluation",
    ),
    path("desk/credit/subjects/<uuid:subject_id>/report/", supervision.report, name="desk_report"),
    path("credit/mine/<str:thing>/<uuid:thing_id>/object/", appeals.object_to, name="object"),
    path("credit/mine/<str:thing>/<uuid:thing_id>/repair/", appeals.repair, name="repair"),
    path("credit/mine/rosters/<uuid:entry_id>/", appeals.entry, name="own_entry"),
    path("credit/mine/objections/<uuid:appeal_id>/", appeals.objection, name="own_objection"),
    path("credit/mine/repairs/<uuid:appeal_id>/", appeals.own_repair, name="own_repair"),
    path("desk/credit/rosters/", work.rosters, name="desk_rosters"),
    path("desk/credit/rosters/<uuid:entry_id>/", work.entry, name="desk_entry"),
    path("desk/credit/subjects/<uuid:subject_id>/lead/", work.new_lead, name="desk_lead"),
    path("desk/credit/objections/<uuid:appeal_id>/", work.objection, name="desk_objection"),
    path("desk/credit/repairs/<uuid:appeal_id>/", work.repair, name="desk_repair"),
    path("desk/credit/measures/", work.measures, name="desk_measures"),
    path("desk/credit/", desk_archives.search, name="desk"),
    path("desk/credit/subjects/<uuid:subject_id>/", desk_archives.archive, name="desk_subject"),
    path("desk/credit/records/<uuid:record_id>/", desk_archives.record, name="desk_record"),
    path("desk/credit/intake/", desk_intake.deliveries, name="desk_intake"),
    path("desk/credit/intake/new/", desk_intake.new_decision, name="desk_new_decision"),
    path("desk/credit/intake/<uuid:batch_id>/", desk_intake.delivery, name="desk_batch"),
    path("desk/credit/intake/export/", desk_intake.export, name="desk_export"),
    path("desk/credit/figures/", figures.figures, name="figures"),
    path("desk/credit/figures/<slug:code>/", figures.figure, name="figure"),
    path("desk/credit/rules/", stewarding.rules, name="desk_rules"),
    path(
        "desk/credit/rules/proposals/<uuid:proposal_id>/",
        stewarding.proposal,
        name="desk_proposal",
    ),
    path("desk/credit/rules/<slug:kind>/<str:code>/", stewarding.rule, name="desk_rule"),
    path(
        "desk/credit/rules/<slug:kind>/<str:code>/propose/", stewarding.propose, name="desk_propose"
    ),
    path("desk/credit/sources/", desk_intake.sources, name="desk_sources"),
]
