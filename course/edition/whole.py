"""Does the declaration fit the tree? What does not is refused before anything is made or graded.

    find_problems(course) -> [line, ...]     each with its place and the way out

`release`, `checks` and `grade` call it. Nothing of a student's is looked at here.
"""

import ast
import re
from collections import Counter

from course.checks import data
from course.definition import CHECKS, FILE, Exercise
from course.edition import imports
from course.edition.derive import ReleaseError, derive
from course.edition.handed_out import read_kept
from course.edition.markers import SOLUTION, find_regions
from course.edition.notebooks import STAMP, is_evidence, read
from course.notebook import read_cells

CHECK = re.compile(r'checks\.run\("(\w+)"\)')
QUESTION, ANSWER = re.compile(r"question-\d+"), re.compile(r"answer-\d+")


def find_problems(course, with_data=True, derive=derive):
    """Return what does not fit, a line each, in the order of the declaration.

    with_data    whether exercises/checks.npz is looked at, too; not by what makes it
    derive       handed_out.edition does it once for all who need it, while the tree stays as it is
    """
    notebooks = [one for one in course.notebooks.values() if (course.root / one.file).is_file()]
    if problems := [line for one in notebooks for line in reading_problems(course, one)]:
        return problems  # the others would follow from these
    for notebook in notebooks:
        problems += notebook_problems(course, notebook)
    problems += file_problems(course)
    problems += kind_problems(course)
    if with_data:
        problems += data_problems(course)
    try:
        edition = derive(course)
    except ReleaseError as error:
        problems += str(error).splitlines()
    else:
        problems += imports.find_problems(course, edition)
    try:
        read_kept(course)
    except ValueError as error:
        problems.append(str(error))
    return problems


def declared(one):
    """Return where something is declared, to begin a line with."""
    return f"{FILE}, line {one.line}"


# The cells of a notebook


def reading_problems(course, notebook):
    """Yield why a notebook cannot be read, or which ids of cells are not their own."""
    try:
        cells = read_cells((course.root / notebook.file).read_bytes())
    except ValueError as error:
        yield f"{notebook.file}: it cannot be read as a notebook ({error})"
        return
    counts = Counter([STAMP, *(str(cell.id) for cell in cells)])
    for name in (name for name, count in counts.items() if count > 1):
        yield f"{notebook.file}: another cell has the id {name!r}, too; give one of them another"


def notebook_problems(course, notebook):
    """Yield what of the declaration a notebook lacks, then what is wrong with its cells."""
    path, graded = notebook.file, course.graded_cells(notebook.name)
    cells = read(course, notebook).cells
    evidence = {cell.id for cell in cells if is_evidence(cell)}
    kept = [cell for cell in cells if cell.id not in evidence]
    names = [cell.id for cell in kept]
    for name in (notebook.stamp, *notebook.locked):
        if name not in names:
            what = f"{declared(notebook)}: {path} has no cell {name!r}"
            yield f"{what}; correct the name, or the cell's id"
    for name, one in graded.items():
        if name not in names:
            how = "but as evidence, which is left out" if name in evidence else "at all"
            what = f"{declared(one)}: {path} has no cell {name!r} {how}"
            yield f"{what}; correct the declaration, or the cell's id or tags"
        elif question := getattr(one, "question", ""):
            before = ([None, *names])[names.index(name)]
            if before != question:
                what = f"{declared(one)}: before the cell {name!r} stands {before!r} in {path}"
                yield f"{what}, not its question {question!r}; move one of them"
    questions = {getattr(one, "question", "") for one in graded.values()}
    for cell in kept:
        yield from cell_problems(path, cell, graded, questions)


