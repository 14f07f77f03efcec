"""Addresses of a round of inspection: its page, the print pack of a package for its named head, and seating a lead that it opened."""
from django.urls import path

from xieli.faces.web.views import rounds

urlpatterns = [
    path("m/<str:ref>/round", rounds.page, name="round"),
    path("m/<str:ref>/pack", rounds.pack, name="pack"),
    path("m/<str:ref>/room", rounds.room, name="room"),
]
