from django.urls import path

from . import views

app_name = "workflow"
urlpatterns = [
    path("desk/", views.inbox, name="inbox"),
    path("desk/tasks/complete/", views.complete_batch, name="complete_batch"),
    path("desk/tasks/<uuid:task_id>/", views.task_page, name="task"),
    path("desk/tasks/<uuid:task_id>/<slug:verb>/", views.task_verb, name="task_verb"),
    path("desk/delegations/", views.delegations_page, name="delegations"),
    path("desk/delegations/<uuid:delegation_id>/end/", views.end_delegation, name="end_delegation"),
    path("desk/processes/", views.definitions_page, name="definitions"),
    path("desk/processes/publish/", views.publish_page, name="publish"),
    path("desk/processes/<uuid:instance_id>/", views.process_page, name="process"),
    path("desk/processes/<uuid:instance_id>/diagram.bpmn", views.diagram, name="diagram"),
    path("desk/processes/<uuid:instance_id>/<slug:verb>/", views.clock_verb, name="clock_verb"),
    path("desk/processes/definition/<str:key>/", views.definition_page, name="definition"),
    path("desk/decisions/<str:key>/", views.decision_page, name="decision"),
]
