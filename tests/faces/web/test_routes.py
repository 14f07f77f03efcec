"""Every page and form × every role. A route without a line in routes.csv fails: whoever adds one says who may open it.

Columns: name · method (GET or POST) · rule · with (address parts, `k=v`; `@case` is what the story made, `@approval:case` the first approval of it).
Rules, each naming the whole answer:
  open       every bound session
  own        every bound session, the content cut to the reader
  public     also without a session
  office:a|b holders of one of these offices; all others are told that it does not exist
  barred:a|b everybody but the holders of nothing else than these
  matter:m   who may see that matter of the story (`SEEN`); all others are told that it does not exist
  hangs:m    the same of what hangs on a matter: an approval, a clock, a task, a parcel
  gone       the sample address names nothing: the same “does not exist” for everybody; who sees what there is, is asked by
             tests/adversary/test_object_pages.py
  away:/x    leads everybody to /x
The method `FEED` is opened by its own secret, without a session: tests/api/test_calendar.py.
"""
from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adversary.routes import routes

TABLE = Path(__file__).with_name("routes.csv")
RULES = ("open", "own", "public", "office", "barred", "matter", "hangs", "gone", "away")
HEALTH = {"healthz", "readyz"}
ROLES = ("chief3", "yj-head", "fire-officer", "fire-handler", "zhou-rong", "wuchuan-handler1", "wuchuan-kin", "yj-clerk", "ins-leader", "yj-analyst", "wenshan-secretary",
         "fengdeng-supervisor", "audadmin", "sysadmin", "secadmin", "yj-rights", "finance-liaison", "yj-duty", "yj-petitions", "yj-adj1", "yj-keeper")


def table() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = table()


def present() -> list[dict[str, str]]:
    """Lines whose page exists; a line without a page is the first test's business alone."""
    names = {name for name, _ in routes()}
    return [row for row in ROWS if row["name"] in names]


#: who may see what the story made, of `ROLES`: handlers, their room, leaders of the line, approvers, parties; by name, so that a policy
#: that lets one more in shows
SEEN = {
    "lead": {"chief3", "zhou-rong", "wuchuan-handler1", "yj-clerk", "yj-analyst", "yj-duty"}, "channel": {"chief3", "yj-head", "yj-duty"}, "designation": {"chief3", "yj-head", "zhou-rong"},
    "case": {"zhou-rong", "wuchuan-handler1"}, "liuzhi": {"yj-head", "zhou-rong", "wuchuan-handler1"},
    # and the sender's people follow their parcel
    "parcel": {"chief3", "fire-officer", "fire-handler", "zhou-rong", "wuchuan-handler1", "yj-clerk", "yj-analyst", "yj-duty"},
}
#: a form with enough in it to reach the act behind it
FORM = {"reason": "x", "text": "一句话", "title": "x", "person": "1", "kind": "team", "basis": "x", "purpose": "核对一次", "verdict": "accepted"}


def part(value: str, stage) -> str | int:
    """A part of a sample address; `@approval:case` is the first approval of what the story calls case."""
    if value.startswith("@"):
        table, _, made = value[1:].rpartition(":")
        if not table:
            return stage.ref(made)
        from xieli.office.ids import to_ref

        return to_ref(stage.one(f"select id from {table} where matter_id = %s order by id limit 1", stage.made[made]))
    return int(value) if value.isdigit() and len(value) < 9 else value


def address(row: dict[str, str], stage) -> str:
    from django.urls import reverse

    return reverse(row["name"], kwargs={key: part(value, stage) for key, _, value in (pair.partition("=") for pair in filter(None, row["with"].split(" ")))})


HOW = """tests/faces/web/routes.csv says who may open each page, form and interface; add a line: name,method,rule,with
  name    the route's name, `space:name` for an included list of routes (the API), the address itself for a route without a name
  method  GET for what is looked at, POST for what changes something
  rule    open | own | public | office:code|code | barred:code|code | matter:<what the story made> | hangs:<the same> | gone | away:/address (see the
          head of tests/faces/web/test_routes.py)
  with    a sample for each part of the address, `ref=@case`; use matter:… and @… wherever the page belongs to one matter: those are asked by the
          oracle (tests/adversary/test_http_oracle.py) and in twin worlds (test_twin_worlds_http.py)"""


def test_every_route_has_a_line(stage):
    """Of pages, API and whatever else the web process answers; health alone is asked by machines and names nobody."""
    # a program comes with a token, not a session: the API has a table of its own with the same demand (tests/api/test_routes.py)
    names = {name for name, _ in routes() if not name.startswith("api:")} - HEALTH
    listed = {row["name"] for row in ROWS}
    assert names - listed == set(), f"routes without a line: {sorted(names - listed)}\n{HOW}"
    assert listed - names == set(), f"routes.csv names routes that are gone: {sorted(listed - names)}"
    assert len(listed) == len(ROWS), "a route stands twice in routes.csv"
    bad = [row["name"] for row in ROWS if row["method"] not in ("GET", "POST", "FEED") or row["rule"].partition(":")[0] not in RULES]
    assert not bad, f"{bad}\n{HOW}"


