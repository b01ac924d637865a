"""Find functions of the wrong colour: those that would make a transaction wait for a network.

The rule: ``def`` touches the database, ``async def`` touches the network, none does both. So
an ``async def`` may hand a function to a thread, but never call one that touches the
database, directly or through other functions. Calls are followed where the annotations say
what is called; a nested function or lambda is judged for itself.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

ROOT = "fedreview"
STORAGE = f"{ROOT}.storage"
ENTRANCES = {"transaction", "snapshot", "schema_change", "ping"}
COMMANDS = f"{ROOT}.cli"
LOOPS = {"run", "run_until_complete", "run_coroutine_threadsafe"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(eq=False)
class Module:
    """One file: what its names mean."""

    name: str
    imports: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Class:
    """A class: what its fields are, and its methods."""

    fields: dict[str, str] = field(default_factory=dict)
    methods: dict[str, "Code"] = field(default_factory=dict)


@dataclass(eq=False)
class Code:
    """One function, wherever it is defined."""

    node: Function | ast.Lambda
    module: Module
    owner: str
    name: str
    calls: list["Code"] = field(default_factory=list)
    enters: bool = False
    touches: bool = False

    @property
    def is_async(self) -> bool:
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_property(self) -> bool:
        return not isinstance(self.node, ast.Lambda) and any(
            _last_name(decorator) in {"property", "cached_property"}
            for decorator in self.node.decorator_list
        )

    def own_nodes(self) -> Iterator[ast.AST]:
        """Go through the body, but not into what is defined in it."""
        body = self.node.body if isinstance(self.node.body, list) else [self.node.body]
        waiting: list[ast.AST] = list(body)
        while waiting:
            node = waiting.pop()
            yield node
            if not isinstance(node, _NESTED):
                waiting.extend(ast.iter_child_nodes(node))

    def __str__(self) -> str:
        return f"{self.module.name}:{self.node.lineno} {self.name}"


def _last_name(node: ast.AST | None) -> str:
    """Name the class in ``X``, ``"X"``, ``m.X`` or ``X | None``; "" for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str(quoted)):
            return _last_name(ast.parse(quoted, mode="eval").body)
        case ast.BinOp(left=left):
            return _last_name(left)
        case _:
            return ""


class Project:
    """All functions of the given modules, and what each of them calls."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.classes: dict[str, Class] = {}
        self.functions: dict[str, Code] = {}
        self.code: list[Code] = []
        for name, source in sources.items():
            self._read(Module(name), ast.parse(source))
        for code in self.code:
            self._follow(code)
        self._spread()

    def _read(self, module: Module, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    module.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        self._collect(module, tree, owner="")

    def _collect(self, module: Module, parent: ast.AST, owner: str) -> None:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.ClassDef):
                self.classes[node.name] = Class(
                    fields={
                        item.target.id: _last_name(item.annotation)
                        for item in node.body
                        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
                    }
                )
                self._collect(module, node, owner=node.name)
                continue
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                name = "lambda" if isinstance(node, ast.Lambda) else node.name
                code = Code(node, module, owner, name)
                self.code.append(code)
                if isinstance(parent, ast.ClassDef):
                    self.classes[owner].methods[name] = code
                elif isinstance(parent, ast.Module):
                    self.functions[f"{module.name}.{name}"] = code
            self._collect(module, node, owner)

    def _follow(self, code: Code) -> None:
        scope = self._scope(code)
        for node in code.own_nodes():
            if isinstance(node, ast.Call):
                code.enters |= self._enters_storage(node.func, code)
                called = self._called(node.func, code, scope)
            elif isinstance(node, ast.Attribute):
                called = self._called(node, code, scope)
                called = called if called and called.is_property else None
            else:
                continue
            if called:
                code.calls.append(called)
        code.touches = code.enters

    def _scope(self, code: Code) -> dict[str, str]:
        arguments = code.node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        scope = {each.arg: _last_name(each.annotation) for each in every}
        scope["self"] = code.owner
        assigned = [node for node in code.own_nodes() if isinstance(node, ast.Assign)]
        for node in sorted(assigned, key=lambda node: node.lineno):
            if isinstance(node.targets[0], ast.Name):
                scope[node.targets[0].id] = self._type(node.value, code, scope)
        return scope

    def _type(self, node: ast.expr, code: Code, scope: Mapping[str, str]) -> str:
        match node:
            case ast.Name(id=name):
                return scope.get(name, "")
            case ast.Attribute(value=value, attr=name):
                owner = self.classes.get(self._type(value, code, scope))
                return owner.fields.get(name, "") if owner else ""
            case ast.Await(value=value):
                return self._type(value, code, scope)
            case ast.Call(func=func):
                called = self._called(func, code, scope)
                if called and not isinstance(called.node, ast.Lambda):
                    return _last_name(called.node.returns)
                return _last_name(func)
            case _:
                return ""

    def _called(self, func: ast.expr, code: Code, scope: Mapping[str, str]) -> Code | None:
        match func:
            case ast.Name(id=name):
                full = code.module.imports.get(name, f"{code.module.name}.{name}")
                return self.functions.get(full)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (
                module in code.module.imports
            ):
                return self.functions.get(f"{code.module.imports[module]}.{name}")
            case ast.Attribute(value=value, attr=name):
                owner = self.classes.get(self._type(value, code, scope))
                return owner.methods.get(name) if owner else None
            case _:
                return None

    def _enters_storage(self, func: ast.expr, code: Code) -> bool:
        """Tell whether this opens a transaction or calls a function of a storage module."""
        if code.module.name.startswith(STORAGE):
            return False
        match func:
            case ast.Attribute(attr=name) if name in ENTRANCES:
                return True
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                is_storage = code.module.imports.get(module, "").startswith(STORAGE)
            case ast.Name(id=name):
                is_storage = code.module.imports.get(name, "").startswith(STORAGE)
            case _:
                return False
        return is_storage and name[0].islower()

    def _spread(self) -> None:
        """Let a plain function touch the database when one that it calls does."""
        changed = True
        while changed:
            changed = False
            for code in self.code:
                if not code.touches and not code.is_async and any(c.touches for c in code.calls):
                    code.touches = changed = True

    def problems(self) -> list[str]:
        """Say which functions have the wrong colour, and why."""
        return [problem for code in self.code for problem in self._problems_of(code)]

    def _problems_of(self, code: Code) -> Iterator[str]:
        if code.is_async:
            if code.touches:
                yield f"{code} is async and touches the database"
            for called in code.calls:
                if called.touches and not called.is_async:
                    yield f"{code} is async and calls {called}, which touches the database"
        # A command is nobody's inner function: it may do one thing after the other, as long
        # as it opens no transaction of its own around the loop.
        elif (code.enters if code.module.name == COMMANDS else code.touches) and any(
            _runs_a_loop(node) for node in code.own_nodes()
        ):
            yield f"{code} touches the database and runs an event loop"


def _runs_a_loop(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LOOPS
        and _last_name(node.func.value) in {"asyncio", "loop", "runner"}
    )
