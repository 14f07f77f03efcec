"""Addresses of the reporters' store."""
from django.urls import path

from xieli.faces.web.views import reporters

urlpatterns = [
    path("reporters", reporters.desk, name="reporters"),
    path("reporters/r/<str:ref>", reporters.one, name="reporter"),
    path("reporters/q/<str:ref>", reporters.request_page, name="reporter_request"),
    path("reporters/do/<str:what>", reporters.act, name="reporter_act"),
    path("m/<str:ref>/reporter", reporters.of_matter, name="reporter_of"),
]
