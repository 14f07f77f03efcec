"""An act that needs a fresh proof of identity: what was typed is kept on the person's own desk while he goes to the door and back."""
from __future__ import annotations

import os
import secrets
from datetime import timedelta
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from xieli.faces.web.context import me
from xieli.faces.web.decorators import matter_in
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.desk import Draft

PREFIX = "prove:"
KEPT_FOR = timedelta(days=1)
NEVER = ("pass", "csrf", "secret", "_draft")  # passphrases are typed again; nothing of them is stored


def door_address(back: str) -> str:
    """Where the proof is given; the door leads back to `back`, an address of these screens."""
    return f"{os.environ.get('XIELI_DOOR_URL', '').rstrip('/')}/again?next={quote(back)}"


def kept(request: HttpRequest) -> list[list[str]]:
    """What the form carried and may be stored for the way back."""
    return [[key, value] for key, values in request.POST.lists() for value in values if value and not any(word in key for word in NEVER)]


def ask(request: HttpRequest, error: Refused) -> HttpResponse:
    """The page that says so, with the way to the door and back; a POST waits there until it is handed in again."""
    back, typed = request.get_full_path(), kept(request)
    if request.method == "POST":
        who = me(request)
        Draft.objects.filter(person_id=who.person_id, form__startswith=PREFIX, saved_at__lt=who.now - KEPT_FOR).delete()
        row = Draft.objects.create(person_id=who.person_id, form=PREFIX + secrets.token_hex(6), title=_("待验证身份后继续"), saved_at=who.now, matter_id=matter_in(back),
                                   data={"_path": back, "_typed": typed})
        back = f"/prove/{row.ref}"
    context = {"error": error, "door": door_address(back), "files": sorted(request.FILES), "typed": typed}
    template = "web/parts/prove.html" if request.headers.get("HX-Request") else "web/prove.html"
    return render(request, template, context, status=403)
