"""What a person grades, cut out of the submitted notebooks: inline answers, code, figures.

    cut_out(course, files)      one entry for each of them, answered or not
    code_of(files, exercise)    the text of an exercise's functions, to be read beside its verdict
    figures(course, files)      {name: bytes} of the pictures that the entries name

What counts as an answer is decided by course/notebook.py, and what was handed out by the record of
the edition that the submission comes from. Nothing is executed, and nothing in a notebook makes
this raise.
"""

import base64
import hashlib
import io
import re
import warnings
from contextlib import suppress
from itertools import islice

from PIL import Image

from course.edition.handed_out import choose, find_told, is_foreign, records
from course.limited import Refused, in_child
from course.notebook import dig, find_answer, find_group, joined, read_cells, says_something
from course.text import clean, one_line

ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}  # of what is shown
CODE_LIMIT = 200_000  # characters of a file
MOST_FIGURES = 8  # of one answer
FIGURE_BYTES = 3_000_000  # an animation of some seconds has 1 MB
FIGURE_PIXELS = 20_000_000  # a screen of any size; more would only keep a browser busy
ANIMATION_PIXELS = 100_000_000  # of all frames: 200 of 800 x 600
SECONDS = 2  # of processor time; so large an animation takes half a second


def cut_out(course, files):
    """Return a list of dictionaries, one for each cell that a person grades, as declared.

    notebook, cell   as they are declared
    title, kind      the same; kind is "answer" (Markdown) or "code"
    possible         its points
    answered         whether anything was written; in doubt yes, as a person looks at it then
    asked            whether the edition that the work was done on asks for it
    state            "" or, of its notebook, "missing", "unreadable" or "foreign": none of its cells
                     was handed out, and the answer was looked for by the words of the question;
                     "guessed": no notebook tells its edition, and the nearest does not ask
    source           what was written, without the placeholder; "" if nothing was
    question         the text that asks; "" for code
    figures          [{"cell", "mime", "name", "alt"}]: pasted into the answer, or in its section;
                     not those that were handed out as files
    """
    return [entry for entry, _ in find(course, files)]


def code_of(files, exercise):
    """Return what a student wrote for an exercise: its functions, or the whole file without them.

    It is found by lines, as what cannot be parsed is to be read, too.
    """
    text = clean(files.get(exercise.file, b"").decode("utf-8", "replace"), CODE_LIMIT)
    lines, found = text.split("\n"), []
    for name in exercise.functions:
        starts = [n for n, line in enumerate(lines) if re.match(rf"\s*def {name}\b", line)]
        for start in starts[-1:]:
            indent = len(lines[start]) - len(lines[start].lstrip())
            end = start + 1
            while end < len(lines) and not ends_function(lines[end], indent):
                end += 1
            found.append("\n".join(line[indent:] for line in lines[start:end]).rstrip())
    return "\n\n".join(found)


def ends_function(line, indent):
    """Whether a line stands behind a function that is indented so far."""
    code = line.strip()
    return bool(code) and code[0] not in "#)]}" and len(line) - len(line.lstrip()) <= indent


def figures(course, files):
    """Return {name: bytes} of all figures that cut_out names."""
    return {name: one for _, found in find(course, files) for name, one in found.items()}


def find(course, files):
    """Yield (entry, {name of a figure: its bytes}) for each cell that a person grades."""
    for notebook in course.notebooks.values():
        state, cells = cells_of(files.get(notebook.file))
        record = choose(records(course), files, notebook.file)
        guessed = not find_told(records(course), files, notebook.file)
        known, given_files = record.given(notebook.file), set(record.files.values())
        if is_foreign(cells, known):
            state = "foreign"
        for one in course.by_hand:
            if one.notebook == notebook.name:
                unsure = "guessed" if guessed and one.cell not in known.sources else ""
                yield find_one(one, state or unsure, cells, known, given_files)


def find_one(one, state, cells, known, given_files):
    """Return (entry, {name of a figure: its bytes}) of a cell that is declared as a ByHand.

    given_files   SHA-256 of files, in hexadecimal digits: pictures among them are nobody's own
    """
    question = known.sources.get(one.question, "")
    if state == "foreign":
        written = find_by_words(cells, one, question)
    else:
        written = find_answer(cells, known, one)
    shown, contents = [], {}
    for cell, alt, mime, content in pictures(cells, find_group(cells, known, one.cell), known):
        if hashlib.sha256(content).hexdigest() in given_files:
            continue
        name = f"{one.notebook}_{one.cell}_{len(shown) + 1}.{ENDINGS[mime]}".replace("-", "_")
        shown.append({"cell": cell, "mime": mime, "name": name, "alt": alt})
        contents[name] = content
    entry = {
        "notebook": one.notebook,
        "cell": one.cell,
        "title": one.title,
        "kind": one.kind,
        "possible": one.points,
        "answered": bool(written),
        "asked": bool(state or written) or one.cell in known.sources,
        "state": state,
        "source": clean(written),
        "figures": shown,
        "question": clean(question, 20_000),
    }
    return entry, contents


