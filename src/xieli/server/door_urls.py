"""Addresses of the sign-in process. It shows no matter, no name but the person's own, and keeps no address of anyone."""
from django.urls import path

from xieli.faces.web.views import door
from xieli.server import health

urlpatterns = [
    path("healthz", health.healthz),
    path("", door.sign_in, name="sign_in"),
    path("first", door.first, name="first"),
    path("second", door.second, name="second"),
    path("enrol", door.enrol, name="enrol"),
    path("again", door.again, name="again"),
    path("keys", door.keys, name="keys"),
    path("oidc", door.to_provider, name="oidc"),
    path("oidc/back", door.from_provider, name="oidc_back"),
]

handler400 = "xieli.faces.web.views.door.bad"
handler403 = "xieli.faces.web.views.door.bad"
handler404 = "xieli.faces.web.views.door.bad"
handler500 = "xieli.faces.web.views.door.bad"
