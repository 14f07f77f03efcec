"""The closed vocabulary: every guard and every effect a playbook may name, with the type of each argument.

A guard or an effect that is not in these tables cannot be written; adding one means adding its evaluator
(guards.py) or its executor (office/matters) as well. The published JSON Schema is made from these tables.
"""
from __future__ import annotations

from dataclasses import dataclass, field

STAGE_KINDS = ("task", "decision", "split", "join", "wait", "end")
MOVE_KINDS = ("forward", "return", "redo", "cancel")
SOURCES = ("law", "local", "ours")
UNITS = ("hour", "day", "working_day", "month", "quarter", "year")
ON_EXPIRY = ("warn", "escalate", "must_release")
LEVELS = ("open", "internal", "work_secret", "confidential", "secret", "top_secret")
ACTS = ("read", "read_brief", "write", "advise", "approve", "hand_over", "print", "manage_grants")
RANKS = ("national", "province", "prefecture", "county", "town")
FIELD_TYPES = (
    "text", "longtext", "integer", "money", "boolean", "date", "datetime", "choice", "choices",
    "person", "body", "area", "document", "exhibit", "matter", "table", "computed",
)
COMPUTED = ("sum", "weighted", "difference", "count", "days_between", "mean", "share", "lookup", "deduct")
#: what a form may take from the records of other matters (`record.name`): counted by the office at the moment of handing in, never typed
RECORDS = {
    "unit_relapsed": ("该单位销号后反弹的问题数", "problems of this unit that relapsed after sign-off"),
    "evidence_reused": ("已用于其他问题的佐证材料数", "pieces of evidence that another problem already used"),
    "text_copied": ("与其他问题雷同的整改说明数", "accounts that repeat one of another problem"),
    "near_visits": ("近期另有检查到访的单位数", "units that another check visits soon"),
    "unit_leaders": ("当日在任班子成员数", "leaders of the unit in post on that day"),
    "tagged_cases": ("带此标签的案件数", "cases with this tag"),
    "items_open": ("发现而尚未整改的问题数", "problems found and not yet put right"),
    "tasks_given": ("已交办事项数", "tasks given"),
    "tasks_done": ("已办结事项数", "tasks done"),
    "lent_over": ("超出借用上限的人数", "people lent over the quota"),
    "round_handed": ("本轮移交的线索数", "leads handed over in this round"),
    "round_rectified": ("本轮已整改的问题数", "findings of this round put right"),
    "evidence_incomplete": ("已取而要素不全的证据项数", "items of evidence obtained without origin, date or two officers"),
    "identities_found": ("文本里可辨识的身份数", "identities that the text gives away"),
    "rounds_overlapping": ("同期已在其他轮次的单位数", "units that another round visits in the same days"),
    "postings_overlapping": ("此人同期的其他派出数", "other postings of this person in the same time"),
    "publications_missing": ("未双公开的已销号问题数", "signed-off problems without both publications"),
    "order_misdirected": ("越过统筹层级的交办数", "orders that pass over a level of co-ordination"),
    "list_duplicates": ("清单中重复的问题数", "problems that stand twice in the list"),
    "list_left_out": ("部门清单中没有并入的问题数", "problems of the departments' lists that were left out"),
    "director_unfit": ("人选不是本片区在岗且评为优秀的监督员", "the one chosen is no supervisor in post who is rated excellent"),
    "directors_sitting": ("人选所在片区现任主任数", "directors that the area of the one chosen has"),
    "department_of_law": ("接收方不是该法主管部门（是为 1）", "receiver that is not the department the law names (1 if so)"),
    "products_missing": ("三项成果中尚缺的项数", "of the three products, those still missing"),
}
FORMATS = ("document_number", "id_number", "phone", "credit_code")
#: classes of acts; only the first three may be started by word of mouth (DESIGN §3)
ACT_CLASSES = (
    "travel", "planning", "green_channel", "disposal", "designation", "filing", "query", "measure", "release",
    "disclosure", "staffing", "handover", "sanction", "remedy", "recusal", "closing", "publication", "other",
)
ORAL_CLASSES = frozenset({"travel", "planning", "green_channel"})
OFFICES = ("room_head", "deputy_leader", "head", "party_secretary", "collective", "superior_head", "duty_officer")
STEP_LEVELS = ("own", "partner", "next_up", "province", "national", "common_superior", "other")

