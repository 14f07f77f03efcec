"""Addresses of figures."""
from django.urls import path

from xieli.faces.web.views import reports

urlpatterns = [
    path("reports", reports.index, name="reports"),
    path("leader", reports.leader, name="leader"),
    path("wall", reports.wall, name="wall"),
    path("reports/waits", reports.waits, name="waits"),
    path("reports/ocel.json", reports.ocel_export, name="ocel"),
    path("reports/metric/<str:code>", reports.drill, name="drill"),
    path("reports/release/<str:ref>", reports.release, name="release"),
    path("reports/release/<str:ref>/pass", reports.release_pass, name="release_pass"),
    path("reports/release/<str:ref>/signed.json", reports.release_signed, name="release_signed"),
    path("reports/release/<str:ref>/<str:code>", reports.release_drill, name="release_drill"),
    path("reports/<str:code>", reports.report, name="report"),
    path("reports/<str:code>/excel", reports.report_excel, name="report_excel"),
    path("reports/<str:code>/release", reports.release_ask, name="release_ask"),
]
