"""What is looked for on a page that axe-core does not look for: Chinese on an English page, ink that paper swallows, and a picture for a person."""
from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
SQUARE = re.compile(r"[、。，：；（）！？《》]")  # between English words nobody wrote these
TALLEST = 2600  # pixels of a picture; what stands below is more of the same
PAPER, ACROSS = 702, 1032  # CSS pixels between the margins of an A4 sheet that stands upright, and of one that lies (registers)
MANY = 6  # of one page's Chinese words that are named, the others are counted
FAINTEST = 3.0  # contrast against white paper below which a copier loses what is written

#: columns that hold our own words, not what people wrote; what is called *_zh has its English beside it
OURS = {
    ("playbook_version", "content"), ("person", "name"), ("release", "content"), ("plan_run", "verdict"), ("plan_run", "progress"),
    ("notification", "fields"), ("drill", "steps"), ("drill", "ranking"), ("match_run", "result"), ("match_hit", "causes"), ("ranking_shown", "result"), ("api_answer", "body"),
    ("match_lead_evidence", "evidence"), ("approval_rule", "basis"), ("clock", "parameters"),
}
SHOWN = """() => {
    const out = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.parentElement;
        if (at && !at.closest("script, style, template, [lang^=zh], .watermark")) { out.push([walker.currentNode.textContent, at.tagName + "." + at.className]); }
    }
    for (const at of document.querySelectorAll("[aria-label], [placeholder], [title], [alt], [data-label]")) {
        if (at.closest("[lang^=zh], .watermark")) { continue; }
        for (const name of ["aria-label", "placeholder", "title", "alt", "data-label"]) {
            if (at.getAttribute(name)) { out.push([at.getAttribute(name), at.tagName + "@" + name]); }
        }
    }
    out.push([document.title, "TITLE"]);
    return out;
}"""
# a browser prints no backgrounds unless told to: whatever is not marked `exact` stands on white
FAINT = """(least) => {
    const part = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const light = colour => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = "#fff"; canvas.fillRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data; return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const out = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
        if (!text || !at || at.closest("script, style, template, option, .watermark") || !at.checkVisibility({opacityProperty: true, visibilityProperty: true})) { continue; }
        const style = getComputedStyle(at), colour = at instanceof SVGElement ? style.fill : style.color;
        if (style.printColorAdjust === "exact" || colour === "none" || at instanceof SVGElement && getComputedStyle(at.ownerSVGElement || at).printColorAdjust === "exact") { continue; }
        const ratio = 1.05 / (light(colour) + 0.05);
        if (ratio < least) { out.set(at.tagName + "." + (at.className.baseVal ?? at.className), `${text.slice(0, 30)} ${colour} ${ratio.toFixed(1)}`); }
    }
    return [...out].map(([k, v]) => `${k}: ${v}`);
}"""


def written(admin: Any) -> str:
    """All that people wrote in this world, one text: titles, reasons, answers, names of subjects, numbers of documents."""
    rows = admin.execute(
        "select n.nspname, c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relkind = 'r' and n.nspname in ('public', 'reporters', 'access') and a.atttypid in ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype) and a.attname not like '%\\_zh'").fetchall()
    found: set[str] = set()
    for space, table, column in rows:
        if (table, column) not in OURS:
            for (text,) in admin.execute(f'select distinct "{column}"::text from {space}."{table}" where "{column}"::text ~ \'[一-龥]\''):
                found.update(CJK.findall(text))
    for (name,) in admin.execute("select name from person where name_en = ''"):
        found.update(CJK.findall(name))  # nobody wrote this name in letters
    return "\n".join(sorted(found))


def chinese(page: Any, people_wrote: str) -> list[str]:
    """Chinese on an English page that nobody wrote, with the place where it stands."""
    out = {}
    for text, place in page.evaluate(SHOWN):
        for run in CJK.findall(text):
            if run not in people_wrote:
                out.setdefault(run, place)
        if SQUARE.search(text) and not CJK.search(text):
            out.setdefault(text.strip()[:30], place)
    return [f"Chinese: {run} in {place}" for run, place in list(out.items())[:MANY]] + ([f"Chinese: {len(out) - MANY} more"] if len(out) > MANY else [])


