"""The checks of test_every_screen.py find what they look for, and pass what is right."""
from __future__ import annotations

import pytest

from tests.e2e import atlas, eyes

pytestmark = pytest.mark.xdist_group("browser")
WRONG = """<html lang="en"><head><title>Leads</title><style>@media print { .faint { color:#ccc } .table { width:900px } }</style></head><body><main>
<h1>ledger of leads</h1><p>Something 未译的话 stands here, and 郭某某 whom a person wrote.</p><p>First room、second room</p>
<div style="width:4.5em">until 2026-03-17</div><p class="faint">swallowed by a copier</p><div class="table">wide</div></main></body></html>"""
RIGHT = """<html lang="en"><head><title>Leads</title><style>h1::first-letter { text-transform:uppercase } .n { white-space:nowrap }</style></head><body><main>
<h1>ledger of leads</h1><p>Written: 郭某某、某局. <span lang="zh-hans">中文</span></p><div style="width:4.5em">until <span class="n">2026-03-17</span></div><p>black on white</p></main></body></html>"""


def test_each_fault_is_found_and_a_right_page_has_none(chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_content(WRONG)
    assert eyes.chinese(page, "郭某某") == ["Chinese: 未译的话 in P.", "Chinese: First room、second room in P."]
    assert eyes.small(page) == ["begins small: ledger of leads in H1."]
    assert eyes.broken(page) == ["2026-03-17 on two lines in DIV."]
    faint, wide = eyes.on_paper(page, 1280)
    assert faint.startswith("faint on paper: P.faint: swallowed by a copier")
    assert wide.endswith("px wider than a sheet of paper")
    assert page.viewport_size["width"] == 1280
    page.set_content(RIGHT)
    assert [*eyes.chinese(page, "郭某某\n某局"), *eyes.small(page), *eyes.broken(page), *eyes.on_paper(page, 1280)] == []
    page.close()


def test_links_are_those_of_the_product_with_what_a_search_form_asks_first():
    page = b"""<a href="/m/1?tab=2#x">a</a><a href="https://example.org/">b</a><link href="/static/x.css"><a href="/leave">c</a><div hx-get="part"></div>
    <form method="get"><input name="q" value=""><select name="kind"><option value=""></option><option value="lead">L</option></select></form><form method="post" action="/leads/new"></form>"""
    assert atlas.links("/leads/", page) == ["/m/1?tab=2", "/leads/part", "/leads/?q=&kind=lead"]
