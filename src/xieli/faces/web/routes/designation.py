"""Addresses of the designation desk."""
from django.urls import path

from xieli.faces.web.views import designation, weights

urlpatterns = [
    path("designation", designation.desk, name="designation"),
    path("designation/confirm", designation.confirm, name="readiness"),
    path("designation/batch", designation.batch, name="designation_batch_ask"),
    path("designation/batch/<str:ref>", designation.batch_shown, name="designation_batch"),
    path("designation/review", weights.review, name="designation_review"),
    path("designation/weights", weights.propose, name="weights_propose"),
    path("designation/weights/<str:ref>", weights.decide, name="weights_decide"),
    path("designation/drill", designation.drill_desk, name="drills"),
    path("designation/drill/start", designation.drill_start, name="drill_start"),
    path("designation/drill/<str:ref>", designation.drill, name="drill_night"),
    path("designation/drill/<str:ref>/step", designation.drill_step, name="drill_step"),
    path("m/<str:ref>/rank", designation.rank, name="rank"),
    path("m/<str:ref>/rank/choose", designation.choose, name="choose"),
    path("m/<str:ref>/rank/ring", designation.ring, name="ring"),
]
