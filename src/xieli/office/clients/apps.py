from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.clients"
    label = "clients"
