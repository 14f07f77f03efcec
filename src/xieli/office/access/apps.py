from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.access"
    label = "access"

    def ready(self) -> None:
        from xieli.office.access import verbs  # noqa: F401  (registers the acts of this room)
