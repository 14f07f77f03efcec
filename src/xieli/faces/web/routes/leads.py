"""Addresses of the registers."""
from django.urls import path

from xieli.faces.web.views import leads, opening

urlpatterns = [
    path("leads", leads.register, name="leads"),
    path("leads/new", leads.new, name="lead_new"),
    path("leads/check", leads.check, name="lead_check"),
    path("leads/view", leads.save_view, name="view_save"),
    path("matters", leads.matters, name="matters"),
    path("matters/open", opening.choose, name="opening"),
    path("matters/open/<slug:kind>", opening.new, name="opening_new"),
    path("registers/<str:register>/batch", leads.batch, name="register_batch"),
]
