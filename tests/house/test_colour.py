"""No transaction of ours can ever wait for another server."""

import ast

import pytest

from tests.house.colour import Project
from tests.house.sources import MODULES, PACKAGE, module_name

WITHOUT_NETWORK = ("domain", "content", "activitypub", "signatures", "storage")


def test_no_function_touches_both_the_database_and_the_network() -> None:
    project = Project({module_name(path): path.read_text() for path in MODULES})

    assert project.problems() == []


@pytest.mark.parametrize("package", WITHOUT_NETWORK)
def test_packages_without_network_have_no_async_functions(package: str) -> None:
    found = [
        f"{module_name(path)}:{node.lineno}"
        for path in sorted((PACKAGE / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef)
    ]

    assert found == []


HEADER = """
import asyncio
from fedreview.storage import arrivals, queues
from fedreview.storage.accounts import find_author
from fedreview.services.signing import Signing

class Service:
    database: Database
    signing: Signing
    def read(self):
        with self.database.snapshot() as tx:
            return arrivals.count(tx)
    def read_more(self):
        return self.read()
    @property
    def key(self):
        return self.read()

def service_of(request) -> Service: ...
"""

SIGNING = """
class Signing:
    database: Database
    def keys(self):
        with self.database.transaction() as tx:
            return tx
"""


def problems(body: str) -> list[str]:
    return Project(
        {"fedreview.services.signing": SIGNING, "fedreview.services.example": HEADER + body}
    ).problems()


@pytest.mark.parametrize(
    "body",
    [
        "async def f(db):\n with db.transaction() as tx: pass",
        "async def f(db):\n with db.snapshot() as tx: pass",
        "async def f(tx):\n queues.prune(tx, before=1)",
        "async def f(tx):\n return find_author(tx, 'ana')",
        "async def f(service: Service):\n service.read()",
        "async def f(service: 'Service | None'):\n service.read_more()",
        "async def f(service: Service):\n return service.key",
        "async def f(service: Service):\n return service.signing.keys()",
        "async def f(request):\n return service_of(request).read()",
        "async def f(request):\n signing = service_of(request).signing\n return signing.keys()",
        "def g(service: Service):\n return [service.read() for _ in 'ab']\nasync def f(s):\n g(s)",
        "def f(service: Service):\n service.read()\n asyncio.run(main())",
    ],
)
def test_a_function_of_the_wrong_colour_is_found(body: str) -> None:
    assert len(problems(body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "async def f(service: Service):\n await asyncio.to_thread(service.read)",
        "async def f(service: Service):\n await asyncio.to_thread(lambda: service.key)",
        "async def f(db):\n def work():\n  with db.transaction(): pass\n await in_thread(work)",
        "async def f(tx):\n return queues.Delivery(id=1)",
        "async def g(s: Service):\n await in_thread(s.read)\nasync def f(s):\n await g(s)",
        "def f(db):\n with db.transaction() as tx: find_author(tx, 'ana')",
        "def f():\n asyncio.run(main())",
    ],
)
def test_a_function_of_one_colour_is_left_alone(body: str) -> None:
    assert problems(body) == []


def test_a_command_may_read_first_and_run_a_loop_afterwards() -> None:
    reads = "from x import y\nclass S:\n def read(self, db):\n  with db.snapshot(): pass\n"
    command = "def f(s: S, db):\n s.read(db)\n asyncio.run(main())\n"
    in_its_own_transaction = "def f(db):\n with db.snapshot():\n  asyncio.run(main())\n"

    assert Project({"fedreview.cli": reads + command}).problems() == []
    assert len(Project({"fedreview.services.x": reads + command}).problems()) == 1
    assert len(Project({"fedreview.cli": reads + in_its_own_transaction}).problems()) == 1
