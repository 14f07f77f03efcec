"""Refusals in plain words, Chinese and English, with a number to quote."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, transaction
from django.utils.translation import get_language

from xieli.engines.playbooks.state import Refusal


class Refused(Exception):
    """An act that was not done: what happened, what was kept, what to do. Nothing was changed."""

    def __init__(self, code: str, zh: str, en: str, others: tuple[Refusal, ...] = ()) -> None:
        super().__init__(f"{zh} / {en}")
        self.code, self.zh, self.en, self.others = code, zh, en, others

    @classmethod
    def because(cls, refusals: tuple[Refusal, ...]) -> Refused:
        """From the engine's refusals; the first is the headline, all are shown."""
        first = refusals[0]
        return cls(first.code, first.zh, first.en, refusals)

    @property
    def sentence(self) -> str:
        """In the reader's language."""
        return self.en if (get_language() or "zh").startswith("en") else self.zh


class NotVisible(Refused):
    """Not visible ≡ not existing: the same words for both."""

    def __init__(self) -> None:
        super().__init__("not_found", "不存在或无权限。", "It does not exist or is not open to you.")


class ProveAgain(Refused):
    """The act needs a proof of identity of the last five minutes (access.require_fresh); the screens lead there and back."""

    def __init__(self) -> None:
        super().__init__("prove_again", "这一步要先再验证一次身份（五分钟内有效）。还没有办理，填写的内容都在。",
                         "This step needs a fresh proof of your identity (valid for five minutes). Nothing was done yet; what you typed is kept.")