def offices(stage, person: str) -> set[str]:
    return {r[0] for r in stage.admin.execute("select o.code from posting p join office o on o.id = p.office_id where p.person_id = %s and p.ends_at is null",
                                             [stage.world.people[person]])}


def right(row: dict[str, str], person: str, held: set[str], answer, nothing: bytes) -> bool:
    """Whether this answer to this person is what the line says."""
    rule, _, what = row["rule"].partition(":")
    status, posts = answer.status_code, row["method"] == "POST"
    opens = {"office": bool(held & set(what.split("|"))), "barred": not held or not held <= set(what.split("|")), "matter": person in SEEN.get(what, ()), "hangs": person in SEEN.get(what, ()),
             "gone": False}.get(rule, True)
    if not opens:
        return status == 404 and answer.content == nothing
    if rule == "away":
        return status == 302 and answer["Location"] == what
    # a form is handed in with nothing that could be done: it is refused in words, answered with a page or leads on
    return status in (200, 302, 400, 403, 409, 422) if posts else status == 200 or (status == 302 and rule == "public")


def wrong(stage, person: str, rows: list[dict[str, str]], held: set[str] | None = None) -> list[str]:
    """Lines that do not hold for this person, who holds these offices (else what the world says). What a form does for whoever sees the matter is its own room's tests'."""
    from django.test import Client

    client: Client = stage.client(person)
    client.raise_request_exception = False
    nothing = client.get("/m/0000000000000").content
    held = offices(stage, person) if held is None else held
    found = []
    for row in rows:
        rule, _, what = row["rule"].partition(":")
        if row["method"] == "GET":
            answer = client.get(address(row, stage))
        elif row["method"] == "FEED" or rule == "public" or (rule in ("matter", "hangs") and person in SEEN[what]):
            continue
        else:
            answer = client.post(address(row, stage), FORM if rule in ("matter", "hangs", "gone") else {})
        if not right(row, person, held, answer, nothing):
            found.append(f"{row['method']} {row['name']} ({row['rule']}): {answer.status_code}")
    return found


@pytest.mark.parametrize("person", ROLES)
def test_each_page_and_form_answers_each_person_as_its_line_says(stage, person):
    assert wrong(stage, person, present()) == []


def test_every_kind_of_office_is_asked(stage):
    """`every role`: each code of an office that somebody with an account holds is held by one of `ROLES`."""
    held = {r[0] for r in stage.admin.execute("select distinct o.code from posting p join office o on o.id = p.office_id join person x on x.id = p.person_id where p.ends_at is null and x.account")}
    assert held - set().union(*(offices(stage, person) for person in ROLES)) == set()


def test_who_sees_what_the_story_made_is_as_written(stage):
    for made, people in SEEN.items():
        if made != "parcel":
            found = {p for p in ROLES if stage.theatre.sees(p, stage.made[made])}
            assert found == people, f"{made}: {sorted(found ^ people)}"


def test_without_a_session_every_page_leads_to_the_entrance(stage):
    from django.test import Client

    client = Client()
    for row in present():
        if row["rule"] == "public" or row["method"] != "GET":
            continue
        response = client.get(address(row, stage))
        assert response.status_code == 302, row["name"]
        assert response["Location"].endswith("/entrance"), row["name"]


def test_a_write_is_never_done_by_looking(stage):
    client = stage.client("chief3")
    for row in present():
        if row["method"] == "POST":
            assert client.get(address(row, stage)).status_code == 405, row["name"]


def test_a_look_at_content_is_in_the_ledger(stage):
    """Whoever opens a page with content leaves an event of exactly that matter."""
    client = stage.client("wuchuan-handler1")
    before = stage.one("select count(*) from audit.event where verb = 'matter.look'")
    for name in ("matter", "access", "diagram", "handover_new"):
        row = next(r for r in ROWS if r["name"] == name)
        url = address(row | {"with": "ref=@case"}, stage)
        assert client.get(url).status_code == 200
    assert stage.one("select count(*) from audit.event where verb = 'matter.look'") == before + 4
    assert stage.one("select matters from audit.event where verb = 'matter.look' order by id desc limit 1") == [stage.made["case"]]


def test_the_recused_person_finds_nothing_by_search_list_or_palette(stage):
    client = stage.client("wuchuan-kin")
    assert "消防装备采购" in stage.client("wuchuan-handler1").get("/search?q=GMM").content.decode(), "a person reported is found by his initials"
    for url in ("/", "/search?q=郭某某", "/search?q=gmm", "/search?q=消防装备", "/sent", "/owed", "/notifications", "/playbooks/liuzhi", "/bodies/merge?from=wuchuan&into=linjiang"):
        text = client.get(url, headers={"HX-Request": "true"} if "search" in url else {}).content.decode()
        assert "郭某某" not in text.replace('value="郭某某"', ""), url
        assert "消防装备采购" not in text, url


