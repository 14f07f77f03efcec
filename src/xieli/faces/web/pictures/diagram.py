"""A playbook's diagram as the page may carry it: its own style sheet stays out (CSP), ours draws the same classes with tokens."""
from __future__ import annotations

import re

from django.utils.safestring import SafeString, mark_safe


def drawn(svg: str) -> SafeString:
    """The engine's SVG without `<style>`; its classes are in static/xieli/desk.css."""
    # the engine escapes every label
    return mark_safe(re.sub(r"<style>.*?</style>", "", svg, flags=re.S))
