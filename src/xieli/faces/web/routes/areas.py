"""Addresses of the area board."""
from django.urls import path

from xieli.faces.web.views import areas

urlpatterns = [
    path("areas", areas.board, name="areas"),
    path("areas/ask", areas.ask, name="area_ask"),
    path("areas/places", areas.lay_out, name="area_lay_out"),
    path("areas/people", areas.people, name="area_people"),
    path("areas/r/<str:ref>", areas.run, name="area_run"),
    path("areas/r/<str:ref>/progress", areas.progress, name="area_progress"),
    path("areas/r/<str:ref>/stop", areas.call_off, name="area_call_off"),
    path("areas/r/<str:ref>/again", areas.again, name="area_again"),
    path("areas/r/<str:ref>/if", areas.what_if, name="area_what_if"),
    path("areas/r/<str:ref>/propose", areas.propose, name="area_propose"),
    path("areas/r/<str:ref>/<slug:part>.json", areas.file, name="area_file"),
    path("areas/v/<str:ref>", areas.version, name="area_version"),
    path("areas/v/<str:ref>/decide", areas.decide, name="area_decide"),
]
