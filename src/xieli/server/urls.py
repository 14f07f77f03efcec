"""Addresses of the web process: screens, API, health."""
from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path

from xieli.server import health

urlpatterns = [path("healthz", health.healthz), path("readyz", health.readyz)]
if find_spec("xieli.faces.api.urls"):
    urlpatterns.append(path("api/", include("xieli.faces.api.urls")))
urlpatterns.append(path("", include("xieli.faces.web.urls")))

handler400 = "xieli.faces.web.errors.bad_request"
handler403 = "xieli.faces.web.errors.not_found"
handler404 = "xieli.faces.web.errors.not_found"
handler500 = "xieli.faces.web.errors.server_error"