#: bodies every matter has without declaring them
BUILT_IN_PARTIES = {
    "owner": ("主办机构", "lead body"),
    "superior": ("上一级机关", "next level up"),
    "subject_unit": ("所在单位", "the subject's unit"),
}
#: who can be told or alarmed without being a role of the playbook
ADDRESSEES = {
    "head": ("本机关主要负责人", "head of the body"),
    "superior_head": ("上一级机关主要负责人", "head of the superior body"),
    "internal_supervision": ("干部监督室", "internal-supervision room"),
    "case_management": ("案管室", "case-management room"),
    "duty_officer": ("值班负责人", "duty officer"),
    "subject": ("本人", "the person concerned"),
    "family": ("家属", "family"),
    "employer": ("所在单位", "employer"),
    "reporter": ("反映人", "reporting person"),
    "resident_organ": ("驻在纪检监察机构", "resident organ"),
    "line_superior": ("主管部门", "line superior"),
    "party_committee": ("党委（党组）主要负责人", "party committee secretary"),
    "sender": ("移送方", "sender"),
    "team": ("专案组成员", "members of the team"),
}
SUBJECT_ATTRIBUTES = {
    "dual_managed": "boolean", "party_member": "boolean", "public_official": "boolean", "central_unit": "boolean",
    "heads_lower_body": "boolean", "peer_of_committee": "boolean", "own_head": "boolean", "enterprise": "boolean",
    "managed_by": RANKS,
}
RELATIONS = ("same", "different", "superior", "subordinate", "common_superior", "not_subject_unit")

VALUE_OPERATORS = ("is", "is_not", "in", "not_in", "lt", "le", "gt", "ge", "has", "present", "absent")
#: which operators make sense for which field type
OPERATORS_BY_TYPE: dict[str, frozenset[str]] = {
    **{t: frozenset({"present", "absent"}) for t in ("text", "longtext", "person", "body", "area", "document", "exhibit", "matter")},
    **{t: frozenset({"is", "is_not", "in", "not_in", "lt", "le", "gt", "ge", "present", "absent"}) for t in ("integer", "money", "computed")},
    **{t: frozenset({"lt", "le", "gt", "ge", "is", "present", "absent"}) for t in ("date", "datetime")},
    "boolean": frozenset({"is", "present", "absent"}),
    "choice": frozenset({"is", "is_not", "in", "not_in", "present", "absent"}),
    "choices": frozenset({"has", "present", "absent"}),
    "table": frozenset({"present", "absent", "ge", "le"}),  # number of rows
}


@dataclass(frozen=True)
class Arg:
    """One argument: `kind` says what it must name (a clock, a role, …) or hold."""

    kind: str
    required: bool = True
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Word:
    """A guard or an effect: its arguments and how it reads aloud; `{name}` stands for an argument's label."""

    args: dict[str, Arg]
    zh: str
    en: str
    values: bool = False  # takes exactly one of VALUE_OPERATORS
    outside: bool = True  # depends on the world (context), not only on the forms
    extra: dict[str, str] = field(default_factory=dict)


def _one(kind: str, *options: str) -> Arg:
    return Arg(kind, True, options)


def _opt(kind: str, *options: str) -> Arg:
    return Arg(kind, False, options)


