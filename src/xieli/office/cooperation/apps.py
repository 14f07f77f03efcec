from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.cooperation"
    label = "cooperation"
