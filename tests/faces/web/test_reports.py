"""Reports, releases and the leader's page, in users' words: what is printed, who approves, what is not open to whom."""
from __future__ import annotations

import io
import re
from datetime import date

import psycopg
import pytest
from django.test import Client

from tests.faces.web.conftest import Stage

YEAR = "?first=2026-01-01&last=2026-12-31"


def page(stage: Stage, who: str, path: str, **more: str) -> str:
    response = stage.client(who, **more).get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_report_opens_with_its_definitions_in_both_languages(stage: Stage, language: str) -> None:
    from xieli.office.reports.services import book

    client = stage.client("yj-head", language)
    for code, report in book().reports.items():
        text = client.get(f"/reports/{code}{YEAR}").content.decode()
        assert (report.en if language == "en" else report.zh).replace('"', "&quot;") in text.replace("&amp;", "&")
        for metric in report.metrics:
            assert f"/reports/metric/{metric}?" in text


def test_the_reports_stand_in_sections(stage: Stage) -> None:
    text = page(stage, "yj-head", "/reports")
    for section in ("线索与案件", "移送与协作", "监督检查与项目", "巡察、整改与治理", "队伍、会议与责任", "数据、知悉与对外"):
        assert section in text
    assert text.count('<li value="') >= 36


def test_a_report_is_taken_out_as_excel_and_no_cell_is_a_formula(stage: Stage) -> None:
    from openpyxl import load_workbook

    response = stage.client("yj-head").get(f"/reports/r04/excel{YEAR}")
    assert response.status_code == 200
    book = load_workbook(io.BytesIO(response.content))
    cells = [c for row in book.active.iter_rows() for c in row if c.value is not None]
    assert "移送" in str(cells[0].value)
    assert all(c.data_type != "f" for c in cells)
    assert stage.one("select count(*) from audit.event where verb = 'report.taken'") >= 1


@pytest.mark.parametrize(("query", "words"), [("?first=2026-05-01&last=2026-01-01", "早于开始日"), ("?first=1&last=2", "日期写法不对"), ("?period=五届", "没有登记名为")])
def test_a_period_that_cannot_be_is_answered_in_plain_words(stage: Stage, query: str, words: str) -> None:
    response = stage.client("yj-head").get(f"/reports/r01{query}")
    assert words in response.content.decode()
    assert response.status_code < 500


def test_a_live_figure_counts_only_what_its_reader_may_see(stage: Stage) -> None:
    """The recused finds neither number nor record of the matter that is kept from him."""
    def cases(who: str) -> tuple[str, int]:
        text = page(stage, who, f"/reports/metric/liuzhi_persons{YEAR}")
        return text, text.count("data-row")

    assert cases("yj-head")[1] >= 1
    text, rows = cases("wuchuan-kin")
    assert rows == 0
    assert "郭某某" not in text
    assert "您能看到的 0 件" in text


@pytest.fixture(scope="module")
def released(played: Stage) -> str:
    """A release of report 1, asked for, computed by the report role, checked and approved by two others."""
    from tests import djangodb
    from xieli.office.matters.services import leads
    from xieli.office.reports.releases import compute_asked

    djangodb.use(played.database)
    with played.theatre.acts("yj-handler"):
        for i in range(6):
            leads.register(leads.NewMatter("decision_task", f"任务{i}", played.world.bodies["yj"], played.world.rooms["yj/supervision3"], level=0))
    today = played.one("select (access.now() at time zone 'Asia/Shanghai')::date")
    response = played.client("yj-head").post("/reports/r06/release", {"first": f"{today.year}-01-01", "last": today.isoformat(), "known_by": today.isoformat()})
    assert response.status_code == 302
    with psycopg.connect(played.database.dsn("report")) as connection:
        assert compute_asked(connection) == 1
        assert compute_asked(connection) == 0
    return str(response["Location"])


def act(stage: Stage, who: str, path: str) -> int:
    return int(stage.client(who).post(f"{path}/pass", {"verdict": "passed"}).status_code)


def test_a_release_needs_two_persons_neither_of_whom_asked_and_then_never_changes(stage: Stage, released: str) -> None:
    state = "select state from release where report = 'r06'"
    assert stage.one(state) == "draft"
    assert act(stage, "yj-head", released) == 404 or stage.one(state) == "draft"  # who asked does not check
    assert stage.one(state) == "draft"
    assert act(stage, "yj-handler", released) != 302  # no office that may
    act(stage, "yj-deputy", released)
    assert stage.one(state) == "checked"
    act(stage, "yj-deputy", released)
    assert stage.one(state) == "checked"  # the checker does not approve
    act(stage, "chief3", released)
    assert stage.one(state) == "released"
    with pytest.raises(psycopg.errors.CheckViolation):
        stage.admin.execute("update release set content = '{}' where report = 'r06'")


