"""The reporters' store: tables and functions in SQL (schema ``reporters``), no model of Django's."""
from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.reporters"
    label = "reporters"
