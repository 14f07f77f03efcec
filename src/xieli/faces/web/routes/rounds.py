"""Addresses of a round of inspection: its page, and the print pack of a package for its named head."""
from django.urls import path

from xieli.faces.web.views import rounds

urlpatterns = [
    path("m/<str:ref>/round", rounds.page, name="round"),
    path("m/<str:ref>/pack", rounds.pack, name="pack"),
]
