from django.apps import AppConfig


class Config(AppConfig):
    name = "xieli.office.desk"
    label = "desk"

    def ready(self) -> None:
        """A tripwire that fires hangs the recommendation's item up again, for a person's decision."""
        from xieli.office.desk.hooks import on_relapse
        from xieli.office.matters.services.relapse import reopen_item

        on_relapse(reopen_item)
