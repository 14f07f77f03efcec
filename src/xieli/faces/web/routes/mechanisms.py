"""Addresses of the screens of the mechanisms: remedy, checks, meetings, the light page of the villages, and the presence clock of a matter."""
from django.urls import path

from xieli.faces.web.views import checks, meetings, presence, remedy, village

urlpatterns = [
    path("remedy", remedy.overview, name="remedy"),
    path("checks", checks.overview, name="checks"),
    path("meetings", meetings.overview, name="meetings"),
    path("village", village.page, name="village"),
    path("m/<str:ref>/presence", presence.page, name="presence"),
    path("m/<str:ref>/presence/open", presence.begin, name="presence_open"),
    path("m/<str:ref>/presence/<str:row>/<str:what>", presence.act, name="presence_act"),
]
