"""Addresses of a round of inspection: its page, the print pack of a package for its named head, seating a lead that it opened, and what came of it in a line."""
from django.urls import path

from xieli.faces.web.views import board, press, rounds

urlpatterns = [
    path("leads/board", board.leads, name="lead_board"),
    path("m/<str:ref>/round", rounds.page, name="round"),
    path("m/<str:ref>/pack", rounds.pack, name="pack"),
    path("m/<str:ref>/room", rounds.room, name="room"),
    path("m/<str:ref>/led-to", rounds.tie, name="led_to"),
    path("m/<str:ref>/press", press.page, name="press"),
    path("m/<str:ref>/board", rounds.board, name="board"),
    path("m/<str:ref>/chain", rounds.chain, name="chain"),
]
