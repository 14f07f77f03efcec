from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class Config(AppConfig):
    name = "xieli.office.audit"
    label = "audit"

    def ready(self) -> None:
        """Read every app's `events` module (its verbs), and copy the closed list into the database after each migration."""
        from xieli.office.audit.verbs import copy_to_database

        autodiscover_modules("events")
        post_migrate.connect(copy_to_database, sender=self)