# what the database says in English, once, and what a person reads
_SENTENCES: dict[str, tuple[str, str, str]] = {
    "someone else moved this matter first": ("conflict", "别人刚刚先办了这一步，页面已过时。您填的内容已保留，请刷新后再看。",
                                             "Someone else took this step first. What you typed is kept; reload and look again."),
    "the matter is closed": ("closed", "事项已经办结，不能再办理。", "The matter is closed; nothing more can be done on it."),
    "no such move from here": ("not_here", "当前环节没有这一步，不能跳步。", "There is no such step from here; steps cannot be jumped."),
    "that stage is not open": ("not_here", "这一环节没有打开。", "That stage is not open."),
    "not approved": ("not_approved", "尚未批准，不能执行。", "It has not been approved and cannot be executed."),
    "an act cannot lie in the future": ("future", "发生时间不能晚于现在。", "An act cannot lie in the future."),
    "the same request is waiting already": ("duplicate", "同样的请示已经在等待批准。", "The same request is already waiting for approval."),
    "no body of that level is registered": ("no_body", "没有登记相应级别的机关，无法确定审批人。请先登记上级机关。",
                                            "No body of that level is registered, so nobody can approve. Register the superior body first."),
    "neither of two parents is competent alone": ("two_parents", "本机构由两个上级共建：对象的管理机关不在其中一方，或两方都有，无法确定由哪个上级审批，没有提请。请先登记对象的管理机关；仍有争议的，提请协作组协调。",
                                                  "This body has two parents, and the body that manages the person lies with neither or with both, so it cannot be said which parent approves. Nothing was asked. Enter who manages the person; if it stays in dispute, put it to the coordination group."),
    "a collective record is needed first": ("collective_record", "须先有集体研究记录（填写编号）。", "A record of the collective decision is needed first (enter its number)."),
    "no rule says who approves this": ("no_rule", "审批权限表没有写明由谁批准。", "The approval matrix does not say who approves this."),
    "the records cover this span": ("covered", "这一期间已有记录，不能再填期初数。", "The records cover this span; an opening balance is for years before them."),
    "already decided": ("conflict", "已经有人作出决定，页面已过时。", "It has been decided already; this page is out of date."),
    "this place is signed on paper": ("paper", "这一栏由无账号的审批人在纸上签批，请录入纸质签批。", "This place is signed on paper by an approver without an account; enter the paper."),
    "it is another's turn": ("turn", "还没有轮到您，或由他人审批。", "It is another's turn to sign."),
    "nobody approves his own request": ("own_request", "本人不能批准自己的请示。", "Nobody approves his own request."),
    "two places need two persons": ("two_persons", "同一人不能签两栏。", "Two places need two persons."),
    "measures are approved inside the closed zone": ("closed_zone", "措施只能在内网（封闭区）审批。", "Measures are approved only inside the closed zone."),
    "this verdict needs a reason": ("reason_needed", "排除或认定伪造须写明理由。", "Excluding an exhibit, or finding it forged, needs a reason."),
    "a merger needs its document": ("document_needed", "请填写合并的批准文号。", "Enter the number of the document that orders the merger."),
    "bodies of two kinds or ranks do not merge": ("kinds_differ", "两个机构类别或级别不同，不能合并。没有改动。", "Bodies of two kinds or ranks do not merge. Nothing was changed."),
    "a successor is neither the body itself nor below it": ("successor", "承继机构不能是它自己或它的下级。没有改动。", "A body's successor is neither itself nor below it. Nothing was changed."),
    "what the person must be told first was not told": ("guard_rights", "须先告知事实并听取陈述申辩、告知救济途径和期限，才能办理这一步。", "The person must first be told the facts, be heard, and be told remedies and their limits."),
    "a legal term is moved only by the step or the approval that moves it": ("term", "法定期限只随相应环节或审批终止、延长，不能径行改动。",
                                                                             "A legal term is stopped or extended only by the step or the approval that does so."),
    "the form does not bear this step out": ("guard_field", "表单所填与这一步不符，不能办理。", "What the form says does not bear this step out."),
    "whoever handled the original takes no part in its review": ("prior_handling", "您办理过原事项，不得参与复查。", "You handled the original matter and take no part in its review."),
    "a hit becomes a lead only after a person judged it true": ("not_judged", "模型疑点须先由人工核实为真，才能转为线索。", "A model's hit becomes a lead only after a person judged it true."),
    "no such series": ("series", "这不是本事项的编号序列，不能取号。", "That is no series of this matter; no number was drawn."),
    "a refusal needs a reason": ("reason_needed", "不批准须写明理由。", "A refusal needs a reason."),
    "another act is decided first": ("order", "须先办完前一项审批：材料可以并行准备，决定只能依次作出。", "Another act is decided first: papers may be prepared in parallel, decisions come in order."),
    "this signer has an account": ("has_account", "该审批人有账号，请由其本人在系统内审批。", "This signer has an account and decides here himself."),
    "a second clerk confirms": ("second_clerk", "须由另一名工作人员核对确认。", "A second clerk must confirm."),
    "the two clerks read different papers": ("clerks_differ", "两名工作人员录入的纸质签批不一致，请核对原件。", "The two clerks read the paper differently; check the original."),
    "signed before the one who signs first": ("order", "纸质签批时间早于前一签批人，次序不对。", "The paper was signed before the one who signs first."),
    "number, time and verdict of the paper are needed": ("paper_fields", "请填写纸质签批的编号、时间和意见。", "Enter the paper's number, time and verdict."),
    "it is yours already": ("own_body", "事项本来就在该机构。", "The matter is with that body already."),
    "say why the receiver is competent": ("competence_reason", "请写明接收方的管辖理由。", "Say why the receiver is competent."),
    "that body no longer exists": ("body_ended", "该机构已撤并，请选择承继机构。", "That body has been merged; choose its successor."),
    "a hand-over of this matter is under way": ("under_way", "这一事项正在移送途中，请等对方受理或退回。", "A hand-over of this matter is under way; wait for acceptance or return."),
    "the receiver is recused": ("recused", "接收方应当回避，不能移送。", "The receiver is recused; choose another."),
    "that body is recused": ("recused", "该机构应当回避，不能指定。", "That body is recused; choose another."),
    "one more knower is approved here": ("circle_approved", "这件线索在巡察期间移送，严控知悉范围：增加知悉人须由有审批权的负责人决定。没有保存。", "This lead was handed over during a round and its circle is strict: one more knower is decided by who may approve here. Nothing was kept."),
    "limited": ("limited", "对方在此事项上限制参与：只能查看和写记录，不能办理、审批或参加专班。", "That person is limited on this matter: he may read and remark, not handle, approve or join a team."),
    "recused": ("recused", "对方应当回避或回避待决定，不能授予知悉权限。", "That person is recused, or a recusal is waiting for decision; no access can be given."),
    "a return needs a reason": ("reason_needed", "退回须写明理由。", "A return needs a reason."),
    "a redirection needs a receiver and a reason": ("reason_needed", "转办须写明转给谁和理由。", "A redirection needs a receiver and a reason."),
    "redirect to a third body": ("third_body", "转办须转给第三方。", "Redirect to a third body."),
    "custody has reached its limit": ("custody_expired", "羁押性措施已到期：只许释放、变更措施、移送、救治、通知、申诉和补录。",
                                      "Custody has reached its limit: only release, change of measure, transfer, care, notices, complaints and late records are open."),
    "that body holds no power for this measure": ("power", "权限表（机构类别 × 措施）：这项措施只有纪委监委、纪工委（监察室）和派驻机构可以采取。该机构没有这项权限；联合办案不增加任何一方的权力。", "Table of powers (kind of body × measure): only a commission, a working committee or a dispatched unit may take this measure. That body holds no power for it; joining does not add powers."),
    "the measure precedes its approval": ("order", "措施开始时间早于批准时间。", "The measure starts before it was approved."),
    "liuzhi needs the collective record and the superior's approval number": ("gate_liuzhi", "留置须有集体研究记录和上一级批准文号（监察法第47条）。",
                                                                             "Liuzhi needs the collective record and the superior's approval number (Supervision Law art. 47)."),
    "say what it does to the enterprise": ("gate_enterprise", "查封、冻结企业财产须说明对企业经营的影响（监察法第43条）。", "Say what seizing or freezing does to the enterprise (Supervision Law art. 43)."),
    "every minute of a presence has a basis; waiting for an approval is none": ("presence_basis", "到场的每一分钟都要有依据；等待批准不是依据。",
                                                                               "Every minute of a presence has a basis; waiting for an approval is none."),
    "a grant needs a basis": ("basis", "授予知悉权限须有依据。", "A grant needs a basis."),
    "the last who may grant hands over first": ("last_grant", "这是最后一个可以授权的知悉人，须先移交。", "This is the last who may grant; hand over first."),
    "a late record tells what happened before": ("late_record", "补录只用于先前已经发生的事。", "A late record tells what happened before."),
    "a renewal needs a reason": ("reason_needed", "续期须写明理由。没有改动。", "A renewal needs its reason. Nothing was changed."),
    "this access is not renewed": ("not_renewed", "这项授权不能续期：已收回、事项已办结，或到期已满一年。仍有需要的，请重新授权。",
                                   "This access is not renewed: it was withdrawn, the matter is closed, or it ended a year ago. Where there is still a need, grant it anew."),
    "renewed in its last thirty days": ("too_early", "到期前三十日内才能续期。没有改动。", "Access is renewed in its last thirty days. Nothing was changed."),
    "renewed already": ("renewed", "已有人续期。没有改动。", "Somebody has renewed it already. Nothing was changed."),
    "another looks at one's own access": ("own_grant", "涉及本人的授权由别的领导续期。没有改动。", "Access that reaches oneself is renewed by another leader. Nothing was changed."),
    "nobody grants himself": ("own_grant", "不能给自己授权。", "Nobody grants himself access."),
    "a measure is ended or varied, never rewritten": ("rewritten", "措施只能解除或变更，不能改写。", "A measure is ended or varied, never rewritten."),
    "a number is shown for a reason": ("reason_needed", "查看完整证件号码须写明理由（四个字以上）。", "An identity number is shown for a reason (four characters or more)."),
    "a reset needs a reason": ("reason_needed", "重置第二因素须写明理由（四个字以上）。", "A reset needs a reason (four characters or more)."),
    "a circle needs a basis": ("basis", "隔离组变动须写明依据（四个字以上）。没有改动。", "A change of compartment needs a basis (four characters or more). Nothing was changed."),
    "a circle needs a code and a name": ("circle", "请填写隔离组的代号（小写字母、数字、横线）和名称。", "Enter the compartment's code (lower-case letters, digits, hyphens) and name."),
    "a circle is looked at again within a year": ("review", "复核日期须在今天之后、一年之内。", "The review lies after today and within a year."),
    "that code is taken": ("taken", "这个代号已经用过。", "That code is taken."),
    "the circle is closed": ("closed", "隔离组已关闭，不再增加成员和事项。", "The compartment is closed; nobody and nothing more is taken in."),
    "a demo has no accounts": ("demo", "演示环境没有账号。", "A demo has no accounts."),
    "no such account": ("no_account", "此人还没有账号，请先开通。", "This person has no account yet; enrol first."),
    "this identity is linked already": ("linked", "这个统一认证身份已经关联过。", "This identity is linked already."),
    "above the opener's clearance": ("clearance", "密级高于您的权限。", "The level is above your clearance."),
    "the plan has not passed its check": ("unchecked", "该方案未通过独立核验，不能提出。", "The plan has not passed its independent check."),
    "a division does not begin in the past": ("past", "片区划分不能从过去的日期开始。", "A division does not begin in the past."),
    "this version is no longer open": ("conflict", "该版本已经通过或撤回，页面已过时。", "This version was adopted or withdrawn already; the page is out of date."),
    "a later version is in force already": ("conflict", "同日或更晚的版本已经生效，请改生效日期。", "A version of that day or later is in force already; choose a later day."),
    "a plan is not rewritten": ("rewritten", "已结束的计算不能改写，请另行计算。", "A run that ended is not rewritten; ask for another."),
    "a fresh proof is needed": ("prove_again", "请先再验证一次身份（五分钟内有效）。", "Prove your identity again first (valid for five minutes)."),
    "a service is collected by the person responsible": ("service_collector", "个人令牌由本人领取；服务（无账号）的令牌由负责人领取。", "A person collects his own token; a service's (no account) is collected by the person responsible."),
    "a service acts under an agreement": ("agreement_needed", "服务的令牌须写明协议编号。", "A service's token names its agreement."),
    "a token lasts a year at most": ("too_long", "令牌最长一年。", "A token lasts a year at most."),
    "that host is not allowed": ("host_not_allowed", "该主机不在允许的名单里，请系统管理员先添加。", "That host is not on the allowed list; the system administrator adds it first."),
    "a demo sends no mail": ("no_mail", "演示环境不发邮件。", "A demo sends no mail."),
    "a matter is opened for one's own body": ("own_body_only", "只能为本机构登记事项。", "A matter is opened for one's own body."),
}


@contextmanager
def plain_words() -> Iterator[None]:
    """Turn what the database refuses into Refused; the statement's effects are undone, the caller's draft is kept."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        cause = error.__cause__
        diag = getattr(cause, "diag", None)
        message = (getattr(diag, "message_primary", None) or str(error)).strip()
        state = getattr(cause, "sqlstate", "")
        if message in {"not visible", "no session"}:
            raise NotVisible() from error
        if message in _SENTENCES:
            code, zh, en = _SENTENCES[message]
            raise Refused(code, zh, en) from error
        if message.startswith("this installation is not approved for level"):
            raise Refused("level_cap", "本系统未获批准处理该密级，请走线下渠道。", "This installation is not approved for that level; use the channel outside.") from error
        if state == "XL001":
            raise ProveAgain() from error
        if state == "42501":
            raise NotVisible() from error
        if state == "40001":
            raise Refused("conflict", *_SENTENCES["someone else moved this matter first"][1:]) from error
        raise
