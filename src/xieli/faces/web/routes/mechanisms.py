"""Addresses of the screens of the mechanisms: remedy, checks, meetings, and the light page of the villages."""
from django.urls import path

from xieli.faces.web.views import checks, meetings, remedy, village

urlpatterns = [
    path("remedy", remedy.overview, name="remedy"),
    path("checks", checks.overview, name="checks"),
    path("meetings", meetings.overview, name="meetings"),
    path("village", village.page, name="village"),
]
