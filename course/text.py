"""Text that somebody else wrote, made fit to be stored, printed and shown.

What a submission brings may hold half of a surrogate pair (which no file can store), escape
sequences for a terminal, marks that reverse the order of what follows, or megabytes in a line.
"""

import re
import unicodedata

# What colours and moves things in a terminal.
ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)?", re.DOTALL)
# They turn text around beyond their own piece of it. Arabic and Hebrew need none of them.
DIRECTION = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # categories: control, surrogate, separators of lines
CUT = "…"


def clean(text, limit=100_000):
    """Return a text of several lines without what no page shows, at most `limit` characters long.

    Anything but a string is turned into one first.
    """
    text = text if isinstance(text, str) else str(text)
    cut, text = len(text) > limit, text[:limit].replace("\r\n", "\n").replace("\r", "\n")
    plain = text.replace("\n", "").replace("\t", "")
    if not plain.isascii() or not plain.isprintable():
        text = ESCAPES.sub("", text)
        text = "".join(one for one in text if one in "\n\t" or not is_unseen(one))
    return text + (f"\n\n{CUT} cut here, after {limit:,} characters" if cut else "")


def is_unseen(character):
    return character in DIRECTION or unicodedata.category(character) in UNSEEN


def one_line(text, limit=200):
    """Return a text in one line of at most `limit` characters."""
    text = text if isinstance(text, str) else str(text)
    # Far more is looked at than is shown, as spaces may fall away, but not megabytes.
    text = " ".join(clean(text[: 20 * limit], 20 * limit).split())
    return text if len(text) <= limit else text[: limit - 1] + CUT


def fit(text, wanted, right=False):
    """Return a text in one line of exactly `wanted` columns of a terminal: padded, or cut."""
    from wcwidth import wcswidth  # here, as what parses strangers' files has no libraries

    text = one_line(text, max(wanted, 1) * 4)
    if wcswidth(text) > wanted:
        while text and wcswidth(text) > wanted - 1:
            text = text[:-1]
        text += CUT
    space = " " * (wanted - wcswidth(text))
    return space + text if right else text + space