GUARDS: dict[str, Word] = {
    "field": Word({"of": _one("field"), "each": _opt("party"), "some": _opt("party")}, "表单“{of}”{value}", "form “{of}” {value}", values=True, outside=False),
    "approved": Word({"act": _one("act")}, "“{act}”已经批准", "“{act}” has been approved"),
    "refused": Word({"act": _one("act")}, "“{act}”未获批准", "“{act}” has been refused"),
    "clock": Word({"code": _one("clock"), "is": _one("enum", "not_started", "running", "suspended", "expired", "stopped", "not_expired")}, "“{code}”{is}", "“{code}” {is}"),
    "slots": Word({"of": _one("composition")}, "“{of}”人员已经配齐", "“{of}” is fully composed"),
    "votes": Word({"of": _one("composition"), "by": _one("enum", "all", "majority", "chair")}, "“{of}”{by}同意", "{by} of “{of}” agreed"),
    "recusal": Word({"of": _one("ref"), "is": _one("enum", "clear")}, "“{of}”已经作回避审查且无须回避", "recusal has been checked for “{of}” and nobody is barred"),
    "product": Word({"code": _one("product")}, "已有“{code}”", "“{code}” exists"),
    "document": Word({"code": _one("document"), "is": _one("enum", "drafted", "issued", "signed", "served")}, "文书“{code}”{is}", "the document “{code}” is {is}"),
    "children": Word({"kind": _one("kind"), "are": _one("enum", "none", "none_open", "all_closed", "some_open", "some_closed", "last"), "outcome": _opt("word")}, "子事项“{kind}”{are}{outcome}", "sub-matters “{kind}”: {are} {outcome}"),
    "feedback": Word({"of": _one("feedback"), "is": _one("enum", "given", "given_or_waived")}, "“{of}”{is}", "“{of}” has been {is}"),
    "competence": Word({"is": _one("enum", "recorded")}, "管辖依据已经登记", "the basis of competence is recorded"),
    "parent": Word({"kind": _opt("kind"), "passed": _one("word")}, "上级事项已经过“{passed}”", "the parent matter has passed “{passed}”"),
    "people": Word({"role": _one("role"), "at_least": _one("count")}, "“{role}”不少于 {at_least} 人", "at least {at_least} persons as “{role}”"),
    "subject": Word({"attribute": _one("enum", *SUBJECT_ATTRIBUTES)}, "对象{attribute}{value}", "subject: {attribute} {value}", values=True),
    "body": Word({"party": _one("party"), "attribute": _one("enum", "rank", "kind", "area")}, "“{party}”{attribute}{value}", "{attribute} of “{party}” {value}", values=True),
    "relation": Word({"of": _one("party"), "to": _one("party"), "is": _one("enum", *RELATIONS)}, "“{of}”与“{to}”的关系为{is}", "“{of}” is {is} with respect to “{to}”"),
    "passed": Word({"stage": _one("stage")}, "已经过“{stage}”", "“{stage}” has been passed", outside=False),
    "not_passed": Word({"stage": _one("stage")}, "未经过“{stage}”", "“{stage}” has not been passed", outside=False),
    "times": Word({"move": _one("move"), "fewer_than": _one("count")}, "“{move}”少于 {fewer_than} 次", "“{move}” taken fewer than {fewer_than} times", outside=False),
    "fact": Word({"code": _one("word")}, "事实 {code} {value}", "fact {code} {value}", values=True),
    "files": Word({"are": _one("enum", "listed", "matching")}, "案卷清单{are}", "the list of files: {are}"),
    "evidence": Word({"at_least": _one("count")}, "佐证材料不少于 {at_least} 件", "at least {at_least} pieces of evidence attached"),
    "authorization": Word({"is": _one("enum", "valid")}, "数据碰撞授权有效", "a matching authorization is in force"),
    "presence": Word({"is": _one("enum", "none_open", "basis_current")}, "{is}", "{is}"),
    "posting": Word({"of": _one("role"), "is": _one("enum", "over")}, "“{of}”的派员期{is}", "the posting of “{of}” is {is}"),
    "rights": Word({"told": _one("enum", "rights_sheet", "remedies", "notice_and_hearing")}, "已告知{told}", "{told} given to the person"),
    "level": Word({"at_most": _one("level")}, "密级不高于 {at_most}", "level at most {at_most}"),
}

