"""Addresses of administration."""
from django.urls import path

from xieli.faces.web.views import admin

urlpatterns = [
    path("admin", admin.admin, name="admin"),
    path("admin/sessions", admin.sessions, name="sessions"),
    path("admin/<str:what>", admin.act, name="admin_act"),
]
