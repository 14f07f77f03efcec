"""The first-run screens: code, bodies from a file, three administrators, level and zone, setting up, codes one by one, closed."""
from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from xieli.server import init
from xieli.server.home import Home
from xieli.server.init_file import COLUMNS, KINDS, MOST_BYTES, OFFICES, RANKS, ROOMS, SAMPLE, Found, people_problems
from xieli.server.wizard import ZONES, Desk, limits_problems
from xieli.server.words import Trouble

COOKIE = "xieli_setup"
SHOWN = 200  # bodies of the dry run on one page
View = Callable[..., HttpResponse]


def desk() -> Desk:
    return Desk(Home(settings.HOME))


def _page(request: HttpRequest, template: str, status: int = 200, **context: object) -> HttpResponse:
    response = render(request, f"web/setup/{template}.html", context | {"theme": request.COOKIES.get("xieli_theme", "auto")}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _say(pair: tuple[str, str]) -> str:
    return pair[1] if (get_language() or "zh").startswith("en") else pair[0]


def _told(error: Trouble) -> str:
    return _say((error.zh, error.en))


def inside(view: View) -> View:
    """Only the browser that redeemed the code; anyone else is shown the first page. After the end nothing is left but the end."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        at = desk()
        if at.finished:
            return _page(request, "end", 410)
        if not at.inside(request.COOKIES.get(COOKIE, "")):
            return redirect("setup")
        if view.__name__ not in ("codes", "close") and at.applied:
            return redirect("setup_codes")
        return view(request, at, *args, **kwargs)

    return guarded


def start(request: HttpRequest) -> HttpResponse:
    """The code; inside, what is done and what is left."""
    at = desk()
    if at.finished:
        return _page(request, "end", 410)
    if at.inside(request.COOKIES.get(COOKIE, "")):
        return redirect("setup_codes") if at.applied else _overview(request, at)
    if request.method == "POST":
        answer = at.redeem(request.POST.get("code", "")[:100])
        if answer.token:
            response = redirect("setup")
            response.set_cookie(COOKIE, answer.token, httponly=True, samesite="Strict", path="/")
            return response
        if answer.wait:
            response = _page(request, "code", 429, wait=int(answer.wait) + 1)
            response["Retry-After"] = str(int(answer.wait) + 1)
            return response
        return _page(request, "code", 403, wrong=not answer.taken, taken=answer.taken)
    return _page(request, "code")


def _overview(request: HttpRequest, at: Desk, status: int = 200, error: str = "", confirm: str = "") -> HttpResponse:
    state, found = at.state(), at.file()
    limits = state["limits"]
    done = {"bodies": found is not None and not found.problems, "people": not people_problems(state["people"]), "limits": found is not None and not limits_problems(limits, found)}
    own = next((b for b in found.data["bodies"] if isinstance(b, dict) and b.get("code") == limits.get("own")), None) if found else None
    return _page(request, "overview", status, done=done, ready=all(done.values()), found=found, people=[(a, state["people"].get(a, {})) for a in init.ADMINS], limits=limits, own=own, error=error,
                 confirm=confirm, set_up=at.was_set_up(), level=int(limits["level_cap"]) if limits.get("level_cap", "").isdigit() else None)


@inside
def bodies(request: HttpRequest, at: Desk) -> HttpResponse:
    """Upload and dry run: every fault by line, or every body as it would be written. Nothing is written here."""
    found, status, error = at.file(), 200, ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None or not upload.name:
            status, error = 422, _say(("请先选文件。", "Choose a file first."))
        elif (upload.size or 0) > MOST_BYTES:
            status, error = 422, _say((f"文件超过 {MOST_BYTES // 1024} KiB，没有保存。", f"The file is larger than {MOST_BYTES // 1024} KiB and was not kept."))
        else:
            found = at.keep_file(upload.name, upload.read())
            if not found.problems:
                return redirect("setup_bodies")
            status = 422
    return _page(request, "bodies", status, found=found, error=error, shown=_shown(found), more=max(0, len(found.data["bodies"]) - SHOWN) if found else 0, columns=COLUMNS, kinds=KINDS, ranks=RANKS,
                 rooms=ROOMS, offices=OFFICES)


def _shown(found: Found | None) -> list[dict[str, Any]]:
    if found is None or found.problems:
        return []
    names = {b["code"]: b["zh"] for b in found.data["bodies"]}
    return [b | {"kind_zh": _say((KINDS[b["kind"]], b["kind"].replace("_", " "))), "rank_zh": _say((RANKS[b.get("rank", "none")], b.get("rank", "none"))), "parent_zh": names.get(b.get("parent", ""), "")} for b in found.data["bodies"][:SHOWN]]


@inside
def sample(request: HttpRequest, at: Desk, kind: str) -> HttpResponse:
    """A file to begin with."""
    if kind not in SAMPLE:
        return bad(request)
    response = HttpResponse(SAMPLE[kind], content_type="text/csv; charset=utf-8" if kind == "csv" else "application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="bodies.{kind}"'
    return response


@inside
def people(request: HttpRequest, at: Desk) -> HttpResponse:
    """The three administrators."""
    wrong: list[tuple[str, str]] = []
    if request.method == "POST":
        wrong = at.keep_people({a: {k: request.POST.get(f"{a}-{k}", "").strip()[:100] for k in ("name", "login")} for a in init.ADMINS})
        if not wrong:
            return redirect("setup")
    kept = at.state()["people"]
    return _page(request, "people", 422 if wrong else 200, errors=[_say(w) for w in wrong], people=[(a, kept.get(a, {})) for a in init.ADMINS])


@inside
def limits(request: HttpRequest, at: Desk) -> HttpResponse:
    """Own body, highest level approved, zone, calendar."""
    wrong: list[tuple[str, str]] = []
    if request.method == "POST":
        wrong = at.keep_limits({k: request.POST.get(k, "")[:60] for k in ("own", "level_cap", "zone", "calendar")})
        if not wrong:
            return redirect("setup")
    found = at.file()
    return _page(request, "limits", 422 if wrong else 200, errors=[_say(w) for w in wrong], limits=at.state()["limits"], bodies=[b for b in found.data["bodies"] if isinstance(b, dict)] if found else [],
                 levels=[(str(n), n) for n in range(5)], zones=ZONES, calendars=init.CALENDARS)


@inside
def apply(request: HttpRequest, at: Desk) -> HttpResponse:
    """Set up, for good: the own body's code is typed to say so."""
    if request.method != "POST":
        return redirect("setup")
    typed = request.POST.get("confirm", "").strip()
    if typed != at.state()["limits"].get("own", ""):
        return _overview(request, at, 422, _say(("请照样输入本机构代码，以确认设立。没有写入任何内容。", "Type your own body's code to confirm. Nothing was written.")), typed[:60])
    try:
        at.apply()
    except Trouble as error:
        return _overview(request, at, 409, _told(error))
    return redirect("setup_codes")


@inside
def codes(request: HttpRequest, at: Desk) -> HttpResponse:
    """One code at a time, for the person who comes to the screen; asked again, the earlier one is void."""
    if not at.applied:
        return redirect("setup")
    code, error, status = None, "", 200
    if request.method == "POST":
        try:
            code = at.new_code(request.POST.get("login", ""))
        except Trouble as trouble:
            error, status = _told(trouble), 409
    with at.connection() as connection:
        waiting = init.open_codes(connection)
    return _page(request, "codes", status, waiting=waiting, code=code, error=error, hours=init.CODE_HOURS)


@inside
def close(request: HttpRequest, at: Desk) -> HttpResponse:
    """The end of these screens."""
    if request.method != "POST":
        return redirect("setup_codes")
    try:
        at.close()
    except Trouble:
        return redirect("setup")
    return _page(request, "end")


def bad(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Anything else: back to the start, nothing said."""
    return redirect("setup")
