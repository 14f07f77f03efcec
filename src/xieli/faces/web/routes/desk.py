"""Addresses of the matching desk."""
from django.urls import path

from xieli.faces.web.views import desk, desk_relations, desk_shelf

urlpatterns = [
    path("desk", desk.desk, name="desk"),
    path("desk/data", desk_shelf.data, name="desk_data"),
    path("desk/data/<slug:code>", desk_shelf.dataset, name="desk_dataset"),
    path("desk/models", desk_shelf.models, name="desk_models"),
    path("desk/models/<slug:code>", desk_shelf.model, name="desk_model"),
    path("desk/models/<slug:code>/lift", desk_shelf.lift, name="desk_lift"),
    path("desk/new/<str:ref>", desk.new, name="desk_new"),
    path("desk/a/<str:ref>", desk.authorization, name="desk_authorization"),
    path("desk/a/<str:ref>/sign", desk.sign, name="desk_sign"),
    path("desk/a/<str:ref>/run", desk.run, name="desk_run"),
    path("desk/a/<str:ref>/relations", desk_relations.picture, name="desk_relations"),
    path("desk/a/<str:ref>/keep", desk_relations.keep, name="desk_keep"),
    path("desk/a/<str:ref>/ftm", desk_relations.export, name="desk_ftm"),
    path("desk/a/<str:ref>/tripwire", desk_shelf.arm, name="desk_arm"),
    path("desk/t/<str:ref>/end", desk_shelf.stand_down, name="desk_stand_down"),
    path("desk/s/<str:ref>", desk_relations.snapshot, name="desk_snapshot"),
    path("desk/r/<str:ref>", desk.progress, name="desk_progress"),
    path("desk/r/<str:ref>/stop", desk.call_off, name="desk_call_off"),
    path("desk/h/<str:ref>", desk.hit, name="desk_hit"),
    path("desk/h/<str:ref>/reveal", desk.reveal, name="desk_reveal"),
    path("desk/h/<str:ref>/judge", desk.judge, name="desk_judge"),
    path("desk/h/<str:ref>/lead", desk.lead, name="desk_lead"),
    path("desk/h/<str:ref>/correct", desk.correct, name="desk_correct"),
    path("desk/c/<str:ref>/answer", desk.answer, name="desk_answer"),
]
