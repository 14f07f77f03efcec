from django.apps import AppConfig


class AllocationConfig(AppConfig):
    name = "xieli.office.allocation"

    def ready(self) -> None:
        """The ranking that was shown is part of what a signer has before him."""
        from xieli.office.allocation.services import laid_before_signer
        from xieli.office.matters.queries.snapshot import ALSO

        ALSO["ranking"] = laid_before_signer
