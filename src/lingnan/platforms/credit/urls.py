"""Addresses of credit."""

from django.urls import path

from .desk import archives as desk_archives
from .desk import intake as desk_intake
from .portal import own, public

app_name = "credit"
urlpatterns = [
    path("credit/", public.home, name="home"),
    path("credit/subjects/<uuid:subject_id>/", public.subject, name="subject"),
    path("credit/decisions/", public.decisions, name="decisions"),
    path("credit/decisions/<uuid:record_id>/", public.decision, name="decision"),
    path("credit/policies/", public.policies, name="policies"),
    path("credit/mine/", own.archive, name="mine"),
    path("credit/mine/records/<uuid:record_id>/", own.record, name="own_record"),
    path("credit/mine/views/", own.views, name="own_views"),
    path("desk/credit/", desk_archives.search, name="desk"),
    path("desk/credit/subjects/<uuid:subject_id>/", desk_archives.archive, name="desk_subject"),
    path("desk/credit/records/<uuid:record_id>/", desk_archives.record, name="desk_record"),
    path("desk/credit/intake/", desk_intake.deliveries, name="desk_intake"),
    path("desk/credit/intake/<uuid:batch_id>/", desk_intake.delivery, name="desk_batch"),
    path("desk/credit/intake/export/", desk_intake.export, name="desk_export"),
    path("desk/credit/sources/", desk_intake.sources, name="desk_sources"),
]
