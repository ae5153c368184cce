"""Files that hold no table of text, told by how they begin. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

_PACKED = "packed. Unpack it, and upload the table that is in it."
_PRINTED = "a document or a picture, not a table. Upload the table itself, as “CSV UTF-8”."
_ZIP = "a spreadsheet or a ZIP. Save it as “CSV UTF-8”, or unpack it, and upload that."
_SHEET = "a spreadsheet. Save it as “CSV UTF-8” and upload that."
_UTF_16 = "in UTF-16. Save it as “CSV UTF-8” and upload that."
_BEGINNINGS: Mapping[bytes, str] = {
    b"PK\x03\x04": _ZIP,
    b"PK\x05\x06": _ZIP,
    b"\xd0\xcf\x11\xe0": _SHEET,
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
    b"\x1f\x8b": _PACKED,
    b"BZh91AY": _PACKED,
    b"7z\xbc\xaf": _PACKED,
    b"\xfd7zXZ": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
    b"PAR1\x15": "a Parquet table. Write it as CSV and upload that.",
    b"%PDF": _PRINTED,
    b"\x89PNG": _PRINTED,
    b"\xff\xd8\xff": _PRINTED,
}
# Behind blanks, too.
_OF_TEXT: Mapping[bytes, str] = {
    b"<": "a web page or XML, perhaps one that asks to log in. Upload the table itself, as CSV.",
    b"{": "JSON. Write it as CSV, with a header and a line per rating, and upload that.",
    b"[{": "JSON. Write it as CSV, with a header and a line per rating, and upload that.",
}
_LOOKED_AT = 1000


def what_else(content: bytes) -> str:
    """What the file is instead of a table, and what to do; empty where it may be one."""
    begins = content[:_LOOKED_AT]
    text = begins.removeprefix(codecs.BOM_UTF8).lstrip()
    kinds = [
        *(kind for mark, kind in _BEGINNINGS.items() if begins.startswith(mark)),
        *(kind for mark, kind in _OF_TEXT.items() if text.startswith(mark)),
    ]
    return f"The file is {kinds[0]}" if kinds else ""
