from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.notices"
    label = "notices"
