"""Addresses of notifications, of one's own tokens and calendar address, and of webhook administration."""
from django.urls import path

from xieli.faces.web.views import clients, notices

urlpatterns = [
    path("notifications", notices.page, name="notifications"),
    path("notifications/read", notices.read, name="notifications_read"),
    path("notifications/mute", notices.mute, name="notifications_mute"),
    path("notifications/settings", notices.settings, name="notice_settings"),
    path("mine/access", clients.mine, name="my_access"),
    path("mine/access/<str:what>", clients.mine_act, name="my_access_act"),
    path("calendar/feed/<str:secret>.ics", notices.feed, name="calendar_feed"),
    path("clients", clients.page, name="clients"),
    path("clients/<str:what>", clients.act, name="clients_act"),
]
