"""The bytes of a user's file as text: UTF-8, UTF-16 with its mark, or Windows-1252 as spreadsheets save it."""

from __future__ import annotations

import codecs
import re

__all__ = ["UnreadableError", "decoded"]

_PACKED = {
    b"PK\x03\x04": "compressed (zip): unpack it first; of an Excel workbook save the sheet as 'CSV UTF-8'",
    b"\xd0\xcf\x11\xe0": "an Excel workbook: save the sheet as 'CSV UTF-8'",
    b"PAR1": "a Parquet file: save it as CSV",
    b"\x1f\x8b": "compressed (gzip): unpack it first",
    b"BZh": "compressed (bzip2): unpack it first",
    b"\xfd7zXZ": "compressed (xz): unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed (zstd): unpack it first",
}

_MARKS = (b"\xff\xfe", b"\xfe\xff")

# What French text is written with in Windows-1252. Other signs come from another encoding (Mac, DOS, broken UTF-8),
# in which the same bytes are other letters.
_FRENCH = frozenset("àâäæçèéêëîïñôöœùûüÿÀÂÄÇÈÉÊËÎÏÔÖŒÙÛÜ’‘“”«»–—…°²³€·\u00a0")


_INVISIBLE = dict.fromkeys((0xFEFF, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A)))
"""Marks of order and of no width, which come along with text that is copied: no code or number is meant to have one."""


class UnreadableError(Exception):
    """Nothing more can be made of this file: line and column (0: the file as a whole), and what is wrong."""

    def __init__(self, line: int, column: int, what: str) -> None:
        super().__init__(line, column, what)
        self.line, self.column, self.what = line, column, what


def decoded(data: bytes) -> tuple[str, str]:
    r"""A file's text without invisible marks, and what to note of it: an encoding other than UTF-8, and such marks.

    Windows-1252 has no mark: it is taken only where every byte beyond ASCII is a sign of French text in it.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    UnreadableError
        If this is no text, or in another encoding.

    Examples
    --------
    >>> decoded("Changé".encode("cp1252")), decoded("Changé".encode("utf-16"))
    (('Changé', 'Windows-1252'), ('Changé', 'UTF-16'))
    """
    for start, what in _PACKED.items():
        if data.startswith(start):
            raise UnreadableError(0, 0, what)
    if data.startswith(_MARKS):
        try:
            text, name = data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise UnreadableError(1, 1, "not text: a broken UTF-16 file; save it as 'CSV UTF-8'") from None
    else:
        text, name = _of_bytes(data)
    if (at := text.find("\0")) >= 0:
        raise UnreadableError(*_place(text[:at]), "a NUL byte: this is no text file; save it as 'CSV UTF-8'")
    seen = text.translate(_INVISIBLE)
    return seen, "; ".join(filter(None, (name, "invisible marks left out" if seen != text else "")))


def _of_bytes(data: bytes) -> tuple[str, str]:
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode(), ""
    except UnicodeDecodeError as error:
        begin, wrong = body[: error.start].decode(), body[error.start]
    text = data.decode("cp1252", "replace")
    if all(sign.isascii() or sign in _FRENCH for sign in text):
        return text, "Windows-1252"
    what = f"not UTF-8 text (nor French text of Windows): byte 0x{wrong:02X}; save it as 'CSV UTF-8'"
    raise UnreadableError(*_place(begin), what)


def _place(before: str) -> tuple[int, int]:
    lines = re.split("\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1
