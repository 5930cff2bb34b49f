"""Which functions that are handed out serve only what is left out?

    find_problems(course, edition) -> [line, ...]

A function that only evidence uses tells how an answer is found, by its name and by its docstring.
Names are compared wherever they stand, and not resolved: a function whose name has another use,
too, is passed over.
"""

import ast
import re

from course.edition.notebooks import is_evidence, parse_code, read


def find_problems(course, edition):
    """Return a line for each function of the package that only cells that are left out lead to."""
    functions, used = read_files(course, edition)
    for exercise in course.exercises.values():  # what students write serves them
        used |= {exercise.attribute, *exercise.functions}
    left_out = set()
    for notebook in course.notebooks.values():
        for cell in read(course, notebook).cells:
            if cell.cell_type == "code":
                names = left_out if is_evidence(cell) else used
                names |= names_in(parse_code(cell.source))
    only = reach(left_out, functions) - reach(used, functions)
    return [
        f"{path}:{line}: {name} serves cells alone that are left out; define it in one of them"
        for name in functions
        if name in only
        for path, line, _ in functions[name]
    ]


def read_files(course, edition):
    """Return the functions of the package, and the names that other code of it, or with it, uses.

    The functions are {name: [(path, line, names in it), ...]}; they are read as they are solved.
    """
    functions, used = {}, set()
    for path, content in edition.files.items():
        if not path.endswith(".py"):
            continue
        if path.startswith(f"{course.package}/"):
            for node in ast.parse((course.root / path).read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef):
                    known = functions.setdefault(node.name, [])
                    known.append((path, node.lineno, names_in(node)))
                else:
                    used |= names_in(node)
        elif re.search(rf"^\s*(from|import) {course.package}\b", content.decode(), re.MULTILINE):
            used |= names_in(ast.parse(content))
    return functions, used


def names_in(tree):
    """Return the names and attributes that a piece of code uses."""
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def reach(names, functions):
    """Return the names of functions that some names lead to, directly or through others."""
    reached, open_ones = set(), set(names)
    while open_ones:
        name = open_ones.pop()
        if name in functions and name not in reached:
            reached.add(name)
            for _, _, inside in functions[name]:
                open_ones |= inside
    return reached
