"""Drafting and issuing letters: need-to-know, purpose, number, watermark and event in one transaction."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from xieli.engines.playbooks.model import Label, Series
from xieli.office.audit import record
from xieli.office.documents import facts
from xieli.office.documents.coverage import missing
from xieli.office.documents.letter import Letter, Paragraph
from xieli.office.documents.templates import Template, templates
from xieli.office.documents.typeset import pdf
from xieli.office.documents.word import docx
from xieli.office.ids import to_ref
from xieli.office.matters.services import tasks
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.numbers import next_number
from xieli.office.matters.services.source import ZONE, actor, call, now
from xieli.office.matters.tables.core import Level, Matter
from xieli.office.people.models import Person

PURPOSES = {"serve": Label("送达", "to serve"), "review": Label("审核", "for review"), "file": Label("归档", "for the file"), "hearing": Label("听证、复核", "hearing or review")}
SERIES = Series("letter", Label("文书文号", "letter number"), "{mark}〔{year}〕{n}号", "body")
# 保守国家秘密法（2024 年修订）的最长期限，条号未核实: longest terms in years of the Law on Guarding State Secrets, article number not verified
LONGEST = {Level.CONFIDENTIAL: 10, Level.SECRET: 20, Level.TOP: 30}


@dataclass(frozen=True)
class Made:
    """A finished file."""

    name: str
    content: bytes
    type: str
    number: str


TYPES = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}


def may_take_out(matter: Matter) -> bool:
    """Whether the bound person may carry this matter's papers out of the screen."""
    return bool(call("may", matter.id, "export"))


def marks(matter: Matter, years: int | None) -> tuple[str, ...]:
    """Level ★ term, and urgency. Raises Refused above the installation's level, or for a term that is missing or too long."""
    with connection.cursor() as cursor:
        cursor.execute("select level_cap from access.installation")
        found = cursor.fetchone()
    level = Level(matter.level)
    if level > (found[0] if found else 0):
        raise Refused("level_cap", "此事项密级高于本系统核准的最高密级，不在本系统出文。", "This matter's level is above what this installation is approved for; no letter is made here.")
    urgent = ("特急",) if matter.urgent else ()
    if level not in LONGEST:
        return (str(level.label), *urgent)
    if years is None or not 1 <= years <= LONGEST[level]:
        raise Refused("term", f"{level.label}文书须写明保密期限，1 至 {LONGEST[level]} 年。", f"A letter at this level states its term, 1 to {LONGEST[level]} years.")
    return (f"{level.label}★{years}年", *urgent)


def write(matter: Matter, template: Template, *, chosen: int | None, asked: Mapping[str, str], years: int | None, number: str) -> Letter:
    """The letter's words. Raises Refused for an empty field or a record that is not this matter's."""
    words = {"title": matter.title, "ref": to_ref(matter.id)}
    if template.record:
        found = next((slots for identity, _, slots in facts.records(matter, template.record) if identity == chosen), None)
        if found is None:
            raise Refused("record", f"没有可写入《{template.label.zh}》的记录；请先在事项上办理。", f"The matter holds no record for the {template.label.en}; act on the matter first.")
        words |= found
    for field in template.ask:
        value = asked.get(field.code, "").strip()[:4000]
        if not value:
            raise Refused("empty", f"请填写：{field.label.zh}。", f"Fill in: {field.label.en}.")
        words[field.code] = value
    person = Person.objects.only("name").get(pk=actor().person)
    at = now().astimezone(ZONE)
    issuer = matter.owner_body.name_zh
    return Letter(form=template.form, issuer=issuer, number=number, title=template.title.format_map(words), to=template.to.format_map(words), marks=marks(matter, years),
                  paras=tuple(Paragraph(p["k"], line) for p in template.paras for line in p["t"].format_map(words).splitlines() if line.strip()),
                  head=template.head, widths=template.widths, rows=facts.gates(matter) if template.table else (),
                  signer=issuer, date=facts.long_day(at), watermark=f"{person.name} {at:%Y-%m-%d %H:%M} {to_ref(matter.id)}")


@transaction.atomic
def make(matter: Matter, code: str, *, purpose: str, form: str = "pdf", issue: bool = False, chosen: int | None = None, asked: Mapping[str, str] | None = None,
         years: int | None = None) -> Made:
    """Make one letter of a matter: a draft, or issued with the next number of its body's series and a line on the timeline.

    Raises NotVisible for who may not see the matter, Refused without the right to take papers out (to issue: to write), without a purpose,
    with an empty field, or above the installation's level. A refused letter takes no number.
    """
    template = templates().get(code)
    if template is None or form not in TYPES or not Matter.objects.filter(pk=matter.pk).exists():
        raise NotVisible()
    if not may_take_out(matter) or (issue and not call("may", matter.id, "write")):
        raise Refused("export", "你可以看此事项，但没有出文的权限；请承办人出具。", "You may see this matter but not take papers out of it; ask its handler.")
    if purpose not in PURPOSES:
        raise Refused("purpose", "请选择用途，再打印或印发。", "Choose a purpose before printing or issuing.")
    letter = write(matter, template, chosen=chosen, asked=asked or {}, years=years, number="" if issue else "（草稿）")
    absent = missing(json.dumps(letter.data(), ensure_ascii=False)) if form == "pdf" else ""
    if absent:
        raise Refused("glyph", f"本机字库没有这些字：{absent}。没有出文，也没有取号；请改用 Word 格式，或请管理员安装大字库。",
                      f"No font here draws: {absent}. Nothing was made and no number taken; choose Word, or have a larger font installed.")
    number = ""
    if issue:
        if template.series:
            number = next_number(matter, SERIES)
            letter = Letter(**{**letter.__dict__, "number": number})
        tasks.note(matter, f"{template.label.zh} {number}".strip(), kind=f"letter:{code}")
    content = pdf(letter) if form == "pdf" else docx(letter)
    digest = hashlib.sha256(content).hexdigest()
    if issue:
        record("document.issued", matters=[matter.id], document=code, number=number or None, format=form, purpose=purpose, digest=digest)
    else:
        record("document.printed", matters=[matter.id], document=code, format=form, purpose=purpose, digest=digest)
    return Made(f"{template.label.zh}{number}.{form}", content, TYPES[form], number)
