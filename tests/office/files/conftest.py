"""Files are tested in the kernel's county."""
from tests.office.matters.conftest import kit

__all__ = ["kit"]
