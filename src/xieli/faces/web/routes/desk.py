"""Addresses of the matching desk."""
from django.urls import path

from xieli.faces.web.views import desk

urlpatterns = [
    path("desk", desk.desk, name="desk"),
    path("desk/new/<str:ref>", desk.new, name="desk_new"),
    path("desk/a/<str:ref>", desk.authorization, name="desk_authorization"),
    path("desk/a/<str:ref>/sign", desk.sign, name="desk_sign"),
    path("desk/a/<str:ref>/run", desk.run, name="desk_run"),
    path("desk/h/<str:ref>", desk.hit, name="desk_hit"),
    path("desk/h/<str:ref>/reveal", desk.reveal, name="desk_reveal"),
    path("desk/h/<str:ref>/judge", desk.judge, name="desk_judge"),
    path("desk/h/<str:ref>/lead", desk.lead, name="desk_lead"),
    path("desk/h/<str:ref>/correct", desk.correct, name="desk_correct"),
    path("desk/c/<str:ref>/answer", desk.answer, name="desk_answer"),
]
