"""Translations: what the code says against what the catalogues know, and the compiled files.

Msgids are English. `locale/zh_Hans/LC_MESSAGES/<module>.po` holds one module's Simplified Chinese;
Traditional is derived from it (OpenCC, Hong Kong). The compiled `django.mo` files are made at
set-up and not committed. Done in Python, so that no gettext programs are needed.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import polib
from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

from lingnan.kernel.text import to_traditional

KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
Key = tuple[str | None, str]


def said(package: Path) -> dict[Key, str]:
    """Every translatable message of the code: (context, msgid) -> where it stands first."""
    found: dict[Key, str] = {}
    for path in sorted(package.rglob("*.py")):
        if "/migrations/" in str(path) or "/tests/" in str(path):
            continue
        for line, key in _messages(path.read_bytes()):
            found.setdefault(key, f"{path.relative_to(package)}:{line}")
    for pattern in ("*.html", "*.txt"):
        for path in sorted(package.rglob(f"templates/**/{pattern}")):
            source = templatize(path.read_text(), origin=str(path))
            for line, key in _messages(source.encode()):
                found.setdefault(key, f"{path.relative_to(package)}:{line}")
    return found


def _messages(source: bytes) -> Iterator[tuple[int, Key]]:
    if b"gettext" not in source and b"_(" not in source:
        return
    for line, function, messages, _comments in extract_python(
        io.BytesIO(source), KEYWORDS, [], {"encoding": "utf-8"}
    ):
        texts = messages if isinstance(messages, tuple) else (messages,)
        if not texts or not isinstance(texts[0], str) or not texts[0]:
            continue
        if function in {"pgettext", "pgettext_lazy"} and len(texts) > 1 and texts[1]:
            yield line, (texts[0], texts[1])
        else:
            yield line, (None, texts[0])


def known(locale: Path) -> dict[Key, polib.POEntry]:
    """Every translation of the catalogues of Simplified Chinese."""
    found: dict[Key, polib.POEntry] = {}
    for path in sorted((locale / "zh_Hans" / "LC_MESSAGES").glob("*.po")):
        for entry in polib.pofile(str(path)):
            if entry.translated() or (entry.msgstr_plural and all(entry.msgstr_plural.values())):
                found[entry.msgctxt, entry.msgid] = entry
    return found


def missing(package: Path) -> dict[Key, str]:
    """What the code says and no catalogue translates."""
    translated = known(package / "locale")
    return {key: place for key, place in said(package).items() if key not in translated}


def disagreements(package: Path) -> list[str]:
    """Messages that two catalogues translate differently: one would silently win everywhere."""
    first: dict[Key, tuple[str, str]] = {}
    found = []
    for path in sorted((package / "locale" / "zh_Hans" / "LC_MESSAGES").glob("*.po")):
        for entry in polib.pofile(str(path)):
            key = (entry.msgctxt, entry.msgid)
            text = entry.msgstr or "|".join(entry.msgstr_plural.values())
            module, earlier = first.setdefault(key, (path.stem, text))
            if earlier != text:
                found.append(f"{entry.msgid!r}: {module} {earlier!r}, {path.stem} {text!r}")
    return found


def compile_all(package: Path) -> None:
    """Write django.mo for both Chinese scripts; English is the msgids."""
    locale = package / "locale"
    entries = known(locale)
    for folder, convert in (("zh_Hans", str), ("zh_Hant", to_traditional)):
        catalogue = polib.POFile()
        catalogue.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Plural-Forms": "nplurals=1; plural=0;",
        }
        for entry in entries.values():
            catalogue.append(
                polib.POEntry(
                    msgctxt=entry.msgctxt,
                    msgid=entry.msgid,
                    msgstr=convert(entry.msgstr) if entry.msgstr else "",
                    msgid_plural=entry.msgid_plural or "",
                    msgstr_plural={
                        number: convert(text) for number, text in entry.msgstr_plural.items()
                    },
                    flags=list(entry.flags),
                )
            )
        target = locale / folder / "LC_MESSAGES"
        target.mkdir(parents=True, exist_ok=True)
        fresh = target / "django.mo.new"
        catalogue.save_as_mofile(str(fresh))
        fresh.replace(target / "django.mo")


def is_stale(package: Path) -> bool:
    """Whether a catalogue changed since the compiled files were made."""
    compiled = package / "locale" / "zh_Hant" / "LC_MESSAGES" / "django.mo"
    if not compiled.exists():
        return True
    made = compiled.stat().st_mtime
    sources = (package / "locale" / "zh_Hans" / "LC_MESSAGES").glob("*.po")
    return any(path.stat().st_mtime > made for path in sources)
