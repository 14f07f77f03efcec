"""Addresses of the screens. Each room keeps its own list in `faces/web/routes/`; a room that is absent has no address."""
from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from django.urls import URLPattern, path

from xieli.faces.web import routes
from xieli.faces.web.views import entrance

urlpatterns: list[URLPattern] = [
    path("entrance", entrance.entrance, name="entrance"),
    path("entrance/enter", entrance.enter, name="enter"),
    path("entrance/anew", entrance.start_anew, name="anew"),
    path("entrance/leave", entrance.leave, name="leave"),
    path("language", entrance.language, name="language"),
    path("theme", entrance.theme, name="theme"),
]
for _module in sorted(m.name for m in iter_modules(routes.__path__)):
    urlpatterns += import_module(f"{routes.__name__}.{_module}").urlpatterns
