"""What a file is, by its content; its name only says what it claims to be. Pure."""
from __future__ import annotations

import re
import unicodedata
import zipfile
from pathlib import Path
from typing import BinaryIO

# first bytes → media type (the file formats' own magic numbers)
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"), (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"\xff\xd8\xff", "image/jpeg"), (0, b"GIF8", "image/gif"),
    (0, b"II*\x00", "image/tiff"), (0, b"MM\x00*", "image/tiff"), (0, b"BM", "image/bmp"), (8, b"WEBP", "image/webp"), (4, b"ftyp", "video/mp4"),
    (0, b"ID3", "audio/mpeg"), (0, b"\xff\xfb", "audio/mpeg"), (8, b"WAVE", "audio/wav"), (8, b"AVI ", "video/avi"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"), (0, b"Rar!", "application/vnd.rar"), (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"), (0, b"MZ", "application/x-program"), (0, b"\x7fELF", "application/x-program"), (0, b"#!", "application/x-program"),
)
_INSIDE_ZIP = (("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
               ("ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"), ("OFD.xml", "application/ofd"))
_EXTENSIONS = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "tif": "image/tiff", "tiff": "image/tiff", "bmp": "image/bmp",
    "webp": "image/webp", "mp4": "video/mp4", "mov": "video/mp4", "m4a": "video/mp4", "mp3": "audio/mpeg", "wav": "audio/wav", "avi": "video/avi",
    "doc": "application/x-ole-storage", "xls": "application/x-ole-storage", "ppt": "application/x-ole-storage", "docx": _INSIDE_ZIP[0][1], "xlsx": _INSIDE_ZIP[1][1],
    "pptx": _INSIDE_ZIP[2][1], "ofd": _INSIDE_ZIP[3][1], "zip": "application/zip", "rar": "application/vnd.rar", "7z": "application/x-7z-compressed", "gz": "application/gzip",
    "txt": "text/plain", "csv": "text/plain", "html": "text/html", "htm": "text/html", "svg": "image/svg+xml", "exe": "application/x-program", "sh": "application/x-program",
}
OTHER = "application/octet-stream"
# what a person reads instead of a media type
LABELS = {
    "application/pdf": ("PDF", "PDF"), "text/plain": ("文本", "text"), "application/zip": ("压缩包", "archive"), "application/gzip": ("压缩包", "archive"),
    "application/vnd.rar": ("压缩包", "archive"), "application/x-7z-compressed": ("压缩包", "archive"), "application/x-program": ("程序", "program"), "text/html": ("网页", "web page"),
    "image/svg+xml": ("矢量图", "drawing"), "application/x-ole-storage": ("Office 旧格式", "old Office file"), _INSIDE_ZIP[0][1]: ("Word", "Word"), _INSIDE_ZIP[1][1]: ("Excel", "Excel"),
    _INSIDE_ZIP[2][1]: ("演示文稿", "slides"), "application/ofd": ("OFD 版式文件", "OFD"), OTHER: ("其他", "other"),
}


def label(media: str) -> tuple[str, str]:
    """Chinese and English word for a media type."""
    if media in LABELS:
        return LABELS[media]
    return {"image": ("图片", "picture"), "video": ("视频", "video"), "audio": ("录音", "sound")}.get(media.partition("/")[0], LABELS[OTHER])


def media_of(path: Path) -> str:
    """The media type of a file, from its content alone."""
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _zipped(file)
    for at, magic, media in _MAGIC:
        if head[at:at + len(magic)] == magic:
            return media
    text = _as_text(head)
    if text is None:
        return OTHER
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype html", "<html", "<script", "<body")):
        return "text/html"
    return "image/svg+xml" if "<svg" in start[:400] else "text/plain"


def _zipped(file: BinaryIO) -> str:
    try:
        names = zipfile.ZipFile(file).namelist()[:2000]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return OTHER
    return next((media for part, media in _INSIDE_ZIP if any(n.startswith(part) for n in names)), "application/zip")


def _as_text(head: bytes) -> str | None:
    if b"\x00" in head:
        return None
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # the sample may end inside a character
            try:
                return head[:len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def claims_another(name: str, media: str) -> bool:
    """Whether the name's ending promises another kind of file than the content is."""
    promised = _EXTENSIONS.get(name.rpartition(".")[2].lower()) if "." in name else None
    return (promised is not None and promised != media) or (promised is None and media == "application/x-program")


def safe_name(name: str) -> str:
    """A name that can be shown, listed and saved anywhere: no folders, no control or direction characters, 200 at most."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    text = re.sub(r'[<>:"|?*]', "_", text).strip(" .")
    if len(text) > 200:
        stem, dot, ending = text.rpartition(".")
        text = f"{stem[:199 - len(ending)]}{dot}{ending}" if dot and len(ending) <= 10 else text[:200]
    return text or "未命名"
