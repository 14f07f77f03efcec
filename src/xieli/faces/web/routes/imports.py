"""Addresses of the import wizard."""
from django.urls import path

from xieli.faces.web.views import imports

urlpatterns = [
    path("leads/import", imports.choose, name="import"),
    path("leads/import/try", imports.attempt, name="import_try"),
    path("leads/import/mend", imports.mend, name="import_mend"),
    path("leads/import/post", imports.post, name="import_post"),
    path("leads/import/<str:ref>/undo", imports.undo, name="import_undo"),
]
