"""Addresses of cooperation groups and their models."""
from django.urls import path

from xieli.faces.web.views import cooperation

urlpatterns = [path("models", cooperation.models, name="models")]
