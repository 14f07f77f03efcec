"""Addresses of a matter's letters."""
from django.urls import path

from xieli.faces.web.views import documents

urlpatterns = [
    path("m/<str:ref>/documents", documents.page, name="documents"),
    path("m/<str:ref>/documents/<str:code>", documents.make, name="document_make"),
]