def cell_problems(path, cell, graded, questions):
    """Yield what is wrong with a cell, by itself or by what is declared of it."""
    where, one = f"{path}, cell {cell.id}", graded.get(cell.id)
    check = cell.cell_type == "code" and CHECK.fullmatch(cell.source.strip())
    solution = cell.cell_type == "code" and has_solution(cell.source)
    answer = ANSWER.fullmatch(cell.id) or cell.source.startswith("**Answer")
    if isinstance(one, Exercise):
        if not check or check[1] != one.name:
            yield f'{where}: it has to be checks.run("{one.name}") alone, as {declared(one)} says'
    elif one is not None and one.kind == "answer":
        if cell.cell_type != "markdown":
            yield f"{where}: an answer to {one.question!r} has to be a Markdown cell"
    elif one is not None:
        if not solution:
            yield f"{where}: it is graded by hand, but no SOLUTION region is in it; mark one"
    elif check:
        yield f"{where}: it checks {check[1]!r}, but no [[exercise]] in {FILE} has this cell"
    elif solution:
        yield f"{where}: it holds a solution, but no [[by_hand]] in {FILE} has this cell"
    elif answer and cell.cell_type == "markdown":
        yield f"{where}: it is an answer, but no [[by_hand]] in {FILE} has this cell"
    elif QUESTION.fullmatch(cell.id) and cell.id not in questions:
        yield f"{where}: it is a question, but no [[by_hand]] in {FILE} has an answer to it"


def has_solution(text):
    return any(region.kind == SOLUTION for region in find_regions(text, str, []))


# The files in which students write


def file_problems(course):
    problems = []
    for file in course.exercise_files:
        exercises = [one for one in course.exercises.values() if one.file == file]
        where = declared(exercises[0])
        if not (course.root / file).is_file():
            problems.append(f"{where}: there is no file {file}; correct the name, or write it")
            continue
        if not course.files.hold(file):
            way_out = f"add it to handed_out of [files] in {FILE}"
            problems.append(f"{where}: students do not get {file}; {way_out}")
        problems += solution_problems(file, (course.root / file).read_text("utf-8"), exercises)
    return problems


def solution_problems(file, text, exercises):
    """Yield where an exercise's function has no solution, or a solution has no exercise."""
    try:
        defined = definitions(ast.parse(text))
    except SyntaxError as error:
        yield f"{file}:{error.lineno}: no valid Python: {error.msg}"
        return
    regions = {one.first for one in find_regions(text, str, []) if one.kind == SOLUTION}
    for one in exercises:
        if one.attribute not in defined:
            what = f"{declared(one)}: {file} has no function or class {one.attribute!r}"
            yield f"{what}; correct one of them"
            continue
        attribute = defined[one.attribute]
        methods = definitions(attribute) if isinstance(attribute, ast.ClassDef) else {}
        for name in one.functions:
            function = methods.get(name) or defined.get(name)
            if function is None:
                yield f"{declared(one)}: {file} has no function {name!r}; correct one of them"
                continue
            inside = regions.intersection(range(function.lineno, function.end_lineno + 1))
            if not inside:
                what = f"{file}:{function.lineno}: {name} belongs to the exercise {one.name}"
                yield f"{what}, but no SOLUTION region is in it; mark one"
            regions -= inside
    for line in sorted(regions):
        yield f"{file}:{line}: this solution is in no function of an [[exercise]] in {FILE}"


def definitions(tree):
    """Return {name: node} of the functions and classes in a file, or of those in a class."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: node for node in tree.body if isinstance(node, kinds)}


# The kinds of exercises, and their problems


def kind_problems(course):
    problems, firsts = [], {}
    for one in course.exercises.values():
        firsts.setdefault(one.kind, one)
    for kind, first in firsts.items():
        for part in ("__init__", "call", "judge", "problems"):
            file = f"exercises/{kind}/{part}.py"
            if not (course.root / file).is_file():
                problems.append(f"{declared(first)}: the kind {kind!r} needs a file {file}")
            elif part == "problems" and course.files.hold(file):
                what = f"{FILE}: students would get {file}, which knows what is expected"
                problems.append(f"{what}; take it out of handed_out")
            elif part != "problems" and not course.files.hold(file):
                what = f"{FILE}: students do not get {file}, a part of the kind {kind!r}"
                problems.append(f"{what}; add it to handed_out")
    return problems


def data_problems(course):
    try:
        known = data.load(course.data_file).sets
    except FileNotFoundError:
        return [f"{CHECKS} is not there; `make checks` makes it"]
    except ValueError as error:
        return [f"{error}; `make checks` makes it anew"]
    return [
        f"{declared(one)}: {CHECKS} has no problems {one.problems!r}; `make checks` draws them"
        for one in course.exercises.values()
        if one.problems not in known
    ]
