from django.apps import AppConfig


class PressesConfig(AppConfig):
    name = "xieli.office.presses"