def on_paper(page: Any, width: int) -> list[str]:
    """What paper would lose: text too faint for white, and a page wider than a sheet. The window has its width again afterwards."""
    page.emulate_media(media="print")
    lies = page.evaluate("getComputedStyle(document.querySelector('main')).page") == "wide"
    page.set_viewport_size({"width": ACROSS if lies else PAPER, "height": 1000})
    found = [f"faint on paper: {line}" for line in page.evaluate(FAINT, FAINTEST)]
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        found.append(f"{wider} px wider than a sheet of paper")
    page.emulate_media(media="null")  # as the browser has it: a sheet is printed as paper, not as a screen
    page.set_viewport_size({"width": width, "height": 900})
    return found


def picture(page: Any, name: str) -> None:
    """A picture of the page for a person, when one is wanted (XIELI_PICTURES names the folder)."""
    if folder := os.environ.get("XIELI_PICTURES"):
        width = page.viewport_size["width"]
        high = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": max(high, 300)})
        page.screenshot(path=_file(folder, f"{name}.png"))
        page.set_viewport_size({"width": width, "height": 900})


def sheet(page: Any, name: str) -> None:
    """The printed first sheet, when pictures are wanted."""
    if folder := os.environ.get("XIELI_PICTURES"):
        page.pdf(path=_file(folder, f"{name}.pdf"), prefer_css_page_size=True, format="A4", page_ranges="1")


def note(name: str, lines: list[str]) -> None:
    """What was found on a page, beside its picture: a long run is read while it goes on."""
    if (folder := os.environ.get("XIELI_PICTURES")) and lines:
        with _file(folder, "faults.txt").open("a", encoding="utf-8") as file:
            file.writelines(f"{name}: {line}\n" for line in lines)


def _file(folder: str, name: str) -> Path:
    path = Path(folder) / re.sub(r"[^\w.@-]", "-", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# Chromium breaks 2026-03-17 after a hyphen; a number or a date that stands on two lines is read as two
BROKEN = r"""() => {
    const out = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (walker.nextNode()) {
        const node = walker.currentNode, at = node.parentElement;
        if (!at || at.closest("script, style, template, option, textarea, code, pre, .mono, .watermark, svg") || !at.checkVisibility()) { continue; }
        for (const found of node.textContent.matchAll(/\d{4}-\d\d-\d\d|\b\d\d-\d\d\b|\d+(?:[.,:]\d+)+%?|\d{3,}/g)) {
            range.setStart(node, found.index); range.setEnd(node, found.index + found[0].length);
            const lines = new Set(Array.from(range.getClientRects()).filter(r => r.width > 0.5).map(r => Math.round(r.top)));
            if (lines.size > 1) { out.set(at.tagName + "." + at.className, found[0]); }
        }
    }
    return [...out].map(([k, v]) => `${v} on two lines in ${k}`);
}"""
SMALL = r"""() => {
    const out = new Map();
    for (const at of document.querySelectorAll("h1, h2, h3, h4, th, caption, legend, summary, button, .button")) {
        const text = at.textContent.trim(), box = getComputedStyle(at).display.endsWith("flex") && at.firstElementChild || at, style = getComputedStyle(box);
        if (!/^[a-z]/.test(text) || at.closest(".watermark") || !at.checkVisibility()) { continue; }
        if (!/^(block|inline-block|table-cell|table-caption|list-item|flow-root)$/.test(style.display) || getComputedStyle(box, "::first-letter").textTransform !== "uppercase") {
            out.set(at.tagName + "." + at.className, text.slice(0, 40));
        }
    }
    return [...out].map(([k, v]) => `begins small: ${v} in ${k}`);
}"""


def broken(page: Any) -> list[str]:
    """Dates and numbers that stand on two lines."""
    return list(page.evaluate(BROKEN))


def small(page: Any) -> list[str]:
    """English headings, headers of columns and buttons that begin with a small letter."""
    return list(page.evaluate(SMALL))
