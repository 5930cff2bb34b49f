"""Stubs: the statements that take the place of solutions, and say what is to be done there."""

import ast
import re
import textwrap

LINE_LENGTH = 100


def function_stub(text, path, problems, region):
    """Return the lines of the stub for a solution in the Python file `path`."""
    try:
        found = enclosing_function(ast.parse(text), region)
    except SyntaxError as error:
        problems.append(f"{path}:{error.lineno}: no valid Python: {error.msg}")
        return []
    if found is None:
        problems.append(
            f"{path}:{region.first}: a solution has to be a part of the body of one function; "
            "elsewhere the file could not be imported without it"
        )
        return []
    function, name = found
    tell = advice("its docstring and the file's", names_to_set(function, region))
    return raise_not_implemented(indent_of(text, region), name, path, tell)


def cell_stub(text, path, name, problems, region):
    """Return the lines of the stub for a solution in the cell `name` of the notebook `path`."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        problems.append(f"{path}, cell {name}, line {error.lineno}: no Python: {error.msg}")
        return []
    tell = advice("the text above it", names_to_set(tree, region))
    return raise_not_implemented(indent_of(text, region), name, path, tell)


def enclosing_function(tree, region):
    """Return the innermost function that a region is a part of, and its full name, or None."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    around = [
        node
        for node in ast.walk(tree)  # what is outside comes before what is inside
        if isinstance(node, kinds) and node.lineno < region.first < node.end_lineno
    ]
    while around and isinstance(around[-1], ast.ClassDef):
        around.pop()
    if not around:
        return None
    function, name = around[-1], ".".join(node.name for node in around)
    lines = {node.lineno for node in ast.walk(tree) if hasattr(node, "lineno")}
    beyond = range(function.end_lineno + 1, region.last)
    return None if lines.intersection(beyond) else (function, name)


def names_to_set(tree, region):
    """Return the variables that a region sets and that the code around it uses, in order."""
    inside, around = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            if not region.first < node.lineno < region.last:
                around.add(ast.unparse(node))
            elif isinstance(node.ctx, ast.Store):
                inside.append((node.lineno, node.col_offset, ast.unparse(node)))
    return list(dict.fromkeys(name for _, _, name in sorted(inside) if name in around))


def advice(source, names):
    """Return what the stub tells: where to read, and what to set."""
    if not names:
        return f"see {source}"
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    return f"see {source}; your code takes the place of this statement and sets {listed}"


def indent_of(text, region):
    return re.match(r"\s*", text.split("\n")[region.first - 1])[0]


def raise_not_implemented(indent, name, path, advice):
    """Return the lines of a statement that raises NotImplementedError, `indent` to the right."""
    message = f"{name} in {path} is not implemented yet: {advice}"
    width = LINE_LENGTH - len(indent) - len('    ""') - len(" ")
    pieces = textwrap.wrap(message, width, break_on_hyphens=False, break_long_words=False)
    pieces[:-1] = [piece + " " for piece in pieces[:-1]]
    literals = [f'{indent}    "{piece}"' for piece in pieces]
    return [f"{indent}raise NotImplementedError(", *literals, f"{indent})"]


def still_python(text, where, problems):
    """Append a problem unless a text is valid Python after its solutions were taken out."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        line = text.split("\n")[error.lineno - 1].strip()
        problems.append(
            f"{where}: with stubs for its solutions it is no valid Python any more, near {line!r}: "
            "is a marker indented as the lines it encloses?"
        )
