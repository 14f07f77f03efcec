"""What the platform knows, as files that a lawyer or a supervisor can read."""
from importlib.resources import files
from importlib.resources.abc import Traversable


def content_path(*parts: str) -> Traversable:
    """A file or folder of the shipped content, e.g. ``content_path("statutes", "cn.yaml")``."""
    return files(__name__).joinpath(*parts)
