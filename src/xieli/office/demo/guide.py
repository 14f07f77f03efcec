"""“One call, the same night” in seven steps for someone who sees the platform for the first time: who acts, where to look, what it replaced.

The guide walks through the story that the demo has played (stories/sc03*): every step opens a page as the person who
worked on it, with exactly what that person may see.
"""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step: whose eyes, which matter kind or page, and words. `part` is an anchor on the page."""

    person: str
    page: str
    kind: str
    zh: str
    en: str
    look_zh: str
    look_en: str
    before_zh: str
    before_en: str
    part: str = ""


STEPS: tuple[Step, ...] = (
    Step("chief3", "matter", "green_channel", "电话响了", "The phone rings",
         "四项即开：谁来的、哪个单位、涉及谁、急在哪里。值班领导当场批准，路上、家里、书面三路同时走，通道二十四小时计时。",
         "Four fields open it: who calls, which unit, whom it concerns, what is urgent. The duty officer approves at once; road, desk and paper run side by side, against a clock of 24 hours.",
         "请示、电话、传真一级级走，一到两周。", "requests, calls and faxes level by level, one to two weeks."),
    Step("fire-handler", "sent", "", "移送，拿到回执", "Hand over, get a receipt",
         "消防总队纪委移送线索，回执号和时间当场就有；受理之后内容不再可见，只看去向和回音。",
         "The fire corps' discipline committee hands its lead over; number and time are there at once. After acceptance it no longer sees the content, only what becomes of it.",
         "材料送出去，就没有下文了。", "the papers left, and nothing was ever heard of them."),
    Step("yj-head", "matter", "designation", "指定管辖，两下点批", "Designate in two taps",
         "北屏区有管辖权但任务集中。三个机构比过负荷、条件和回避，提请指定巫川县；负责人签批时看到的一页冻结留存。",
         "Beiping is competent but overloaded. Three bodies were compared by load, readiness and recusal; Wuchuan is proposed. What the head saw when he signed is frozen.",
         "谁来办靠打电话问，一年后说不清为什么选它。", "found by telephone; a year later nobody could say why that body."),
    Step("wuchuan-handler1", "matter", "lead", "路上定方案，家里办手续", "Plan on the road, papers at home",
         "谈话的人可以随时离开，到场每一分钟都有依据；郭海燕是近亲属，系统核出回避，她连这件事存在都不知道。",
         "Whoever is talked to may leave at any time, and every minute of his presence has a basis. Guo Haiyan is near kin: the system recused her, and she does not even learn that the matter exists.",
         "回避靠本人想起来说。", "recusal depended on somebody remembering to say so."),
    Step("wuchuan-handler1", "matter", "case", "立案：次序不能倒", "Filing: the order cannot be turned",
         "材料可以并行准备，决定只能依次作出：负责人、同级党委主要负责人（纸上签批，两名工作人员录入）、集体研究、上级批准。",
         "Papers are prepared in parallel, decisions come in the lawful order: the head, the party secretary on paper entered by two clerks, the collective record, the superior's approval.",
         "先办后补，签批时间对不上。", "acts first, papers later, with dates that did not fit."),
    Step("wuchuan-handler1", "matter", "liuzhi", "时钟会自己解释", "Clocks that explain themselves",
         "留置期限、二十四小时通知都在计时；点“怎么算的”，看起算、暂停、延长和条文，未核实的写明未核实。到期之后只许释放、救治、申诉。",
         "The limit of custody and the 24 hours of notice run. “How it is counted” shows start, pauses, extensions and article, and says where the text was not verified. Past the limit only release, care and complaint remain.",
         "台账上手写日期，靠人记。", "dates written by hand, kept in somebody's head."),
    Step("audadmin", "audit", "", "谁看了什么", "Who looked at what",
         "您刚才以每个人的身份看过的，都在这里：谁、何时、做了什么、涉及几件，没有内容。记录已封存，改一处就对不上。",
         "Everything you looked at as each of these people is here: who, when, what, on how many matters, without content. It is sealed: one changed row would show.",
         "后台日志，管理员自己能改。", "a log file that the administrator could edit."),
)
