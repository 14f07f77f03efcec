"""Addresses of staffing and dispatch."""
from django.urls import path

from xieli.faces.web.views import staffing

urlpatterns = [
    path("staff", staffing.forces, name="staffing_desk"),
    path("m/<str:ref>/staff", staffing.page, name="staffing"),
    path("m/<str:ref>/staff/ask", staffing.ask, name="staffing_ask"),
    path("staff/<str:ref>", staffing.run, name="staffing_run"),
    path("staff/<str:ref>/progress", staffing.progress, name="staffing_progress"),
    path("staff/<str:ref>/send", staffing.send, name="staffing_send"),
]
