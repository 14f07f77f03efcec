"""Addresses of cooperation groups, their models, and people."""
from django.urls import path

from xieli.faces.web.views import cooperation, forces

urlpatterns = [path("models", cooperation.models, name="models"), path("forces", forces.overview, name="forces")]