#: `link` of spawn_matter: a child stands under this matter; a follow_up takes this one's place under the same parent;
#: a derived matter has a life of its own and keeps its origin; a counterpart stands beside this one under its parent.
EFFECTS: dict[str, Word] = {
    "open_grant": Word({"to": _one("ref"), "acts": _one("acts"), "because": _opt("act"), "until": _opt("clock"), "scope": _opt("enum", "matter", "brief", "extract", "task")}, "授予“{to}”知悉权限", "grant “{to}” access"),
    "close_grant": Word({"to": _one("ref")}, "终止“{to}”知悉权限", "end the access of “{to}”"),
    "move_ownership": Word({"to": _one("party")}, "主办转为“{to}”", "ownership moves to “{to}”"),
    "start_clock": Word({"clock": _one("clock")}, "起算“{clock}”", "start “{clock}”"),
    "stop_clock": Word({"clock": _one("clock")}, "终止“{clock}”", "stop “{clock}”"),
    "suspend_clock": Word({"clock": _one("clock"), "ground": _opt("word")}, "中止“{clock}”", "suspend “{clock}”"),
    "resume_clock": Word({"clock": _one("clock")}, "恢复“{clock}”", "resume “{clock}”"),
    "extend_clock": Word({"clock": _one("clock"), "ground": _one("word"), "act": _one("act")}, "延长“{clock}”", "extend “{clock}”"),
    "restart_clock": Word({"clock": _one("clock"), "ground": _one("word"), "act": _one("act")}, "重新计算“{clock}”", "restart “{clock}”"),
    "spawn_matter": Word({"kind": _one("kind"), "link": _one("enum", "child", "follow_up", "derived", "counterpart"), "owner": _opt("party"), "per": _opt("party"), "rows_of": _opt("field"), "every": _opt("period"), "fill": _opt("fill")}, "产生“{kind}”", "open a “{kind}”"),
    "cancel_children": Word({"kind": _one("kind")}, "撤销未办结的“{kind}”", "cancel open “{kind}”"),
    "reopen_matter": Word({"which": _one("enum", "origin", "parent")}, "原事项重新打开", "reopen the original matter"),
    "report_to_parent": Word({"outcome": _one("outcome")}, "结果报上级事项", "report the result to the parent matter"),
    "require_product": Word({"product": _one("product")}, "须产出“{product}”", "require “{product}”"),
    "notify": Word({"who": _one("refs"), "what": _one("message"), "content": _opt("enum", "full", "masked", "none")}, "通知{who}：{what}", "tell {who}: {what}"),
    "record_outcome": Word({"outcome": _one("outcome"), "on": _opt("field"), "given": _opt("field")}, "记录结果“{outcome}”", "record the outcome “{outcome}”"),
    "record_fact": Word({"code": _one("word"), "from": _one("field")}, "登记事实 {code}", "record the fact {code}"),
    "open_feedback_duty": Word({"duty": _one("feedback")}, "产生反馈责任“{duty}”", "open the duty “{duty}”"),
    "close_feedback_duty": Word({"duty": _one("feedback")}, "了结反馈责任“{duty}”", "discharge the duty “{duty}”"),
    "alarm": Word({"who": _one("refs"), "why": _one("message"), "until": _opt("enum", "acknowledged", "lawful_exit")}, "警示{who}：{why}", "alarm {who}: {why}"),
    "draft_document": Word({"document": _one("document")}, "拟“{document}”，待人签发", "draft “{document}”, for somebody to issue"),
    "issue_document": Word({"document": _one("document")}, "制发“{document}”", "issue “{document}”"),
    "number": Word({"series": _one("series")}, "编号“{series}”", "number it in “{series}”"),
    "mark_exhibit": Word({"exhibit": _one("field"), "verdict": _one("field")}, "标注证据结论，并提示所有依赖它的事项", "mark the exhibit and flag everything that relied on it"),
    "open_presence": Word({"person": _one("field"), "basis": _one("word")}, "到场计时开始（依据 {basis}）", "presence clock opens on basis {basis}"),
    "change_presence_basis": Word({"basis": _one("word")}, "到场依据变更为 {basis}", "the basis of presence becomes {basis}"),
    "close_presence": Word({}, "到场计时结束", "presence clock closes"),
    "arm_custody_gate": Word({"clock": _one("clock")}, "到期闸门生效：到期后只许释放、变更、移送、救治、告知和申诉", "arm the custody gate: at expiry only release, change, transfer, care, notices and complaints"),
    "begin_measure": Word({}, "登记措施开始执行", "record that the measure begins"),
    "end_measure": Word({}, "登记措施解除", "record that the measure ends"),
    "disarm_custody_gate": Word({"clock": _one("clock")}, "到期闸门解除", "disarm the custody gate"),
    "bar_grants": Word({"of": _one("field")}, "决定前不再新授予其知悉权限", "no new access for that person until decided"),
    "lift_bar": Word({"of": _one("field")}, "恢复授权", "lift the bar"),
    "record_recusal": Word({"of": _one("field"), "as": _one("enum", "recused", "limited", "cleared")}, "登记回避结论：{as}", "record recusal: {as}"),
    "start_posting": Word({"person": _one("field"), "role": _one("role"), "from": _opt("field"), "to": _opt("field")}, "派员到岗为“{role}”", "the posting as “{role}” begins"),
    "end_posting": Word({"person": _one("field")}, "派员结束，权限即止", "the posting ends and all its access with it"),
    "hand_up_sealed": Word({"to": _one("party")}, "密封上报，本级不留内容，只留收据", "sealed hand-up: nothing is kept here but a receipt"),
}

