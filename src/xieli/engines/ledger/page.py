"""The daily page of seals, for paper: two signatures, the figures in hexadecimal, and the same as a QR code.

The QR code holds a short witness line. Whoever keeps the sheet is a witness: scanned into a file, it goes to `verify --witness`.
"""
from __future__ import annotations

import html
import io
from collections.abc import Sequence
from datetime import date

import segno

from xieli.engines.ledger.seal import Signed

WORDS = {
    "title": ("审计记录每日封存页", "Daily seal page of the ledger of acts"),
    "site": ("单位", "Installation"), "day": ("日期", "Day"), "log": ("日志编号", "Log"), "number": ("封存号", "Seal no."),
    "size": ("记录总行数", "Rows in all"), "added": ("当日新增行数", "Rows of the day"), "seals": ("当日封存数", "Seals of the day"),
    "at": ("封存时间（UTC）", "Sealed at (UTC)"), "root": ("树根", "Root"), "prev": ("前一封存", "Previous seal"),
    "hash": ("本封存摘要", "Hash of this seal"), "key": ("密钥编号", "Key"), "sig": ("签名", "Signature"),
    "how": (
        "保存本页即为见证。日后将二维码内容存为文件，用“核验”命令的见证选项与导出比对。",
        "Whoever keeps this page is a witness. Later, save the code's content as a file and give it to the verifier as a witness.",
    ),
    "hand1": ("审计管理员（签字）", "Audit administrator (signature)"), "hand2": ("见证人（签字）", "Witness (signature)"),
    "none": ("当日没有封存。", "There is no seal of this day."),
}


def _rows(site: str, day: date, seals: Sequence[Signed], before: int) -> list[tuple[str, str]]:
    last = seals[-1]
    s = last.seal
    return [
        ("site", site), ("day", day.isoformat()), ("log", s.log), ("number", str(s.number)), ("size", str(s.size)),
        ("added", str(s.size - before)), ("seals", str(len(seals))), ("at", s.at), ("root", s.root), ("prev", s.prev),
        ("hash", last.hash()), ("key", s.key), ("sig", last.sig.hex()),
    ]


def _grouped(value: str) -> str:
    """Long hexadecimal in groups of eight, so that two people can read it to each other."""
    if len(value) < 64:
        return value
    return " ".join(value[i : i + 8] for i in range(0, len(value), 8))


def _word(key: str, lang: str) -> str:
    return WORDS[key][0 if lang == "zh" else 1]


def text(site: str, day: date, seals: Sequence[Signed], before: int, lang: str = "zh") -> str:
    """The page as plain text. `seals`: the day's, in order; `before`: rows under the last seal of an earlier day."""
    head = f"{_word('title', lang)}\n{'=' * 40}\n"
    if not seals:
        return head + f"{site}  {day.isoformat()}\n{_word('none', lang)}\n"
    body = "".join(f"{_word(k, lang)}: {_grouped(v)}\n" for k, v in _rows(site, day, seals, before))
    line = seals[-1].line(with_leaves=False).decode()
    return f"{head}{body}\n{line}\n\n{_word('how', lang)}\n\n{_word('hand1', lang)}: ____________  {_word('hand2', lang)}: ____________\n"


def page(site: str, day: date, seals: Sequence[Signed], before: int, lang: str = "zh") -> str:
    """The page as one HTML file without any outside reference, A4."""
    title = html.escape(_word("title", lang))
    if seals:
        cells = "".join(
            f"<tr><th>{html.escape(_word(k, lang))}</th><td>{html.escape(_grouped(v))}</td></tr>"
            for k, v in _rows(site, day, seals, before)
        )
        picture = io.BytesIO()
        segno.make(seals[-1].line(with_leaves=False), error="m", micro=False).save(picture, kind="svg", scale=3, xmldecl=False, title=title)
        main = f"<table>{cells}</table><figure>{picture.getvalue().decode()}</figure><p>{html.escape(_word('how', lang))}</p>"
    else:
        main = f"<p>{html.escape(site)} {day.isoformat()}</p><p>{html.escape(_word('none', lang))}</p>"
    hands = "".join(f"<p class=h>{html.escape(_word(k, lang))}：</p>" for k in ("hand1", "hand2"))
    return (
        f'<!doctype html><html lang="{"zh-Hans" if lang == "zh" else "en"}"><meta charset="utf-8"><title>{title}</title><style>'
        "@page{size:A4;margin:18mm}body{font:11pt/1.5 serif}table{border-collapse:collapse;width:100%}"
        "th,td{border:1px solid #444;padding:3px 6px;text-align:left;vertical-align:top}th{width:24%;font-weight:normal}"
        "td{font-family:monospace;overflow-wrap:anywhere}figure{text-align:center;margin:8mm 0}.h{margin-top:12mm}</style>"
        f"<h1>{title}</h1>{main}{hands}</html>\n"
    )
