"""Addresses of what is taken out of the registers."""
from django.urls import path

from xieli.faces.web.views import exports

urlpatterns = [path("registers/<str:register>/excel", exports.excel, name="excel")]
