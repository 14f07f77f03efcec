"""The designation desk and the area board in a real browser: three clicks to the proposal, a slider, drag to lock, no page wider than a phone."""
from __future__ import annotations

import os

import pytest

from tests.e2e.browser import AXE, Person, faults, serving
from tests.office.allocation.test_desk import designation

SHOTS = os.environ.get("XIELI_SHOTS", "")  # a folder for pictures of the pages, to look at
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def made(played):
    """A designation at its comparison, a plan of areas and one put forward."""
    from tests import djangodb
    from xieli.office.allocation import demo, divisions, drill
    from xieli.office.bodies.models import Body

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver keeps an event loop in this thread
    djangodb.use(played.database)
    theatre = played.theatre
    demo.load(played.admin)
    matter = designation(theatre, "tax", "税某某")
    with theatre.acts("chief3"):
        problem = divisions.problem_from_records()
    run = demo.plan_now(theatre, "chief3", "yj", "zones", problem, title="央单位均衡")
    with theatre.acts("chief3"):
        version = divisions.propose(run, reason="三个区承压", valid_from=divisions.today())
        night = drill.start(theatre.body("yj"), Body.objects.get(code="beiping"))
    return {"matter": matter, "run": run, "version": version, "drill": night, "unit": str(next(u["id"] for u in problem["units"] if u["central"]))}


@pytest.fixture
def base(stage, made):
    with serving() as address:
        yield address


def test_three_clicks_from_the_workbench_to_the_proposal(stage, chromium, base, made):
    """Menu, matter, propose: what is typed is the reason that the law wants, and nothing is designated yet."""
    window = Person(chromium, base, stage, "chief3")
    window.open("/")
    window.page.locator("nav.menu a", has_text="管辖").first.click()
    window.page.locator("ul.tasks a", has_text="税某某").first.click()
    window.page.locator("#wn").fill("自然管辖机构任务集中")
    window.page.get_by_role("button", name="选定并提请审批").click()
    window.page.wait_for_load_state()
    assert window.page.url.endswith(f"/m/{made['matter'].ref}"), window.text[:500]
    assert stage.one("select count(*) from approval where matter_id = %s and act = 'designate' and state = 'pending'", made["matter"].id) == 1
    window.close()


def test_a_unit_dragged_to_another_body_is_chosen_in_the_table(stage, chromium, base, made):
    window = Person(chromium, base, stage, "chief3")
    window.open(f"/areas/r/{made['run'].ref}")
    row = window.page.locator(f"tr[data-unit='{made['unit']}']")
    home, name = row.get_attribute("data-body"), row.get_attribute("data-name")
    lanes = window.page.locator(".lane")
    assert lanes.count() == 11
    values = row.locator("select option").evaluate_all("os => os.map(o => o.value)")
    target = next(n for n, value in enumerate(values[1:]) if value != home)
    window.page.locator(".chip", has_text=name).first.drag_to(lanes.nth(target))
    assert row.locator("select").input_value() == values[1 + target]
    assert window.page.locator(".chip.held").count() == 1
    assert window.page.locator("[data-compare].sliding").count() == 1
    window.close()


def test_what_if_is_asked_in_the_background_with_progress_and_answered_exactly(stage, chromium, base, made):
    from xieli.office.allocation import plans
    from xieli.office.allocation.models import PlanRun

    window = Person(chromium, base, stage, "chief3")
    window.open(f"/areas/r/{made['run'].ref}?unit={made['unit']}")
    assert window.page.locator("#why tbody tr").count() == 5
    window.page.get_by_role("button", name="确切算一算").first.click()
    window.page.wait_for_load_state()
    assert "排队" in window.text
    with stage.theatre.acts("chief3"):
        asked = PlanRun.objects.filter(parent=made["run"]).latest("at")
    with stage.theatre.rehearsing():
        plans.perform(asked.pk, lambda: stage.theatre.acts("chief3"))
    window.open(f"/areas/r/{asked.ref}")
    assert "若驻渝江" in window.text
    assert "总分" in window.text or "没有方案" in window.text
    window.close()


def test_called_and_not_answered_stands_on_the_row_and_unknown_is_never_free(stage, chromium, base, made):
    window = Person(chromium, base, stage, "chief3")
    window.open(f"/m/{made['matter'].ref}/rank")
    row = window.page.locator("tr[data-row]").nth(4)
    assert row.locator(".four").inner_text() == "? 未确认 办案组、办案场所、看护、医生"
    row.get_by_role("button", name="没人接").click()
    window.page.wait_for_load_state()
    assert "无人接听" in window.text
    window.open("/designation")
    assert "未确认" in window.text
    window.close()


def test_the_calendar_says_who_is_where_until_when_and_names_no_matter(stage, chromium, base, made):
    person = stage.one("select person_id from posting where body_id = %s and kind = 'regular' order by id limit 1", stage.theatre.body("nanqiao"))
    stage.admin.execute("insert into posting (person_id, body_id, home_body_id, kind, starts_at, ends_at, basis, is_deputy) values (%s, %s, %s, 'train_by_work', access.now(), access.now() + interval '40 days', 'x', false)",
                        [person, stage.theatre.body("yj"), stage.theatre.body("nanqiao")])
    until = stage.one("select to_char(access.now() at time zone 'Asia/Shanghai' + interval '40 days', 'YYYY-MM-DD') where %s > 0", 1)
    window = Person(chromium, base, stage, "chief3")
    window.open("/areas/people")
    line = window.page.locator("tr[data-row]", has_text=stage.one("select name from person where id = %s", person))
    assert until in line.inner_text()
    assert "以干代训" in line.inner_text()
    assert window.page.locator("main a[href*='/m/']").count() == 0
    window.close()


PAGES = ("/designation", "/m/@matter/rank", "/areas", "/areas/r/@run?unit=@unit", "/areas/v/@version", "/areas/people", "/designation/drill/@drill", "/designation/review", "/staff", "/m/@case/staff")


@pytest.mark.parametrize(("language", "theme", "width"), [("zh-hans", "light", 1280), ("en", "dark", 390)])
def test_no_page_is_wider_than_its_window_and_axe_finds_nothing(stage, chromium, base, made, language, theme, width):
    wrong = []
    window = Person(chromium, base, stage, "chief3", language=language, theme=theme, width=width)
    inside = Person(chromium, base, stage, "wuchuan-handler1", language=language, theme=theme, width=width)
    for path in PAGES:
        person = inside if "@case" in path else window
        address = path.replace("@case", stage.ref("case")).replace("@unit", made["unit"])
        for name in ("matter", "run", "version", "drill"):
            address = address.replace(f"@{name}", made[name].ref)
        assert person.open(address).status == 200, path
        if SHOTS:
            person.page.screenshot(path=f"{SHOTS}/{language}-{theme}-{width}-" + path.strip("/").replace("/", "_").replace("?", "_").replace("@", "") + ".png", full_page=True)
        wider = person.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            wrong.append(f"{path}: {wider} px wider than the window")
        if AXE.is_file():
            wrong += [f"{path}: {fault}" for fault in faults(person.page)]
    window.close()
    inside.close()
    assert not wrong, "\n".join(wrong)