def find_by_words(cells, by_hand, question):
    """Return what stands behind a question in a notebook of another edition; "" if nothing does.

    The question is known by its title ("Inline question 1"), or by two thirds of its words. What is
    written stands in the same cell behind the word "answer", or up to the next heading or code.
    """
    asked, title = words_of(question), words_of(by_hand.title)
    texts = [cell.source if cell.type == "markdown" else None for cell in cells]

    def likeness(text):
        found = words_of(text or "")
        return len(title) > 1 and title <= found, len(asked & found) / max(len(asked), 1)

    place = max(range(len(texts)), key=lambda index: likeness(texts[index]))
    titled, share = likeness(texts[place])
    if not by_hand.question or not (titled or share >= 2 / 3):
        return ""
    *_, inside = re.split(r"\banswer\b\W*", texts[place], flags=re.IGNORECASE)
    written = [inside] if inside != texts[place] else []
    for text in texts[place + 1 :]:
        if text is None or text.startswith("#") or (title and words_of(text) >= title):
            break
        written.append(text)
    return "\n\n".join(text for text in written if says_something(text))


def words_of(text):
    return set(re.findall(r"\w+", text.casefold()))


def cells_of(content):
    """Return (state, the cells of a notebook's file)."""
    if content is None:
        return "missing", []
    try:
        return "", read_cells(content)
    except ValueError:
        return "unreadable", []


# Figures


def pictures(cells, group, given):
    """Yield (cell, alt, MIME type, bytes) of pictures: pasted into the answer, or beside it."""
    found = []
    for index in group:
        found += [(index, bundle) for bundle in cells[index].attachments.values()]
    for index in section(cells, group, given):
        found += [(index, output.get("data")) for output in cells[index].outputs]
    read = ((cells[index], picture_in(bundle)) for index, bundle in found)
    for cell, picture in islice((one for one in read if one[1]), MOST_FIGURES):
        yield f"cell {cell.index + 1}", one_line(cell.alt, 500), *picture


def picture_in(bundle):
    """Return (MIME type, bytes) of the first picture in a MIME bundle that a browser can show."""
    return next(filter(None, (decode(joined(dig(bundle, mime))) for mime in ENDINGS)), None)


def section(cells, group, given):
    """Return the indices of the section, between two headings of the edition, around a group."""
    if not group:
        return range(0)
    heads = [
        index
        for index, cell in enumerate(cells)
        if cell.source.startswith("## ") and given.has(cell)
    ]
    first = max((head for head in heads if head <= group[0]), default=0)
    return range(first, min((head for head in heads if head > group[-1]), default=len(cells)))


def decode(text):
    """Return (MIME type, bytes) of a picture in base64 that a browser can show, else None."""
    if not text or len(text) > FIGURE_BYTES * 4 / 3 + 1000:
        return None
    try:
        content = base64.b64decode(text)
        return type_of(content), content
    except (Refused, ValueError):
        return None


@in_child(SECONDS, size=100, keep=True)
def type_of(content):
    """Return the MIME type of a picture whose headers are sound; ValueError for any other.

    Some kilobytes can unpack to gigabytes, also in the frames of an animation, each of which may be
    larger than the file says.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of pictures that would fill the memory
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF")) as image:
                return checked_type(image)
    except Exception as error:  # Pillow's own, of many kinds
        raise ValueError(f"no picture: {type(error).__name__}") from None


def checked_type(image):
    pixels, frames = image.width * image.height, 1
    if image.format in ("JPEG", "MPO") and pixels <= FIGURE_PIXELS:
        # A photo with a second picture in the file, as phones take them, is a JPEG to all others.
        return "image/jpeg"
    with suppress(EOFError):
        while pixels <= (FIGURE_PIXELS if frames == 1 else ANIMATION_PIXELS):
            image.seek(frames)
            pixels, frames = pixels + image.width * image.height, frames + 1
        raise ValueError("it is too large")
    return image.get_format_mimetype()