# ── one role too much: each line's claim taken away must show, or the table proves nothing ─────────────────────────────────────────

#: one who holds no office of the table's lines but `handler` and sees none of the matters
STRANGER = "fire-handler"
#: forms about a thing of the matter which the sample names not: they answer alike to who sees the matter and to who does not, so the line's own
#: tests stand elsewhere
NAMES_NOTHING = {
    "grant_revoke": "tests/office/access/test_doors.py", "file_take": "tests/faces/web/test_files.py", "file_custody": "tests/faces/web/test_files.py",
    "file_judge": "tests/faces/web/test_files.py", "subject_number": "tests/office/accounts/test_proof.py",
    # narrower than sight: who sees the matter and is not the signer, the asker or the receiver is told the same as who sees nothing
    "decide": "tests/office/matters/test_approvals.py", "withdraw": "tests/office/matters/test_approvals.py", "parcel_step": "tests/office/matters/test_handover.py",
}


def silent(asked: list[dict[str, str]], shown: list[str]) -> set[str]:
    """Lines that reported nothing."""
    told = {words.split(" ")[1] for words in shown}
    return {row["name"] for row in asked} - told


@contextmanager
def one_office_more(stage, person: str, code: str) -> Iterator[None]:
    """The person is given an office of this code, as a gate that lets in one role too much would have it."""
    row = stage.admin.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy) select %s, o.body_id, o.id, 'regular', '2020-01-01', %s, '', false"
                              " from office o where o.code = %s and o.valid_to is null order by o.id limit 1 returning id", [stage.world.people[person], stage.world.people[person], code]).fetchone()
    try:
        yield
    finally:
        with stage.admin.transaction():
            stage.admin.execute("set local session_replication_role = replica")
            stage.admin.execute("delete from posting where id = %s", row)


def test_one_office_too_much_shows(stage):
    lines = [row for row in present() if row["rule"].startswith("office:")]
    assert len(lines) > 15
    held = offices(stage, STRANGER)
    codes = {code for row in lines for code in row["rule"][7:].split("|")} - held
    for code in sorted(codes):
        asked = [row for row in lines if code in row["rule"][7:].split("|") and not held & set(row["rule"][7:].split("|"))]
        with one_office_more(stage, STRANGER, code):
            shown = wrong(stage, STRANGER, asked, held)
        assert silent(asked, shown) == set(), code


def test_a_barred_administrator_let_in_shows(stage):
    lines = [row for row in present() if row["rule"].startswith("barred:")]
    held = offices(stage, "sysadmin")
    with one_office_more(stage, "sysadmin", "handler"):
        assert len(wrong(stage, "sysadmin", lines, held)) == len(lines) > 0


def test_one_person_too_many_on_a_matter_shows(stage):
    """Every page and form of a matter, and of what hangs on it, is reported when one sees the matter who should not."""
    lines = [row for row in present() if row["rule"].partition(":")[0] in ("matter", "hangs")]
    assert len(lines) > 35
    matters = [stage.made[m] for m in SEEN if m != "parcel"]
    person = stage.world.people["ins-leader"]
    assert wrong(stage, "ins-leader", lines) == []
    clearance = stage.one("select clearance from person where id = %s", person)
    try:
        stage.admin.execute("update person set clearance = 3 where id = %s", [person])
        for matter in matters:
            stage.admin.execute("insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at) values"
                                " (access.new_id(), %s, %s, 'handler', '{read,note,write,grant,handover,close,export}', access.now(), access.now() + interval '1 day', 'mutant', '', %s, access.now())", [matter, person, person])
        assert all(stage.theatre.sees("ins-leader", matter) for matter in matters)
        shown = wrong(stage, "ins-leader", lines)
    finally:
        with stage.admin.transaction():
            stage.admin.execute("set local session_replication_role = replica")
            stage.admin.execute("delete from matter_grant where basis = 'mutant'")
            stage.admin.execute("update person set clearance = %s where id = %s", [clearance, person])
        for matter in matters:  # the caches of who may see it are made anew
            stage.admin.execute("select access.refresh(%s)", [matter])
    assert silent(lines, shown) == set(NAMES_NOTHING), sorted(silent(lines, shown) ^ set(NAMES_NOTHING))
    assert wrong(stage, "ins-leader", lines) == [], "and all is as it was"
    assert all((Path(__file__).parents[3] / where).is_file() for where in NAMES_NOTHING.values())


def test_a_refusal_that_tells_hidden_from_missing_shows(stage, monkeypatch):
    from xieli.faces.web import errors

    plain = errors.not_found
    lines = [row for row in present() if row["rule"] == "gone" and row["method"] == "GET"] + [row for row in present() if row["rule"].startswith("matter:") and row["method"] == "GET"]

    def telling(request, exception=None):
        answer = plain(request)
        if request.path != "/m/0000000000000":
            answer.content += b"<!-- not open to you -->"
        return answer

    monkeypatch.setattr(errors, "not_found", telling)
    assert len(wrong(stage, STRANGER, lines)) == len(lines)
