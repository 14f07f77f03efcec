"""Two stories in steps for someone who sees the platform for the first time: who acts, where to look, what it replaced.

The guides walk through what the demo has played (“one call, the same night”: stories/sc03*; “one subsidy”: stories/sc06_subsidy, up
to where data are laid side by side): every step opens a page as the person who
worked on it, with exactly what that person may see.
"""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step: whose eyes (a person's code, or the office he holds, `#1` for the second of several), which page, and words.

    `page` is `matter`, the name of a page of a matter (`access`, `desk_new`), `approval` (the slip of the first request on it) or a page by itself; `kind` says which matter, the
    first of it that this person sees, or, with `of`, the first that came from a matter of that other kind. `part` is an anchor.
    """

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
    of: str = ""


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

SUBSIDY: tuple[Step, ...] = (
    Step("wenshan-secretary", "matter", "area_case", "镇里报请协作", "A town asks for hands",
         "文山镇收到反映：种粮补贴的面积对不上，知情人多是亲友。镇纪委书记报到片区：缺几个人、要走多少户。片区以外的乡镇看不到这件事。",
         "A report reaches Wenshan: the acreage of a grain subsidy does not add up, and those who know are kin and friends. The town's secretary asks its area: how many hands, how many households. Towns outside the area do not see it.",
         "人手不够就先放着，或者让熟人去问熟人。", "too few hands: it lay there, or friends were sent to ask friends."),
    Step("deputy@zhongyue", "approval", "area_case", "县里分管领导启动", "The county's deputy starts it",
         "没有分管领导批准，片区办案启动不了；批准时看到的一页冻结留存。片区只说谁来帮，立案权一点不增加。",
         "Without the deputy's approval the area case does not start; what he saw when he approved is frozen. An area says who helps, and adds no power to file.",
         "打个电话就抽人，事后说不清谁定的。", "people were taken by a telephone call, and later nobody could say who had decided."),
    Step("room_head@zhongyue/supervision1", "access", "area_case", "熟人回避", "Who knows them stays out",
         "本镇一名干部与被走访户沾亲：提出、决定、理由都在案，他从此查不到这一件。回避没有决定之前，谁也派不出去。",
         "A cadre of the town is kin to a household: who raised it, who decided and why are on record, and he no longer finds the matter. Until it is decided nobody can be sent.",
         "回避看情面。", "staying out was a matter of courtesy."),
    Step("wenshan-secretary", "matter", "dispatch", "派员：两头批，签了承诺才看得到", "Sent: approved on both sides, access after the undertaking",
         "丰登、石溪各出一人：用人的和出人的都批准，本人签了保密承诺，才看得到这一件，也只看得到这一件。",
         "Fengdeng and Shixi each send one person. Both sides approve, he signs the undertaking, and only then sees this matter, and no other.",
         "人来了再补手续，卷宗先传阅。", "the person came first, the papers later, and the file went round.", of="area_case"),
    Step("room_head@zhongyue/supervision1", "matter", "area_case", "半个月查清", "Clear in half a month",
         "十五日的时钟从启动算起。走访 37 户，还差两组；再到 62 户，四十一亩虚报查清。后一次数字顶替前一次，前一次留痕。",
         "A clock of fifteen days runs from the start. 37 households, two groups missing; then 62, and 41 mu of false acreage are clear. The later figure stands, the earlier one is kept.",
         "查到哪里算哪里，数字越报越圆。", "it ended where it ended, and the figures grew rounder with each report.", part="timeline"),
    Step("handler@fengdeng#1", "workbench", "", "人回去，权限当刻终止", "The people go home, access ends at that instant",
         "派出的人归还了，这一件从他的工作台、搜索和记录里一起消失；工作鉴定留下。",
         "The person sent has gone home: the matter is gone from his workbench, his search and his lists at once. His appraisal stays.",
         "借出去的人，几个月后还进得了群、看得到卷。", "months later he was still in the chat group and could open the file."),
    Step("room_head@zhongyue/supervision1", "matter", "case", "县纪委监委依权立案", "The county files under its own powers",
         "事实清楚，由有权的县纪委监委按原有规定立案，从这里开始走自己的审批次序。",
         "The facts are clear; the county commission files under its own powers, and the lawful order of decisions begins here.",
         "谁查的谁说了算。", "whoever had looked into it decided.", of="area_case"),
    Step("yj-analyst", "desk_new", "joint_check", "一个镇查清了，别的镇呢：从授权开始", "One town is clear; and the others? It begins with an authorization",
         "同样的补贴，全市都发。市里专项检查的方案已批准：选模型、选数据、写目的、逐列核准、两人签字，然后才能跑。命中只是疑点，须人来判断。",
         "The same subsidy is paid everywhere. The city's special check has an approved plan: choose a model and data, state the purpose, columns one by one, two signatures; only then it runs. A hit is never a finding until a person has judged it.",
         "把全县的名单拷到一台电脑上筛。", "the whole county's lists were copied to somebody's computer."),
)
TOURS: dict[str, tuple[Step, ...]] = {"call": STEPS, "subsidy": SUBSIDY}


def code_of(who: str) -> str:
    """The code of the person of a step: himself, or whoever of the cast holds the office."""
    from xieli.office.demo.world import cast

    post, _, n = who.partition("#")
    return who if "@" not in who else [p.code for p in cast() if post in p.posts][int(n or 0)]
