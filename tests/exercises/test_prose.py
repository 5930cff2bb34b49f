"""Is what the notebooks say so? Each claim of their prose is tied to an assertion beside it.

A claim is a number, or a word of order or direction. A cell of evidence that `holds` prose cells
(a list of ids in its metadata) ends in

    assert found > expected, "a piece of the prose, word for word"

and every claim has to stand within such a piece: a sentence that is changed has lost its assertion,
and one that is not so stops the notebook, on the synthetic set (nbval) as on CIFAR-10.
"""

import ast
import re

import nbformat
import pytest

from course import definition
from course.edition.notebooks import is_evidence, parse_code

COURSE = definition.load()
CLAIM = re.compile(
    r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?|\b(?:times|twice|half|halves|doubles?|"
    r"before|first|after|last|later|always|never|higher|lower|larger|smaller|greater|greatest|"
    r"longer|shorter|stronger|weaker|faster|slower|sooner|more|less|fewer|most|least|better|worse|"
    r"best|worst|above|below|nearly|hardly|rarely|falls?|drops?|grows?|wins?|winner|agrees?|alike|"
    r"behind|tenths?|thirds?)\b",
    re.IGNORECASE,
)
# Names of code, addresses, tags, numbers of figures and lists, and questions claim nothing, nor do
# the digits of formulas.
SILENT = re.compile(
    r"CIFAR-10|`[^`]*`|\]\([^)]*\)|<[^>]*>|https?:\S+|\bFigure \w+|(?:^| )\d\. |[^.?!*]*\?",
    re.MULTILINE,
)
FORMULA = re.compile(r"\$\$?[^$]*\$\$?")
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)

# Cells whose claims are held elsewhere, and pieces of prose that only look like a claim.
ELSEWHERE = {
    "title": "points and hours by test_title_tells_points_and_hours; the glossary defines",
    "optional": "test_optional.py solves them",
}
DEFINITIONS = {
    "By hand first.": "an instruction",
    "Before you answer": "an instruction",
    "once more": "an instruction",
    "the last step": "of momentum: defines it",
    "before and after": "names what the cell prints",
    "one pixel, 1,": "constructs an example",
    "is 1 if $j = y_i$ and 0 otherwise": "defines a notation",
    "has a 1 at each right class": "defines a notation",
    "says 40 %, is it right in 40 %": "an example of the question",
    "the lists above": "points to a cell",
    "the class whose score wins": "defines a prediction",
    "class wins by its margin": "defines the hinge",
    "in the third digit": "what may happen",
    "a tenth of the iterations": "says what the next cell does",
    "far behind its line": "an instruction",
    "alike in shape, place and background": "seen in Figure 1",
}


def squeezed(text):
    return " ".join(text.split())


def claims(source):
    """Return the matches of CLAIM in a squeezed text, without what is silent."""
    text = SILENT.sub(lambda match: "_" * len(match[0]), source)
    for piece in DEFINITIONS:
        text = text.replace(piece, "_" * len(piece))
    text = FORMULA.sub(lambda match: re.sub(r"(?<![\d.])\d(?![\d.])", "_", match[0]), text)
    return list(CLAIM.finditer(text))


def find_problems(notebook, exceptions):
    """Yield what is claimed and not held, and what holds nothing."""
    prose = {
        cell.id: squeezed(HEADING.sub("", cell.source))
        for cell in notebook.cells
        if cell.cell_type == "markdown"
    }
    held = {name: set() for name in prose}  # the places of characters within pieces
    for cell in notebook.cells:
        for piece, homes in pieces(cell, prose):
            if not homes:
                yield f"{cell.id} holds {piece!r}, which none of the cells it names says"
            for name in homes:
                start = prose[name].index(piece)
                held[name].update(range(start, start + len(piece)))
        for name in cell.metadata.get("holds", []):
            if not held.get(name):
                yield f"{cell.id} is said to hold {name}, but asserts nothing of it"
    for name in set(prose) - set(exceptions):
        for claim in claims(prose[name]):
            if not held[name].issuperset(range(*claim.span())):
                around = prose[name][max(0, claim.start() - 30) : claim.end() + 30]
                yield f"{name}: nothing asserts {claim[0]!r} of '{around}'"


