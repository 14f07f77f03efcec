from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.meetings"
    label = "meetings"
