from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.files"
    label = "files"

    def ready(self) -> None:
        from xieli.office.files import checking, events  # noqa: F401
