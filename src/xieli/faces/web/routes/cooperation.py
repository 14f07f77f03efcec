"""Addresses of cooperation groups, their models, and people."""
from django.urls import path

from xieli.faces.web.views import cooperation, duties, forces, founding

urlpatterns = [
    path("models", cooperation.models, name="models"), path("forces", forces.overview, name="forces"), path("duties", duties.page, name="duties"),
    path("founding", founding.page, name="founding"), path("founding/group", founding.group_found, name="group_found"), path("founding/group/<str:code>/seat", founding.group_seat, name="group_seat"),
    path("founding/group/<str:code>/end", founding.group_end, name="group_end"), path("founding/series", founding.series_found, name="series_found"), path("founding/series/<str:code>/end", founding.series_end, name="series_end"),
]
