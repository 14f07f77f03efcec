"""The way back from a fresh proof of identity."""
from django.urls import path

from xieli.faces.web.views import proving

urlpatterns = [path("prove/<str:ref>", proving.resume, name="prove")]