def pieces(cell, prose):
    """Yield (piece of prose, ids of held cells that contain it) for each assertion of a cell."""
    if "holds" not in cell.metadata:
        return
    assert is_evidence(cell), f"{cell.id} holds prose, but is no evidence"
    tree = parse_code(cell.source)
    numbers = {float(one.value) for one in ast.walk(tree) if is_number(one)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Assert):
            assert any(isinstance(part, ast.Name) for part in ast.walk(one.test)), cell.id
            for piece in ast.literal_eval(one.msg).split(" ... "):
                said = {number_of(claim[0]) for claim in claims(piece)} - {None}
                assert said <= numbers, f"{cell.id} says {piece!r} and computes with {numbers}"
                yield piece, [name for name in cell.metadata.holds if piece in prose.get(name, "")]


def is_number(node):
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def number_of(claim):
    try:
        return float(claim.replace(",", ""))
    except ValueError:  # a word
        return None


def read(name):
    return nbformat.read(COURSE.root / COURSE.notebooks[name].file, as_version=4)


def excepted(name):
    return ELSEWHERE.keys() | {one.question for one in COURSE.by_hand if one.notebook == name}


@pytest.mark.parametrize("name", COURSE.notebooks)
def test_what_the_prose_claims_is_asserted(name):
    assert list(find_problems(read(name), excepted(name))) == []
    assert any("holds" in cell.metadata for cell in read(name).cells)


OPPOSITES = {"more": "less", "larger": "smaller", "above": "below", "best": "worst"}


@pytest.mark.parametrize("name", COURSE.notebooks)
def test_any_number_or_direction_that_is_changed_is_noticed(name):
    """The tester's test: each claim of the prose, made wrong one at a time."""
    changed = 0
    for index, cell in enumerate(read(name).cells):
        if cell.cell_type != "markdown" or cell.id in excepted(name):
            continue
        for claim in claims(cell.source):
            word = claim[0]
            other = "8" + word if number_of(word) is not None else OPPOSITES.get(word.lower())
            held = word not in "".join(re.findall(r"^#.*$", cell.source, re.MULTILINE))
            if other and held:
                notebook = read(name)
                start, end = claim.span()
                notebook.cells[index].source = cell.source[:start] + other + cell.source[end:]
                assert list(find_problems(notebook, excepted(name))), (
                    f"{cell.id}: {word} -> {other}"
                )
                changed += 1
    assert changed > 30


def test_an_assertion_of_nothing_holds_nothing():
    notebook = read("softmax")
    holding = next(cell for cell in notebook.cells if "holds" in cell.metadata)
    holding.source = re.sub(r"(?m)^assert .*?, \"", 'assert True, "', holding.source)
    with pytest.raises(AssertionError, match=holding.id):
        list(find_problems(notebook, excepted("softmax")))


def test_title_tells_points_and_hours():
    """In words: two and a half hours, and so many of the course's points."""
    for name in COURSE.notebooks:
        notebook = COURSE.notebooks[name].name
        asked = [*COURSE.exercises.values(), *COURSE.by_hand]
        asked = [one for one in asked if one.notebook == notebook]
        title = squeezed(read(name).cells[0].source)
        points, hours = sum(one.points for one in asked), sum(one.minutes for one in asked) / 60
        assert f"{points} of {COURSE.points} points" in title
        assert {2.5: "two and a half hours", 4: "four hours"}[round(2 * hours) / 2] in title


def test_rivals_get_the_settings_that_the_other_notebook_found():
    """softmax.ipynb trains an SVM as svm.ipynb's stored search says is best."""
    found = next(cell for cell in read("svm").cells if cell.id == "figure-2").outputs
    text = "".join(output.get("text", "") for output in found)
    rate, reg = map(float, re.search(r"at lr ([\d.e+-]+), reg ([\d.e+-]+)", text).groups())
    used = next(cell for cell in read("softmax").cells if cell.id == "svm-cell").source
    assert {rate, reg} <= {float(word) for word in re.findall(r"(?<![\w.])\d[\d.e+-]*\b", used)}