#: what the enumerated words of guards look like on paper
WORDS: dict[str, tuple[str, str]] = {
    "not_started": ("尚未起算", "has not begun"), "running": ("正在计算", "is running"), "suspended": ("已中止", "is suspended"),
    "expired": ("已届满", "has run out"), "stopped": ("已终止", "is stopped"), "not_expired": ("未届满", "has not run out"),
    "all": ("全体", "all"), "majority": ("过半数", "a majority"), "chair": ("负责人", "the chair"),
    "clear": ("无须回避", "clear"), "drafted": ("已拟制", "drafted"), "issued": ("已制发", "issued"), "signed": ("已签字", "signed"),
    "served": ("已送达", "served"), "none_open": ("没有正在进行的到场", "nobody is being kept for a talk"),
    "given": ("已反馈", "given"), "given_or_waived": ("已反馈或已记录免除理由", "given, or waived with a reason"),
    "recorded": ("已登记", "recorded"), "listed": ("已列明", "listed"), "matching": ("核对一致", "checked and matches"), "valid": ("有效", "in force"),
    "over": ("已满", "over"), "basis_current": ("到场都有现行依据", "every presence has a basis in force"), "rights_sheet": ("权利义务告知书", "the rights sheet"), "remedies": ("救济途径和期限", "remedies and time limits"),
    "notice_and_hearing": ("拟处分事实并听取陈述申辩", "notice and hearing"), "same": ("同一机构", "the same"), "different": ("不同机构", "different"),
    "superior": ("上级", "superior"), "subordinate": ("下级", "subordinate"), "common_superior": ("共同上级", "the common superior"),
    "not_subject_unit": ("不是对象所在单位", "not the subject's unit"), "rank": ("级别", "rank"), "kind": ("性质", "kind"),
    "recused": ("应当回避", "recused"), "limited": ("限制参与", "limited"), "cleared": ("无须回避", "cleared"),
    "true": ("是", "yes"), "false": ("否", "no"),
    "national": ("国家级", "national"), "province": ("省级", "provincial"), "prefecture": ("地市级", "prefectural"), "county": ("县级", "county"), "town": ("乡镇级", "town"),
    "open": ("公开", "open"), "internal": ("内部", "internal"), "work_secret": ("工作秘密", "work secret"), "confidential": ("秘密", "confidential"), "secret": ("机密", "secret"), "top_secret": ("绝密", "top secret"),
    "area": ("片区类别", "kind of area"), "central_units": ("央地协作片区", "area of centrally-run units"), "townships": ("乡镇协作片区", "area of towns"), "villages": ("村级片区", "area of villages"), "cooperation": ("协作区", "cooperation area"),
    "commission": ("纪委监委", "commission"), "working_committee": ("纪工委（监察室）", "working committee"), "dispatched_unit": ("派驻（出）机构", "dispatched unit"), "resident_organ": ("驻在机构", "resident organ"),
    "central_unit": ("垂管单位", "centrally-run unit"), "inspection_office": ("巡察机构", "inspection office"), "line_department": ("职能部门", "line department"), "town_committee": ("乡镇（街道）纪委", "town committee"),
    "compelled_appearance": ("强制到案", "compelled appearance"), "guanhu": ("管护", "guanhu"), "liuzhi": ("留置", "liuzhi"), "custody_decision": ("已决定管护或留置", "guanhu or liuzhi decided"),
    "walk_in_talk": ("走读式谈话（自愿到场）", "talk without custody (came of his own will)"), "witness": ("询问证人", "questioning of a witness"),
}

#: what is said of the subject when the answer is yes, and when it is no
SUBJECT_WORDS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "dual_managed": (("对象是双管干部", "the subject is dual-managed"), ("对象不是双管干部", "the subject is not dual-managed")),
    "party_member": (("对象是党员", "the subject is a party member"), ("对象不是党员", "the subject is no party member")),
    "public_official": (("对象是公职人员", "the subject is a public official"), ("对象不是公职人员", "the subject is no public official")),
    "central_unit": (("对象是中央单位人员", "the subject belongs to a centrally-run unit"), ("对象不是中央单位人员", "the subject does not belong to a centrally-run unit")),
    "heads_lower_body": (("对象是下一级党组织主要负责人", "the subject heads a lower party body"), ("对象不是下一级党组织主要负责人", "the subject does not head a lower party body")),
    "peer_of_committee": (("对象是同级党委委员等", "the subject sits on the committee of the same level"), ("对象不是同级党委委员等", "the subject does not sit on the committee of the same level")),
    "own_head": (("对象是本机关主要负责人", "the subject is the head of this body"), ("对象不是本机关主要负责人", "the subject is not the head of this body")),
    "enterprise": (("对象是企业", "the subject is an enterprise"), ("对象不是企业", "the subject is no enterprise")),
}
RELATION_WORDS: dict[str, tuple[str, str]] = {
    "same": ("“{of}”就是“{to}”", "“{of}” is also “{to}”"), "different": ("“{of}”不是“{to}”", "“{of}” is not “{to}”"),
    "superior": ("“{of}”是“{to}”的上级", "“{of}” stands above “{to}”"), "subordinate": ("“{of}”是“{to}”的下级", "“{of}” stands below “{to}”"),
    "common_superior": ("“{of}”是“{to}”的共同上级", "“{of}” is the common superior of “{to}”"), "not_subject_unit": ("“{of}”不是对象所在单位", "“{of}” is not the subject's own unit"),
}
