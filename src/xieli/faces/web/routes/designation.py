"""Addresses of the designation desk."""
from django.urls import path

from xieli.faces.web.views import designation

urlpatterns = [
    path("designation", designation.desk, name="designation"),
    path("designation/confirm", designation.confirm, name="readiness"),
    path("m/<str:ref>/rank", designation.rank, name="rank"),
    path("m/<str:ref>/rank/choose", designation.choose, name="choose"),
    path("m/<str:ref>/rank/ring", designation.ring, name="ring"),
]
