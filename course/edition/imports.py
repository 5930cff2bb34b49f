"""Do students get all that their notebooks and files import?

find_problems(course, edition) -> [line, ...]
"""

import ast

import nbformat

from course.definition import FILE
from course.edition.notebooks import parse_code


def find_problems(course, edition):
    """Return a line for each import in the edition of what the tree has, but students do not get.

    Libraries are passed over: whatever lies neither in the tree nor in a package of ours.
    """
    problems = []
    for path, where, parse, text in code_of(course, edition):
        try:
            tree = parse(text)
        except SyntaxError as error:
            problems.append(f"{where(error.lineno)}: no valid Python: {error.msg}")
            continue
        for line, name, is_module in imports(tree, path):
            problems += missing(course, edition, path, name, is_module, where(line))
    return list(dict.fromkeys(problems))


def code_of(course, edition):
    """Yield (path, function that tells the place of a line, function that parses, text)."""
    for path, content in edition.files.items():
        if path.endswith(".py"):
            yield path, f"{path}:{{}}".format, ast.parse, content.decode()
    for path in course.notebook_files:
        for cell in nbformat.reads(edition.files[path].decode(), as_version=4).cells:
            if cell.cell_type == "code":
                yield path, f"{path}, cell {cell.id}, line {{}}".format, parse_code, cell.source


def imports(tree, path):
    """Return [(line, name, whether it has to be a module)] of what is imported in a file."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                found += [(node.lineno, module, True) for module in with_packages(one.name)]
        elif isinstance(node, ast.ImportFrom):
            above = path.split("/")[: -node.level] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            found += [(node.lineno, package, True) for package in with_packages(module)]
            found += [(node.lineno, f"{module}.{one.name}", False) for one in node.names]
    return found


def with_packages(name):
    """Return the names of the packages that a module is in, which are imported too, and its own."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def missing(course, edition, path, name, is_module, where):
    """Yield a line if this name, imported in the file `path`, is of a module that students lack."""
    parts = name.split(".")
    for folder in ("", path.rpartition("/")[0] + "/"):  # scripts import what lies beside them
        inside = folder + "/".join(parts)
        there = [
            file
            for file in (f"{inside}.py", f"{inside}/__init__.py")
            if (course.root / file).is_file()
        ]
        for file in there:
            if file not in edition.files:
                yield f"{where}: students do not get {file}; add it to handed_out in {FILE}"
        if there or (course.root / inside).is_dir():
            return
    if is_module and parts[0] in (course.package, "course", "exercises"):
        yield f"{where}: there is no module {name}; correct the name"
