"""Addresses of the first run: a process of its own that lives until the installation is set up, and never again."""
from django.urls import path

from xieli.faces.web.views import entrance, setup
from xieli.server import health

urlpatterns = [
    path("healthz", health.healthz),
    path("", setup.start, name="setup"),
    path("bodies", setup.bodies, name="setup_bodies"),
    path("sample/<str:kind>", setup.sample, name="setup_sample"),
    path("people", setup.people, name="setup_people"),
    path("limits", setup.limits, name="setup_limits"),
    path("apply", setup.apply, name="setup_apply"),
    path("codes", setup.codes, name="setup_codes"),
    path("close", setup.close, name="setup_close"),
    path("language", entrance.language, name="language"),
    path("theme", entrance.theme, name="theme"),
]

handler400 = "xieli.faces.web.views.setup.bad"
handler403 = "xieli.faces.web.views.setup.bad"
handler404 = "xieli.faces.web.views.setup.bad"
handler500 = "xieli.faces.web.errors.server_error"
