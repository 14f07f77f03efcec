"""Addresses of what is taken out of the registers."""
from django.urls import path

from xieli.faces.web.views import exports

urlpatterns = [
    path("registers/<str:register>/excel", exports.excel, name="excel"),
    path("exports", exports.mine, name="exports"),
    path("exports/<str:ref>", exports.export, name="export"),
    path("exports/<str:ref>/take", exports.take, name="export_take"),
    path("exports/<str:ref>/stop", exports.call_off, name="export_stop"),
]
