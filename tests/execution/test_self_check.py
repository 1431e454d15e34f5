"""The check at start detects a broken `execution/`; the default executor answers then."""

import ast
import gc
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

import execution
from execution import engine as engine_module
from execution import scalar_serializers, self_check
from execution.engine import Engine
from execution.planned_schema import PlannedSchema
from execution.scalar_serializers import TimeTextCache
from served_schema.limits import Limits
from tests.execution.test_documents import ask, codes
from tests.schemas import converted_once

PATHS = sorted(Path(str(execution.__path__[0])).glob("*.py"))
MODULES: Mapping[str, ModuleType] = {path.stem: importlib.import_module(f"execution.{path.stem}") for path in PATHS}
CHECKING = ("engine", "self_check")
OF_EXPORTS = ("tables",)  # tests/export compares them with JSON
NEVER_CALLED = {  # by any operation that the check could ask
    "fragment_cache:FragmentCache._age": "only once a hundred lists were looked up",
    "planned_schema:PlanExecutor.compile": "compiles trusted documents, which are none yet",
    "planned_schema:PlannedSchema._compile": "as above",
    "planned_schema:PlannedSchema._lookup_counts": "called when trusted documents are read again",
    "plan:Info.__getattr__": "raises all the same",
    "plan:_close": "runs when a plan has failed already",
    "column_selection:PythonEncoder.whole": "the store of fragments has its own",
    "column_selection:_StructEncoder.row": "an object in a row is completed as a row",
    "column_selection:_StructEncoder.whole": "the rows of CoinGlass' lists are stored end to end",
    "scalar_serializers:TimeTextCache.__init__": "called when the module is imported",
    "validation:_kinds": "called when the module is imported",
}


def hooks() -> Iterator[str]:
    """Yield every function and method as `module:Class.name`."""
    for path in PATHS:
        if path.stem not in (*CHECKING, *OF_EXPORTS):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef):
                    yield f"{path.stem}:{node.name}"
                elif isinstance(node, ast.ClassDef) and not any(map(_is_protocol, node.bases)):
                    functions = (item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef))
                    yield from (f"{path.stem}:{node.name}.{item.name}" for item in functions)


def _is_protocol(base: ast.expr) -> bool:
    return isinstance(base, ast.Name) and base.id == "Protocol"


def break_(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the function raise in every module that imports it."""

    def broken(*_: object, **__: object) -> object:
        raise RuntimeError(hook)

    module, _, path = hook.partition(":")
    class_, _, name = path.rpartition(".")
    if class_:
        owner = getattr(MODULES[module], class_)
        monkeypatch.setattr(owner, name, property(broken) if isinstance(vars(owner)[name], property) else broken)
        return
    real = getattr(MODULES[module], name)
    for item in MODULES.values():
        if getattr(item, name, None) is real:
            monkeypatch.setattr(item, name, broken)
    for scalar, convert in scalar_serializers._SCALARS.items():
        if convert is real or getattr(convert, "__qualname__", "").startswith(f"{name}."):
            monkeypatch.setitem(scalar_serializers._SCALARS, scalar, broken)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is cached by what other tests did, and what would wait for ever does not."""
    monkeypatch.setattr(scalar_serializers, "times", TimeTextCache())
    monkeypatch.setattr(self_check, "_MAX_SECONDS", 2.0)
    scalar_serializers._day.cache_clear()
    scalar_serializers._time_of_day.cache_clear()
    with converted_once():
        yield


@pytest.mark.filterwarnings("ignore:.*was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("hook", [hook for hook in hooks() if hook not in NEVER_CALLED])
def test_a_broken_hook_is_detected(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_(hook, monkeypatch)
    assert engine_module._planned(100_000, limits=Limits(calls=10)) is None
    gc.collect()  # of what it has left, the warnings are ignored here, but not in the tests that follow


def test_the_hooks_that_the_check_does_not_call_exist() -> None:
    assert set(hooks()) > NEVER_CALLED.keys()


def test_the_check_leaves_no_state_behind() -> None:
    engine = Engine(100_000)
    assert engine.uses_plans
    assert (engine.documents.hits, engine.documents.misses, engine.documents.size) == (0, 0, 0)
    assert (engine.fragments.hits, engine.counts.hits, engine.counts.misses) == (0, 0, 0)


async def test_the_default_executor_answers_if_the_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    break_("plan:Execution.run", monkeypatch)
    engine = Engine(100_000, limits=Limits(calls=1))
    assert not isinstance(engine.schema, PlannedSchema)
    for _ in range(2):
        assert (await ask(engine, "{ upstreamQuota { limit } }")).data == {"upstreamQuota": {"limit": 1200}}
    query = 'coin(symbol: "BTC") { fundingRate(interval: H1) { __typename } openInterest(interval: H1) { __typename } }'
    assert codes(await ask(engine, f"{{ {query} }}")) == ["QUERY_TOO_COMPLEX"]


def test_plans_work_without_a_fragment_cache() -> None:
    assert Engine(0).uses_plans
