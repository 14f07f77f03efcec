"""Invented values for the page of components: every picture once, in the language that is switched on."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from xieli.faces.web.pictures.burnup import Point, burn_up
from xieli.faces.web.pictures.cartogram import Tile, tile_cartogram
from xieli.faces.web.pictures.funnel import Step, funnel
from xieli.faces.web.pictures.gantt import Bar, gantt
from xieli.faces.web.pictures.heat import HeatCell, HeatRow, heat_map
from xieli.faces.web.pictures.lanes import swim_lane
from xieli.faces.web.pictures.measure import Mark, measure_clock
from xieli.faces.web.pictures.sankey import Flow, sankey
from xieli.faces.web.templatetags.xieli import ZONE, english
from xieli.office.matters.queries.timeline import Lane, Line

DISTRICTS = (("临江区", "Linjiang"), ("北坪区", "Beiping"), ("巫川县", "Wuchuan"), ("文山县", "Wenshan"), ("丰登县", "Fengdeng"), ("云门县", "Yunmen"), ("石渡区", "Shidu"))
LOADS: tuple[float | None, ...] = (93, 74, 28, 46, None, 61, 88)
BEFORE = (120, 80, 20, 40, 35, 61, 70)


def _pair(zh: str, en: str) -> str:
    return en if english() else zh


def drawings(now: datetime) -> dict[str, Any]:
    """Name of the component → what its tag shows."""
    day, today = timedelta(days=1), now.astimezone(ZONE).date()
    lanes = [
        Lane("临江区纪委监委", "Linjiang Commission", [(now - 30 * day, now - 14 * day, "owner")], [Line(now - 28 * day, "受理", "accepted", "")]),
        Lane("巫川县纪委监委", "Wuchuan Commission", [(now - 14 * day, None, "owner")], [Line(now - 13 * day, "指定管辖", "designated", ""), Line(now - 6 * day, "组队", "team formed", "")]),
        Lane("消防总队纪委", "Fire Corps committee", [(now - 30 * day, now, "assisting")], [Line(now - 30 * day, "移送", "handed over", "")]),
    ]
    cases, closed, still = _pair("立案", "filed"), _pair("了结", "closed"), _pair("在办", "open")
    sources = [_pair("巡察", "inspection"), _pair("信访", "petitions"), _pair("审计", "audit")]
    ends = [_pair("处分", "sanctioned"), _pair("移送司法", "to justice"), closed, still]
    checked = _pair("初步核实", "preliminary check")
    columns = tuple((today + timedelta(weeks=i)).strftime("%m-%d") for i in range(6))
    return {
        "lanes": swim_lane(lanes, now, _("泳道：事项在谁手里"), english(), target=timedelta(days=14), pauses=[(now - 10 * day, now - 8 * day)], note=_("斜线：超过约定时间；灰底：期限暂停；菱形：文书和审批。")),
        "heat": heat_map(_("期限热力图"), _("机构"), columns, [HeatRow(_pair(*DISTRICTS[r]), tuple(HeatCell((r * 3 + c * 5) % 7, ("", "green", "yellow", "red")[min(3, (r * 3 + c * 5) % 7)]) for c in range(6))) for r in range(4)]),
        "cartogram": tile_cartogram([Tile(_pair(*name), i % 4, i // 4, load, f"{load:g}%" if load is not None else "", before, f"{before}%") for i, (name, load, before) in enumerate(zip(DISTRICTS, LOADS, BEFORE, strict=True))],
                                    _("片区负荷"), (60, 85), _("负荷＝在办工作量÷可用人力；箭头与原方案比。"), _("负荷")),
        "funnel": funnel([Step(_pair("收到", "received"), 69), Step(checked, 52, 21), Step(cases, 19, 64), Step(ends[0], 17, 90)], _("转化漏斗"), _("同一批：按收到月份归入；占比以收到为分母。")),
        "sankey": sankey([sources, [checked, closed, still], [cases], ends[:2]],
                         [Flow(sources[0], checked, 30), Flow(sources[0], closed, 8), Flow(sources[1], checked, 22), Flow(sources[1], closed, 31), Flow(sources[2], checked, 9), Flow(sources[2], still, 6),
                          Flow(checked, cases, 24), Flow(cases, ends[0], 17), Flow(cases, ends[1], 4)], _("线索去向"), _("在办单列一条；少于 5 件的写“<5”。"), floor=5),
        "gantt": gantt([(_pair("临江污水处理厂", "Linjiang sewage works"), [Bar(_pair("进场", "on site"), today - 60 * day, today - 20 * day, today - 55 * day, today - 10 * day), Bar(_pair("开工", "begun"), today - 18 * day, today + 40 * day, today - 8 * day)]),
                        (_pair("巫川中学新校区", "Wuchuan school campus"), [Bar(_pair("签约", "signed"), today - 40 * day, today - 30 * day, today - 40 * day, today - 30 * day), Bar(_pair("进场", "on site"), today - 12 * day, today + 30 * day)])], today, _("挂图作战")),
        "burnup": burn_up([Point(today - timedelta(days=70 - 10 * i), listed, done, again) for i, (listed, done, again) in enumerate([(120, 0, 0), (138, 18, 0), (150, 44, 0), (156, 71, 2), (156, 96, 2), (156, 118, 7), (156, 131, 7)])],
                          _("销号进度"), today + 20 * day, _("只数销号，不数申请；红菱形是复挂；虚线是按时完成的直线。")),
        "measure": measure_clock(_("措施时钟"), now - 100 * day, [Mark(now - 99 * day, _pair("通知家属", "family notified"), _pair("24 小时内", "within 24 hours")), Mark(now - 10 * day, _pair("原期限", "first limit"), "", True), Mark(now + 80 * day, _pair("延长后期限", "limit after extension"), _pair("示例文号〔2026〕9号", "sample no. 9 of 2026"), True)],
                                 now, [(now - 40 * day, now - 30 * day)]),
    }


