"""Where does a name lead in a student's files? Read from the text: nothing is imported or run.

    files = Files({file: text})
    files.find(file, name)          what the name of a module stands for
    resolve(expression, scope)      what an expression stands for there, as far as the text tells

Answers are lists of Function, Class, Instance, Module, Value and Foreign: several where a name is
bound several times, none where it stands for something else, as a parameter does. Not followed are
attributes that are set from outside a class, what calls return (but for instances of classes), and
anything that exec or getattr would find.
"""

import ast
import warnings
from collections import defaultdict, deque
from dataclasses import dataclass, field

MOST_SOURCE = 200_000  # characters; whoever writes more than that has something else in mind
MOST_STEPS = 60  # from alias to alias; also bounds the recursion here, whatever a student writes
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
HOLDERS = (*FUNCTIONS, ast.Lambda, ast.ClassDef)  # of code that does not run where it stands


@dataclass(eq=False)
class Scope:
    """The names that a module, class or function binds.

    names   {name: [what it is bound to]}: a node, something of those below, or None
    parent  where other names are looked for; None for a module, which has its Files
    once    whether its statements run when the module is imported, as those of a class do
    """

    file: str
    parent: "Scope | None" = None
    files: "Files | None" = None
    once: bool = False
    names: dict = field(default_factory=lambda: defaultdict(list))
    stars: list = field(default_factory=list)  # modules all of whose names are imported
    elsewhere: set = field(default_factory=set)  # declared global or nonlocal


@dataclass(frozen=True)
class Function:
    """A function, method or lambda: its node, and the scope in which it stands."""

    node: ast.AST
    scope: Scope
    owner: "Class | None" = None


@dataclass(frozen=True)
class Class:
    node: ast.AST
    scope: Scope


@dataclass(frozen=True)
class Instance:
    of: Class


@dataclass(frozen=True)
class Module:
    """A module or package among the student's files, by its dotted name."""

    name: str


@dataclass(frozen=True)
class Value:
    """An expression that was evaluated once, when its module was imported."""

    node: ast.AST
    scope: Scope


@dataclass(frozen=True)
class Foreign:
    """Something that is not in the student's files, such as numpy.mean or the builtin sum."""

    name: str


class Files:
    """The Python files among which names are followed: {file: text}."""

    def __init__(self, texts):
        self.texts = {dotted(file): (file, text) for file, text in texts.items()}
        names = [name.split(".") for name in self.texts]
        self.packages = {".".join(parts[:n]) for parts in names for n in range(1, len(parts))}
        self.known, self.steps = {}, 0

    def find(self, file, name):
        """Return what a module's name stands for."""
        return self.in_module(dotted(file), name)

    def lines(self, file):
        return self.texts[dotted(file)][1].split("\n")

    def once(self, key, make):
        """Return what `make` finds, kept by its key; nothing where that leads in a circle."""
        if key not in self.known:
            self.known[key] = []
            if self.steps < MOST_STEPS:
                self.steps += 1
                self.known[key] = list(dict.fromkeys(make()))
                self.steps -= 1
        return self.known[key]

    def module(self, name):
        """Return the Scope of a module."""
        if ("module", name) not in self.known:
            file, text = self.texts[name]
            scope = Scope(file, files=self, once=True)
            bind_all(parsed(text), scope)
            self.known["module", name] = scope
        return self.known["module", name]

    def in_module(self, module, name):
        return self.once(("in", module, name), lambda: self.look_in_module(module, name))

    def look_in_module(self, module, name):
        if module in self.texts:
            scope = self.module(module)
            if name in scope.names:
                return bound(name, scope)
            for other in scope.stars:
                if found := self.in_module(other, name):
                    return found
        whole = f"{module}.{name}" if module else name
        return [Module(whole)] if self.has(whole) else []

    def has(self, module):
        return module in self.texts or module in self.packages

    def imported(self, module, name=""):
        """Return what `import module` or `from module import name` brings."""
        if not self.has(module):
            return [Foreign(f"{module}.{name}" if name else module)]
        return self.in_module(module, name) if name else [Module(module)]


