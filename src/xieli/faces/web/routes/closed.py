"""Addresses of what is opened only as an act of its own."""
from django.urls import path

from xieli.faces.web.views import circles, resets, subjects

urlpatterns = [
    path("m/<str:ref>/subject/<str:subject_ref>/number", subjects.number, name="subject_number"),
    path("m/<str:ref>/circles", circles.draw, name="circle_draw"),
    path("circles", circles.page, name="circles"),
    path("circles/<str:what>", circles.act, name="circle_act"),
    path("resets/<str:what>", resets.act, name="reset_act"),
]
