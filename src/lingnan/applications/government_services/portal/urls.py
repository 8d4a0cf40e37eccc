"""Addresses of the residents' pages, and their lines in the navigation."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation

from .views import apply, cases, guides, home, joint

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("region/", home.region, name="region"),
    path("search/", home.search, name="search"),
    path("themes/<slug:code>/", home.theme, name="theme"),
    path("items/<str:code31>/", guides.item, name="item"),
    path("known/<str:path>/", guides.known, name="known"),
    path("apply/<str:code31>/", apply.start, name="apply"),
    path("apply/<str:code31>/questions/<str:page_id>/", apply.question, name="apply_page"),
    path("apply/<str:code31>/materials/", apply.collect_materials, name="apply_materials"),
    path("apply/<str:code31>/check/", apply.check, name="apply_check"),
    path("apply/<str:code31>/discard/", apply.discard, name="apply_discard"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<uuid:case_id>/", cases.case, name="case"),
    path("cases/<uuid:case_id>/done/", cases.case_done, name="case_done"),
    path("cases/<uuid:case_id>/correct/", cases.correct, name="correct"),
    path("cases/<uuid:case_id>/withdraw/", cases.withdraw, name="withdraw"),
    path("cases/<uuid:case_id>/rate/", cases.rate, name="rate"),
    path("cases/<uuid:case_id>/delivery/", cases.delivery, name="delivery"),
    path("cases/<uuid:case_id>/new-bill/", cases.renew_bill, name="renew_bill"),
    path("joint/<slug:theme_code>/", joint.scenario, name="joint"),
    path("joint/<slug:theme_code>/plan/", joint.plan, name="joint_plan"),
    path("joint-drafts/<uuid:draft_id>/", joint.resume, name="joint_resume"),
    path(
        "joint-drafts/<uuid:draft_id>/questions/<str:page_id>/", joint.question, name="joint_page"
    ),
    path(
        "joint-drafts/<uuid:draft_id>/materials/", joint.collect_materials, name="joint_materials"
    ),
    path("joint-drafts/<uuid:draft_id>/check/", joint.check, name="joint_check"),
    path("joint-drafts/<uuid:draft_id>/discard/", joint.discard, name="joint_discard"),
    path("joint-cases/<uuid:joint_case_id>/", joint.joint_case, name="joint_case"),
    path("joint-cases/<uuid:joint_case_id>/done/", joint.joint_done, name="joint_done"),
    path("joint-cases/<uuid:joint_case_id>/withdraw/", joint.withdraw, name="joint_withdraw"),
]

navigation.register(
    "portal", _("Services"), "government_services:home", order=10, icon="home", large=True
)
navigation.register(
    "portal", _("My cases"), "government_services:cases", order=20, icon="inbox", large=True
)
