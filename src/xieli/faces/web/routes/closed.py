"""Addresses of what is opened only as an act of its own."""
from django.urls import path

from xieli.faces.web.views import subjects

urlpatterns = [
    path("m/<str:ref>/subject/<str:subject_ref>/number", subjects.number, name="subject_number"),
]
