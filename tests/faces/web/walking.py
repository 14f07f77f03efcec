"""Every page that opens, from tests/faces/web/routes.csv: a new page is walked without anybody thinking of it."""
from __future__ import annotations

from tests.faces.web.test_routes import ROLES, address, present

NO_SCREEN = {"ocel", "draft", "tour_there"}  # a file, a redirection, a redirection


def screens(stage) -> list[tuple[str, str]]:
    """Person and address of every page that opens."""
    return [(person, path) for person, path, _ in opened(stage)]


def opened(stage) -> list[tuple[str, str, str]]:
    """Person, address and text of every page that opens."""
    from xieli.office.ids import to_ref

    clock = stage.one("select id from clock where matter_id = %s and code = 'custody'", stage.made["liuzhi"])
    approval = stage.one("select id from approval where matter_id = %s order by requested_at limit 1", stage.made["case"])
    real = {"clock": f"/m/{stage.ref('liuzhi')}/clock/{to_ref(clock)}", "approval": f"/approval/{to_ref(approval)}", "search": "/search?q=yj", "merge": "/bodies/merge?from=linjiang&into=beiping", "report": None, "drill": None}
    clients = {person: stage.client(person) for person in ("chief3", "wuchuan-handler1", "fire-handler", *ROLES)}
    found = []
    for row in present():
        if row["method"] != "GET" or row["name"] in NO_SCREEN:
            continue
        if row["name"] not in real and "=0000000000000" in row["with"]:
            continue  # an address of nothing: it opens for nobody
        path = real.get(row["name"], address(row, stage))
        if path is None:
            continue
        for person, client in clients.items():
            answer = client.get(path)
            if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                found.append((person, path, answer.content.decode()))
                break
    return found
