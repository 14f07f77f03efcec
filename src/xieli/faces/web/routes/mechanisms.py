"""Addresses of the screens of the mechanisms: remedy, the group of a matter, checks, meetings, the light page of the villages, and the presence clock of a matter."""
from django.urls import path

from xieli.faces.web.views import checks, meetings, presence, remedy, team, village

urlpatterns = [
    path("remedy", remedy.overview, name="remedy"),
    path("checks", checks.overview, name="checks"),
    path("meetings", meetings.overview, name="meetings"),
    path("village", village.page, name="village"),
    path("m/<str:ref>/team", team.page, name="team"),
    path("m/<str:ref>/team/join", team.join, name="team_join"),
    path("m/<str:ref>/team/leave", team.leave, name="team_leave"),
    path("m/<str:ref>/presence", presence.page, name="presence"),
    path("m/<str:ref>/presence/open", presence.begin, name="presence_open"),
    path("m/<str:ref>/presence/<str:row>/<str:what>", presence.act, name="presence_act"),
]
