"""Acts of administrators."""
from __future__ import annotations

from xieli.engines.ledger import register

register("person.added", {"person": "ref"}, zh="{by} 登记人员 {person}", en="{by} added person {person}")
register("duty.proposed", {"posting": "ref", "person": "ref", "office": "ref"}, zh="{by} 提出 {person} 任 {office}（{posting}）", en="{by} proposed {person} for office {office} ({posting})")
register("duty.confirmed", {"posting": "ref"}, zh="{by} 确认任职 {posting}", en="{by} confirmed duty {posting}")
register("duty.ended", {"posting": "ref"}, zh="{by} 结束任职 {posting}", en="{by} ended duty {posting}")
register("account.enrolled", {"person": "ref"}, zh="{by} 为 {person} 开通账号", en="{by} enrolled {person}")
register("account.disabled", {"person": "ref"}, zh="{by} 停用 {person} 的账号", en="{by} disabled the account of {person}")
register("session.ended", {"session": "ref"}, zh="{by} 结束自己的会话 {session}", en="{by} ended own session {session}")
register("account.linked", {"person": "ref"}, zh="{by} 把统一认证身份关联到 {person}", en="{by} linked an identity at the provider to {person}")
# written by the database itself (sql/0003_signins.sql): who, when, by which factor; no login, no address, no device
register("session.opened", {"factor": "code", "failures": "int"}, zh="{by} 登录（{factor}；此前连续失败 {failures} 次）", en="{by} signed in ({factor}; {failures} failures before)", internal=True)
register("session.left", {}, zh="{by} 退出登录", en="{by} signed out", internal=True)
register("session.all_ended", {"of": "ref", "sessions": "int"}, zh="{of} 的 {sessions} 个会话被结束（{by}）", en="{sessions} sessions of {of} were ended ({by})", internal=True)
register("signin.failing", {"of": "ref", "failures": "int"}, zh="{of} 的账号连续 {failures} 次登录失败（{by}）", en="the account of {of} failed to sign in {failures} times in a row ({by})", internal=True)
register("password.set", {"of": "ref"}, zh="{of} 设置了新密码（{by}）", en="{of} set a new password ({by})", internal=True)
register("factor.enrolled", {"of": "ref", "kind": "code"}, zh="{of} 登记第二因素 {kind}（{by}）", en="{of} enrolled a second factor: {kind} ({by})", internal=True)
register("factor.ended", {"of": "ref", "kind": "code"}, zh="{of} 的第二因素 {kind} 停用（{by}）", en="a second factor of {of} ended: {kind} ({by})", internal=True)
register("identity.opened", {"subject": "ref", "purpose": "text"}, zh="{by} 查看 {matters} 中对象 {subject} 的完整证件号码（{purpose}）", en="{by} opened the identity number of subject {subject} of {matters} ({purpose})", internal=True)
register("factor.reset_asked", {"of": "ref", "reset": "ref"}, zh="{by} 提出重置 {of} 的第二因素（{reset}）", en="{by} asked that the second factor of {of} be reset ({reset})", internal=True)
register("factor.reset", {"of": "ref", "reset": "ref", "asked_by": "ref"}, zh="{by} 同意重置 {of} 的第二因素（{reset}，由 {asked_by} 提出）", en="{by} confirmed the reset of the second factor of {of} ({reset}, asked by {asked_by})", internal=True)
register("factor.reset_refused", {"of": "ref", "reset": "ref"}, zh="{of} 的第二因素不予重置（{reset}，{by}）", en="the second factor of {of} is not reset ({reset}, {by})", internal=True)
register("circle.opened", {"compartment": "ref", "review_on": "date"}, zh="{by} 设立隔离组 {compartment}（{review_on} 复核）", en="{by} opened compartment {compartment} (review on {review_on})", internal=True)
register("circle.reviewed", {"compartment": "ref", "review_on": "date"}, zh="{by} 复核隔离组 {compartment}，下次 {review_on}", en="{by} reviewed compartment {compartment}, next on {review_on}", internal=True)
register("circle.closed", {"compartment": "ref"}, zh="{by} 关闭隔离组 {compartment}", en="{by} closed compartment {compartment}", internal=True)
# written while an installation is set up, before anyone can sign in: by the installer's own connection (server/init.py, server/wizard.py)
register("installation.set_up", {"own": "ref", "bodies": "int", "level_cap": "int", "zone": "code", "calendar": "code", "administrators": "ref*"},
         zh="正式设立：本机构 {own}，机构 {bodies} 个，最高密级 {level_cap}，区域 {zone}，日历 {calendar}，首任管理员 {administrators}（{by}）",
         en="the installation was set up: own body {own}, {bodies} bodies, highest level {level_cap}, zone {zone}, calendar {calendar}, first administrators {administrators} ({by})")
register("installation.code_given", {"of": "ref"}, zh="为 {of} 出具新的一次性口令，此前的作废（{by}）", en="a new one-time code was given for {of}, earlier ones are void ({by})")
register("setup.opened", {}, zh="首次设置页凭服务器显示的口令打开（{by}）", en="the first-run screens were opened with the code that the server showed ({by})")
register("setup.refused", {"tries": "int"}, zh="首次设置页的口令第 {tries} 次输入有误（{by}）", en="a wrong code was entered at the first-run screens, try {tries} ({by})")
register("setup.file_checked", {"sha256": "hash", "bodies": "int", "problems": "int"}, zh="首次设置：核对机构文件 {sha256}，机构 {bodies} 个，问题 {problems} 处（{by}）",
         en="first run: the file of bodies {sha256} was checked: {bodies} bodies, {problems} faults ({by})")
register("setup.answered", {"part": "code"}, zh="首次设置：填写 {part}（{by}）", en="first run: {part} was filled in ({by})")
register("setup.closed", {}, zh="首次设置页永久关闭（{by}）", en="the first-run screens were closed for good ({by})")