def test_a_released_figure_opens_what_the_reader_may_see_and_counts_the_rest(stage: Stage, released: str) -> None:
    head = page(stage, "yj-head", f"{released}/body_load")
    other = page(stage, "finance-liaison", f"{released}/body_load")
    total = int(stage.one("select (content -> 'figures' -> 'body_load' ->> 'records')::int from release where report = 'r06'"))
    assert total == stage.one("select count(*) from matter where status = 'open' and (opened_at at time zone 'Asia/Shanghai')::date <= (select last from release where report = 'r06')")
    seen = int(re.search(r"您能看到的 (\d+) 件", other)[1])  # type: ignore[index]
    assert f"另有 {total - seen} 件不对您开放" in other
    assert "郭某某" not in other
    assert "您能看到的" in head


def test_the_report_role_reads_no_title_and_no_name(stage: Stage) -> None:
    with psycopg.connect(stage.database.dsn("report")) as connection:
        for column, table in (("title", "matter"), ("summary", "matter"), ("name", "matter_subject"), ("data", "form_submission"), ("text", "feedback"), ("basis", "matter_grant"), ("told_zh", "match_hit")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select {column} from {table}")
            connection.rollback()


def test_an_opening_balance_is_signed_with_its_source_and_only_for_years_before_the_records(stage: Stage) -> None:
    from decimal import Decimal

    from xieli.office.matters.services.errors import Refused
    from xieli.office.reports import services

    with stage.theatre.acts("yj-head"):
        row = services.sign_opening("liuzhi_dual", Decimal(17), date(2024, 1, 1), date(2024, 12, 31), "2024 年统计年报")
        assert row.signed_by_id == stage.world.people["yj-head"]
        assert services.figure("liuzhi_dual", services.period("year:2024")).text() == "17件"
        for code, arguments in (("no_source", ("liuzhi_dual", Decimal(1), date(2024, 1, 1), date(2024, 12, 31), "")), ("period", ("liuzhi_dual", Decimal(1), date(2024, 12, 31), date(2024, 1, 1), "年报乙")),
                                ("no_opening", ("case_rate", Decimal(1), date(2024, 1, 1), date(2024, 12, 31), "年报乙"))):
            assert stage.theatre.refused(lambda a=arguments: services.sign_opening(*a)) == code
    with stage.theatre.acts("yj-head"), pytest.raises(Refused):
        services.sign_opening("liuzhi_dual", Decimal(1), date(2026, 1, 1), date(2026, 12, 31), "记录已覆盖")
    with stage.theatre.acts("yj-handler"), pytest.raises(Refused):
        services.sign_opening("liuzhi_dual", Decimal(1), date(2023, 1, 1), date(2023, 12, 31), "年报丙")
    assert "含期初 17" in page(stage, "yj-head", "/reports/r01?first=2024-01-01&last=2024-12-31")


def test_the_leaders_page_has_at_most_seven_numbers_three_pictures_ten_red_items_and_what_is_owed(stage: Stage) -> None:
    text = page(stage, "yj-head", "/leader")
    assert 1 <= text.count('class="card number"') <= 7
    assert text.count("<svg") + text.count('class="heat"') <= 3
    assert "欠人账" in text
    assert text.split("红项")[1].count("data-row") <= 10
    for code in re.findall(r"/reports/metric/([a-z_]+)", text):
        from xieli.office.reports.services import book

        assert not book()[code].sensitive  # no count of measures or sanctions greets a leader


def test_the_wall_counts_as_overdue_what_ended_this_week_and_leaves_a_sunday_in_its_week(stage: Stage) -> None:
    """A limit ends at the midnight after its last day: yesterday's is over, a Sunday's belongs to the week that the Sunday ends."""
    from datetime import UTC, datetime, timedelta

    from xieli.office.reports import queries

    one = stage.made["case"]
    before = stage.one("select next_due from matter where id = %s", one)
    wednesday = datetime(2026, 3, 18, 2, tzinfo=UTC)
    monday = date(2026, 3, 16)

    def place(last: date) -> int:
        """The column in which a matter with this last day is counted; -1 is overdue."""
        def counts() -> list[int]:
            return [sum(line[i][0] for _, line in queries.heat(wednesday)[1]) for i in range(13)]

        with stage.theatre.acts("wuchuan-handler1"):
            stage.admin.execute("update matter set next_due = null where id = %s", [one])
            without = counts()
            stage.admin.execute("update matter set next_due = (%s::timestamp at time zone 'Asia/Shanghai') where id = %s", [last + timedelta(days=1), one])
            return next(i - 1 for i, (a, b) in enumerate(zip(counts(), without, strict=True)) if a != b)

    try:
        assert place(date(2026, 3, 13)) == -1
        assert place(date(2026, 3, 17)) == -1  # yesterday: ended, though the week runs
        assert place(date(2026, 3, 18)) == 0  # today is still in time
        assert place(date(2026, 3, 22)) == 0  # Sunday
        assert place(date(2026, 3, 23)) == 1
        assert place(monday + timedelta(days=83)) == 11  # the last Sunday of the picture
    finally:
        stage.admin.execute("update matter set next_due = %s where id = %s", [before, one])


def test_a_red_item_says_the_last_day_and_not_the_day_after(stage: Stage) -> None:
    from datetime import datetime
    from types import SimpleNamespace
    from zoneinfo import ZoneInfo

    from django.template.loader import render_to_string

    from xieli.office.reports.owed import Owed
    from xieli.office.reports.queries import Red

    owed = Owed("complaint", "丙", "c", 1, 1, datetime(2026, 3, 6, tzinfo=ZoneInfo("Asia/Shanghai")))
    red = Red(SimpleNamespace(ref="0123456789abc", title="甲", owner_body=None), SimpleNamespace(zh="乙", en="b"), datetime(2026, 3, 6, tzinfo=ZoneInfo("Asia/Shanghai")), True)
    shown = render_to_string("web/reports/leader.html", {"reds": [red], "owed": [owed], "given": SimpleNamespace(urlencode=""), "periods": ()})
    assert shown.count("2026-03-05") == 2  # the red item, and what is owed
    assert "2026-03-06" not in shown


def test_what_is_owed_to_people_says_to_whom_and_is_red_by_the_same_rule_for_the_leader_and_in_the_list(stage: Stage) -> None:
    from xieli.office.matters.services.notices import owe_on_paper
    from xieli.office.matters.tables.core import Matter
    from xieli.office.reports import owed

    with stage.theatre.acts("wuchuan-handler1"):
        case = Matter.objects.get(pk=stage.made["case"])
        tasks = [owe_on_paper(case, who, "filed").ref for who in ("family", "subject")]
    rows = [r for r in page(stage, "wuchuan-handler1", "/owed").split("<tr data-row>") if any(f"/owed/task/{t}" in r for t in tasks)]
    assert len(rows) == 2
    assert sorted("家属" in r for r in rows) == [False, True]
    assert any('data-label="欠谁">本人' in r for r in rows)
    assert all("尽快" in r and "逾期" not in r for r in rows)  # no term is set: owed, not late

    def seen() -> tuple[int, int]:
        """All and late, as the list says them."""
        listed = page(stage, "wuchuan-handler1", "/owed")
        return listed.count("<tr data-row>"), listed.count('<span class="light red">逾期</span>')

    from xieli.office.matters.services.source import now

    def told() -> tuple[int, int]:
        """All and late, as the leader's page counts them for the same reader."""
        with stage.theatre.acts("wuchuan-handler1"):
            lines = owed.owed_to_people(now())
            return sum(x.number for x in lines), sum(x.late for x in lines)

    assert seen() == told()
    late = told()[1]
    stage.admin.execute("update task set due_on = date '2026-01-05' where matter_id = %s and source_kind = 'owed:family'", [stage.made["case"]])
    assert seen() == told()
    assert told()[1] == late + 1


def test_the_four_defects_stand_side_by_side_for_two_periods_and_open_their_records(stage: Stage) -> None:
    """Hand-overs refused, assistance slow, little contact, little practice: each for both periods, each opening what it counts."""
    from xieli.engines.metrics import Period
    from xieli.office.reports import services

    before, after = Period(date(2025, 1, 1), date(2025, 12, 31)), Period(date(2026, 1, 1), date(2026, 12, 31))
    text = page(stage, "yj-head", "/reports/waits?first=2026-01-01&last=2026-12-31&before_first=2025-01-01&before_last=2025-12-31")
    section = text.split("四项短板")[1].split("</section>")[0]
    with stage.theatre.acts("yj-head"):
        expected = [(services.figure(c, before).text(), services.figure(c, after).text()) for c in services.codes_of("r37")]
    cells = re.findall(r'<td class="num"><a href="([^"]+)">([^<]+)</a>', section)
    assert [c[1].strip() for c in cells] == [t for pair in expected for t in pair]
    assert len(expected) >= 4
    for address, _ in cells[:4]:
        assert page(stage, "yj-head", address.replace("&amp;", "&"))
    usual = page(stage, "yj-head", "/reports/waits?first=2026-01-01&last=2026-12-31")  # not said: the same days a year earlier
    assert "2025-01-01 – 2025-12-31" in re.sub("<[^>]+>", "", usual)
    assert "早于开始日" in stage.client("yj-head").get("/reports/waits?before_first=2026-02-01&before_last=2026-01-01").content.decode()


def test_where_matters_wait_is_counted_from_the_records_themselves(stage: Stage) -> None:
    """Per pair, per kind and per stage: the same numbers when they are counted again by hand from what the reader sees."""
    from statistics import median

    from django.db import connection

    from xieli.engines.metrics import Period
    from xieli.office.matters.tables.handover import Handover
    from xieli.office.reports import queries

    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    with stage.theatre.acts("chief3"):
        sent: dict[tuple[int, int], list[float | None]] = {}
        for h in Handover.objects.filter(sent_at__gte="2025-12-31T16:00:00Z", sent_at__lt="2026-12-31T16:00:00Z"):
            sent.setdefault((h.sender_id, h.receiver_id), []).append(None if h.decided_at is None else (h.decided_at - h.sent_at).total_seconds() / 3600)
        for days in (1, 5):
            found = {(p.sender.id, p.receiver.id): p for p in queries.waits_by_pair(year, days, 1000)}
            assert found.keys() == sent.keys()
            assert sent
            for pair, hours in sent.items():
                done = [x for x in hours if x is not None]
                assert (found[pair].sent, found[pair].decided) == (len(hours), len(done))
                assert found[pair].hours == (pytest.approx(median(done)) if done else None)
                assert found[pair].within == pytest.approx(sum(x <= 24 * days for x in done) / len(hours))
        with connection.cursor() as cursor:
            cursor.execute("select kind, extract(epoch from closed_at - opened_at) / 86400 from matter where coalesce(received_on, (opened_at at time zone 'Asia/Shanghai')::date) between '2026-01-01' and '2026-12-31'")
            rows = cursor.fetchall()
            cursor.execute("select m.kind, s.stage, extract(epoch from s.closed_at - s.opened_at) / 86400 from matter_stage s join matter m on m.id = s.matter_id where s.state = 'done' and s.closed_at >= '2025-12-31 16:00+00' and s.closed_at < '2026-12-31 16:00+00'")
            steps = cursor.fetchall()
        for days in (3, 30):
            for kind, n, share in queries.within(year, days):
                mine = [d for k, d in rows if k == kind]
                assert (n, share) == (len(mine), pytest.approx(sum(d is not None and d <= days for d in mine) / len(mine)))
        for kind, step, n, days_waited in queries.waits(year, 1000):
            mine = [float(d) for k, s, d in steps if (k, s) == (kind, step)]
            assert (n, days_waited) == (len(mine), pytest.approx(median(mine)))
        assert len(queries.waits(year, 1000)) == len({(k, s) for k, s, _ in steps})


def test_where_matters_wait_is_told_per_stage_and_per_pair(stage: Stage) -> None:
    text = page(stage, "yj-head", f"/reports/waits{YEAR}&days=30")
    assert "按环节" in text
    assert "移送：发出方与接收方" in text
    assert "liuzhi" not in re.sub(r"<[^>]*>", "", text)  # kinds by their names
    assert Client().get("/reports/waits").status_code == 302


def test_two_periods_a_day_apart_do_not_tell_what_happened_on_that_day(stage: Stage) -> None:
    """Eight leads until one day, nine until the next: the second figure is withheld, and so is its group; the page says why; the rest of the year is shown."""
    from xieli.engines.metrics import Period
    from xieli.office.matters.services import leads
    from xieli.office.reports import releases

    def received(day: date, number: int) -> None:
        with stage.theatre.acts("yj-petitions"):
            for _ in range(number):
                leads.register(leads.NewMatter("lead", "来信一件", stage.world.bodies["yj"], source="petition", received_on=day))

    def figure(first: date, last: date) -> tuple[str, dict[str, str]]:
        with stage.theatre.acts("yj-head"):
            row = releases.ask("r08", Period(first, last), stage.one("select (access.now() at time zone 'Asia/Shanghai')::date"))
        with psycopg.connect(stage.database.dsn("report")) as connection:
            releases.compute_asked(connection)
        found = stage.one("select content->'figures'->'leads_received' from release where id = %s", row.pk)
        text = stage.client("yj-head", "en").get(f"/reports/release/{row.ref}").content.decode()
        assert found["text_en"].replace("<", "&lt;") in text
        assert "subtracted from this table" in text
        return found["text_zh"], found["groups"]

    stage.admin.execute("update matter set received_on = '2020-01-01' where kind = 'lead'")
    year = stage.one("select extract(year from access.now() at time zone 'Asia/Shanghai')::int") - 3
    first, days = date(year, 1, 1), [date(year, 3, d) for d in (2, 3, 9)]
    for day, number in zip(days, (8, 1, 6), strict=True):
        received(day, number)
    assert figure(first, days[0]) == ("8条", {"petition": "8"})
    assert figure(first, days[1]) == ("不公布", {})
    assert figure(days[1], days[1]) == ("＜5", {})
    assert figure(first, days[2]) == ("15条", {"petition": "15"})
    assert figure(days[0], days[2]) == ("15条", {"petition": "15"})
    assert figure(days[1], days[2]) == ("7条", {"petition": "7"})
    assert figure(days[2], days[2]) == ("不公布", {}), "7 − 6 would tell the one of the day before"


def test_a_model_of_matching_is_called_by_its_title(stage: Stage) -> None:
    from types import SimpleNamespace

    from xieli.faces.web import report_words
    from xieli.office.reports.services import book

    told = report_words.names([SimpleNamespace(metric=book()["hits_judged"], groups={"deceased_recipient": 1})], {"hits_judged": "model"})["hits_judged"]["deceased_recipient"]
    assert told != "deceased_recipient"
    assert "_" not in told


def test_a_group_is_called_by_the_word_of_its_own_kind_and_field(stage: Stage) -> None:
    """Audit is a source of leads, not the law that an audit applies; a handler knows a matter as handler, not as the act of handling."""
    from types import SimpleNamespace

    from django.utils.translation import override

    from xieli.faces.web import report_words
    from xieli.office.reports.services import book

    def told(code: str, by: str, *groups: str) -> list[str]:
        figure = SimpleNamespace(metric=book()[code], groups=dict.fromkeys(groups, 1))
        return list(report_words.names([figure], {code: by})[code].values())

    with override("en"):
        assert told("leads_received", "source", "petition", "audit", "inspection", "department", "") == ["petition or report", "audit", "inspection", "line department", "not stated"]
        assert told("knowers_told", "row_kind", "handler", "leader", "team") == ["handler", "leader of the line", "case team"]
        assert told("designation_reasons", "reason", "fairness") != ["fairness"]
        assert told("eval_grades", "row_kind", "good", "fair") == ["good", "fair"]
    for report in book().reports.values():  # whoever groups by a code has a vocabulary for it
        for code, by in report.by.items():
            if by in ("source", "row_kind", "reason", "text", "body_kind", "model"):
                assert report_words.vocabulary(book()[code].count, by), (report.code, code, by)


def test_the_chosen_period_is_marked_hours_below_one_are_minutes_and_empty_columns_are_left_out(stage: Stage) -> None:
    from decimal import Decimal
    from types import SimpleNamespace

    from xieli.engines.metrics import Figure, Period, whole_percent
    from xieli.faces.web.templatetags.figures import defined, printed
    from xieli.office.reports.services import book

    marked = re.findall(r'href="\?period=(\w+)" aria-current', page(stage, "yj-head", "/reports/r08"))
    assert marked == ["this_year"]
    assert re.findall(r'href="\?period=(\w+)" aria-current', page(stage, "yj-head", "/reports/r08?period=month")) == ["month"]
    assert not re.findall(r'href="\?period=(\w+)" aria-current', page(stage, "yj-head", f"/reports/r08{YEAR}"))
    assert "<th>比较</th>" not in page(stage, "yj-head", f"/reports/r08{YEAR}")
    assert "<th>比较</th>" in page(stage, "yj-head", f"/reports/r01{YEAR}")
    assert page(stage, "yj-head", f"/reports/r08{YEAR}").count("本平台口径") == 1

    def hours(n: str) -> str:
        return printed(Figure(book()["handover_hours"], Period(date(2026, 1, 1), date(2026, 12, 31)), None, Decimal(n)))

    assert [hours(n) for n in ("0.5", "0.001", "2", "0")] == ["30分钟", "不到 1 分钟", "2.00小时", "0.00小时"]
    assert whole_percent(3, 24) == 13  # as the share of the report says it
    assert defined(SimpleNamespace(zh="收到移送", en="", about_zh="期间内收到的移送。")) == ""  # says the name again
    assert defined(SimpleNamespace(zh="移送受理率", en="", about_zh="已受理 ÷ 已决定")) == "已受理 ÷ 已决定"
