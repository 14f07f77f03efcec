"""What the gates and the engine refuse, in plain words."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, transaction

from xieli.engines.matching.words import MatchError
from xieli.office.matters.services.errors import Refused, plain_words

GATES = {
    "matching needs an impact assessment": ("no_assessment", "没有个人信息保护影响评估编号，不能碰撞（个人信息保护法第55条）。填写评估编号后再提出。", "Without the number of an impact assessment nothing is matched (Personal Information Protection Law art. 55). Enter it and propose again."),
    "matching needs an approved scope": ("no_scope", "这一事项还不能碰撞：须是初步核实中的线索、已批准的案件，或已批准并附文件的专项。", "This matter may not be matched yet: it must be a lead under verification, an approved case, or an approved programme with its document."),
    "an authorization needs two persons": ("two_persons", "授权书须由两名非操作人签批后才有效。", "The authorization needs the signatures of two persons who do not operate it."),
    "who proposes or operates does not sign": ("operator_signs", "提出人和操作人不能签批自己的授权。", "Who proposes or operates an authorization does not sign it."),
    "a leader of the owning body signs": ("not_a_leader", "须由承办机构的负责人签批。", "A leader of the owning body signs."),
    "this authorization is not waiting for a signature": ("not_waiting", "这份授权书不在待签批状态，或内容已变。", "This authorization is not waiting for a signature, or its content differs."),
    "the authorization has expired": ("expired", "授权书不在有效期内，不能运行。请另行提出授权。", "The authorization is not valid now; nothing was run. Propose another."),
    "no operator of this authorization": ("operator", "您不是这份授权书的操作人。", "You are no operator of this authorization."),
    "the runs of the authorization are used up": ("budget", "授权书允许的运行次数已用完。", "The runs of the authorization are used up."),
    "a trial is made once": ("trial_once", "这份授权下该模型已经试跑过。", "This model has been tried under this authorization."),
    "this run is under way": ("under_way", "这一运行已在排队或进行，不必重复提交。", "This run is queued or under way already."),
    "a tripwire needs a programme authorization": ("no_programme", "布设绊线须有一份有效的专项授权，列明该模型，且您是操作人。", "A tripwire needs a programme authorization in force that names the model and that you operate."),
    "a hit becomes a lead only after a person judged it true": ("unverified_hit", "疑点须经人核定属实并附证据和授权，才能成为线索（个人信息保护法第24条）。", "A hit becomes a lead only after a person judged it true, with its evidence and authorization (Personal Information Protection Law art. 24)."),
}


@contextmanager
def in_words() -> Iterator[None]:
    """Refusals of the gates and of the engine as Refused; what the statement did is undone."""
    try:
        with transaction.atomic():
            yield
    except MatchError as error:
        raise Refused(error.code, error.zh, error.en) from error
    except DatabaseError as error:
        message = (getattr(getattr(error.__cause__, "diag", None), "message_primary", None) or str(error)).strip()
        if message in GATES:
            raise Refused(*GATES[message]) from error
        with plain_words():
            raise