def dotted(file):
    """Return the name by which a file is imported."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def parsed(text):
    """Return the statements of a module; none where it is no Python or far too long."""
    if len(text) > MOST_SOURCE:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which are no matter of ours
            return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


# Which names does a piece of code bind?


def bind_all(statements, scope):
    """Note all names that the statements bind, but not inside functions and classes in them."""
    last = scope.parent is None  # in a module, functions run when all is bound: the last counts
    for statement in statements:
        if last and (isinstance(statement, (*FUNCTIONS, ast.ClassDef))):
            scope.names.pop(statement.name, None)
        waiting = [statement]
        while waiting:
            waiting += bind(waiting.pop(), scope)
    for name in scope.elsewhere:
        scope.names.pop(name, None)


def bind(node, scope):
    """Note the names that one node binds; return the nodes in which to go on."""
    names = scope.names
    if isinstance(node, HOLDERS):
        if not isinstance(node, ast.Lambda):
            names[node.name].append(node)
        return parts_outside(node)
    if isinstance(node, ast.Import | ast.ImportFrom):
        bind_imports(node, scope)
    elif isinstance(node, ast.Global | ast.Nonlocal):
        scope.elsewhere.update(node.names)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
        targets = getattr(node, "targets", None) or [node.target]
        simple = [target for target in targets if isinstance(target, ast.Name)]
        for target in simple:
            names[target.id].append(node.value)
        return [node.value, *(target for target in targets if target not in simple)]
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        names[node.id].append(None)
    elif isinstance(getattr(node, "name", None), str):  # except ... as, case ... as
        names[node.name].append(None)
    return ast.iter_child_nodes(node)


def bind_imports(node, scope):
    files, package = files_of(scope), dotted(scope.file).split(".")
    if not scope.file.endswith("/__init__.py"):
        package = package[:-1]
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.split(".")[0]
            scope.names[alias.asname or whole] += files.imported(whole)
        return
    above = package[: len(package) - node.level + 1] if node.level else []
    module = ".".join([*above, *filter(None, [node.module])])
    for alias in node.names:
        if alias.name == "*":
            scope.stars += [module] * files.has(module)
        else:
            scope.names[alias.asname or alias.name].append(Imported(module, alias.name))


@dataclass(frozen=True)
class Imported:
    """What `from module import name` binds: looked up when somebody asks, as imports go round."""

    module: str
    name: str


def files_of(scope):
    while scope.parent is not None:
        scope = scope.parent
    return scope.files


# What does an expression stand for?


def resolve(node, scope):
    """Return what an expression stands for in a scope; see above."""
    return files_of(scope).once((node, scope), lambda: look(node, scope))


def look(node, scope):
    if isinstance(node, ast.Lambda):
        return [Function(node, scope)]
    if isinstance(node, ast.Name):
        return named(node.id, scope)
    if isinstance(node, ast.Attribute):
        bases = resolve(node.value, scope)
        return [found for base in bases for found in member(base, node.attr, scope)]
    if isinstance(node, ast.Call):
        called = resolve(node.func, scope)
        return [Instance(one) for one in called if isinstance(one, Class)]
    if isinstance(node, ast.IfExp):
        return resolve(node.body, scope) + resolve(node.orelse, scope)
    return []


def named(name, scope):
    """Return what a name stands for: in this scope, or in those around it."""
    while scope.parent is not None:
        if name in scope.names:
            return bound(name, scope)
        scope = scope.parent
    if name in scope.names:
        return bound(name, scope)
    found = scope.files.in_module(dotted(scope.file), name)
    return found or [Foreign(name)]


def bound(name, scope):
    """Return what a name that the scope binds stands for."""
    return files_of(scope).once((name, scope), lambda: look_bound(name, scope))


def look_bound(name, scope):
    found = []
    for what in scope.names[name]:
        if isinstance(what, FUNCTIONS):
            found.append(Function(what, scope))
        elif isinstance(what, ast.ClassDef):
            found.append(Class(what, scope))
        elif isinstance(what, Imported):
            found += files_of(scope).imported(what.module, what.name)
        elif isinstance(what, ast.AST):
            known = resolve(what, scope)
            # In a function, the value is part of what is looked through anyway.
            found += known or ([Value(what, scope)] if scope.once else [])
        elif what is not None:
            found.append(what)
    return found


def member(base, name, scope):
    """Return what an attribute of something stands for."""
    if isinstance(base, Foreign):
        return [Foreign(f"{base.name}.{name}")]
    if isinstance(base, Module):
        return files_of(scope).in_module(base.name, name)
    owner = base.of if isinstance(base, Instance) else base
    return in_class(owner, name) if isinstance(owner, Class) else []


def in_class(owner, name):
    """Return what a class, or one that it derives from, has under a name."""
    return files_of(owner.scope).once((owner, name), lambda: look_in_class(owner, name))


def look_in_class(owner, name):
    scope = Scope(owner.scope.file, owner.scope, once=True)
    bind_all(owner.node.body, scope)
    if name in scope.names:
        return [
            Function(one.node, owner.scope, owner)
            if isinstance(one, Function) and one.scope is scope
            else one
            for one in bound(name, scope)
        ]
    bases = [base for node in owner.node.bases for base in resolve(node, owner.scope)]
    return [found for base in bases if isinstance(base, Class) for found in in_class(base, name)]


def inside(function):
    """Return (nodes, scope): what a call of a Function runs, and the names that it has there."""
    node, scope = function.node, Scope(function.scope.file, function.scope)
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    for one in (*plain, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if one is not None:
            scope.names[one.arg].append(None)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    bind_all(body, scope)
    if function.owner and plain:
        decorators = {getattr(one, "id", "") for one in getattr(node, "decorator_list", ())}
        if "staticmethod" not in decorators:
            own = function.owner if "classmethod" in decorators else Instance(function.owner)
            scope.names[plain[0].arg] = [own]
    return body, scope


def nodes_of(used):
    """Yield (node, scope, once) of all that runs when a Function is called or a Value is made.

    once says that it runs but once, when its module is imported. What stands in a function or
    lambda in it does not run by that, and comes only if it is used.
    """
    if isinstance(used, Value):
        waiting = deque([(used.node, used.scope, True)])
    else:
        body, scope = inside(used)
        waiting = deque((node, scope, False) for node in body)
        waiting += ((node, used.scope, used.scope.once) for node in parts_outside(used.node))
    while waiting:
        node, scope, once = waiting.popleft()
        yield node, scope, once
        inner = parts_outside if isinstance(node, HOLDERS) else ast.iter_child_nodes
        waiting += ((part, scope, once) for part in inner(node))


def parts_outside(node):
    """Return what of a function or class is evaluated where it stands: decorators, defaults."""
    parts = [*getattr(node, "decorator_list", ()), *getattr(node, "bases", ())]
    if arguments := getattr(node, "args", None):
        parts += [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    return parts
