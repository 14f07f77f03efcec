"""What is said outside the platform. Every sentence is made from numbers: no name, no title, no number of a matter gets here."""
from __future__ import annotations

SUBJECT = {"zh-hans": "协力：{n} 条通知待阅", "en": "Xieli: {n} notification(s) waiting"}
RED_SUBJECT = {"zh-hans": "协力：法定期限提醒（红）", "en": "Xieli: a statutory deadline is red"}
BODY = {
    "zh-hans": "协力：您有 {n} 条通知待阅。请登录内网查看。\n本邮件不含任何事项内容；不想再收，请在“通知设置”中关闭。\n",
    "en": "Xieli: {n} notification(s) wait for you. Sign in on the inner network to read them.\nThis message carries no content of any matter; turn it off under “How I am told”.\n",
}
RED_BODY = {
    "zh-hans": "协力：您有 {n} 条法定期限红色提醒。请立即登录内网查看。\n本邮件不含任何事项内容；法定红色提醒不受静音和免打扰时段限制。\n",
    "en": "Xieli: {n} statutory deadline(s) of yours are red. Sign in on the inner network now.\nThis message carries no content of any matter; statutory red is neither muted nor held back by quiet hours.\n",
}
# one line for a telephone outside the closed zone; the number counts, it names nothing
PHONE = {"zh-hans": "协力：您有 {n} 件待办{red}，请登录内网查看", "en": "Xieli: {n} item(s) wait for you{red}; sign in on the inner network"}
PHONE_RED = {"zh-hans": "（红）", "en": " (red)"}
DEADLINE = {"zh-hans": "协力：有期限到期", "en": "Xieli: a deadline"}
STATUTORY_DEADLINE = {"zh-hans": "协力：有法定期限到期", "en": "Xieli: a statutory deadline"}
OWED = {"zh-hans": "协力：有一项反馈到期", "en": "Xieli: an answer is owed"}
DEADLINE_NOTE = {"zh-hans": "请登录内网查看。", "en": "Sign in on the inner network."}


def _in(table: dict[str, str], language: str) -> str:
    return table.get(language, table["zh-hans"])


def mail(number: int, red: bool, language: str) -> tuple[str, str]:
    """Subject and text of one message."""
    subject, body = (RED_SUBJECT, RED_BODY) if red else (SUBJECT, BODY)
    return _in(subject, language).format(n=number), _in(body, language).format(n=number)


def phone(number: int, red: bool, language: str) -> str:
    """The line that a telephone outside may show."""
    return _in(PHONE, language).format(n=number, red=_in(PHONE_RED, language) if red else "")


def deadline(kind: str, language: str) -> tuple[str, str]:
    """Summary and note of a calendar entry: `clock`, `statutory` or `owed`, nothing more."""
    return _in({"clock": DEADLINE, "statutory": STATUTORY_DEADLINE, "owed": OWED}[kind], language), _in(DEADLINE_NOTE, language)
