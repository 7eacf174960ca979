"""Tests that unittest runs; Django's runner and pytest run them through it too.

A test begins with `__call__`, as Django loads fixtures there. All that is not the test method itself is its setup.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable, Optional

from .. import scopes
from ..fence import fenced
from ..stack import STOP, code_of, stacks
from . import testcases
from .wrap import wrap


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("unittest.case", watch_cases)
    register("unittest.suite", watch_suites)


def watch_cases(module: ModuleType) -> None:
    case = module.TestCase
    wrap(case, "__call__", _around_test)
    wrap(case, "run", _around_run)
    wrap(case, "_callTestMethod", _around_method)
    stacks.mark(code_of(case._callTestMethod), STOP)
    from .. import inject

    inject.watcher.watch("django.test.testcases", lambda django: wrap(django.SimpleTestCase, "__call__", _around_test))
    inject.watcher.watch("unittest.async_case", lambda cases: _watch_async(cases))


def _watch_async(module: ModuleType) -> None:
    wrap(module.IsolatedAsyncioTestCase, "_callTestMethod", _around_method)


def watch_suites(module: ModuleType) -> None:
    for name in ("_handleClassSetUp", "_tearDownPreviousClass", "_handleModuleFixture", "_handleModuleTearDown"):
        wrap(module.TestSuite, name, _around_class_fixture)


def _around_test(original: Callable[..., Any]) -> Callable[..., Any]:
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        if testcases.current_test() is not None:
            return original(self, *args, **kwargs)
        running = testcases.begin(_name(self))
        _remember(self, running)
        token = testcases.enter_setup(running)
        try:
            return original(self, *args, **kwargs)
        finally:
            scopes.leave(token)
            _remember(self, None)
            testcases.end(running, _outcome(self, args))

    return __call__


def _around_run(original: Callable[..., Any]) -> Callable[..., Any]:
    """pytest calls `run` within a test of its own: what unittest does around the method is setup there too."""

    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        scope = scopes.current.get()
        if _running(self) is not None or scope is None or scope.kind != "test":
            return original(self, *args, **kwargs)
        running = _below(scope)
        _remember(self, running)
        token = testcases.enter_setup(running)
        try:
            return original(self, *args, **kwargs)
        finally:
            scopes.leave(token)
            _remember(self, None)

    return run


def _around_method(original: Callable[..., Any]) -> Callable[..., Any]:
    def _callTestMethod(self: Any, *args: Any, **kwargs: Any) -> Any:
        running = _running(self)
        token = testcases.enter_test(running)
        _enter_in_loop(self, running)
        try:
            return original(self, *args, **kwargs)
        finally:
            scopes.leave(token)

    return _callTestMethod


def _around_class_fixture(original: Callable[..., Any]) -> Callable[..., Any]:
    def fixture(self: Any, test: Any, *args: Any, **kwargs: Any) -> Any:
        scope = _begin_class(test)
        token = scopes.enter(scope)
        try:
            return original(self, test, *args, **kwargs)
        finally:
            scopes.leave(token)
            scopes.end(scope)

    return fixture


@fenced
def _begin_class(test: Any) -> Optional[scopes.Scope]:
    kind = type(test)
    return scopes.begin("setup", f"{kind.__module__}.{kind.__qualname__}")


@fenced
def _below(test: scopes.Scope) -> Optional[testcases.Running]:
    setup = scopes.begin("setup", test.name, test)
    return testcases.Running(test, setup) if setup is not None else None


@fenced
def _enter_in_loop(test: Any, running: Optional[testcases.Running]) -> None:
    """unittest's async tests run in a context that was copied before the test began."""
    context = test.__dict__.get("_asyncioTestContext")
    if context is not None and running is not None:
        context.run(scopes.current.set, running.test)


@fenced
def _name(test: Any) -> str:
    return str(test.id())


def _running(test: Any) -> Optional[testcases.Running]:
    found = test.__dict__.get("_luthier_running")
    return found


@fenced
def _remember(test: Any, running: Optional[testcases.Running]) -> None:
    if running is None:
        test.__dict__.pop("_luthier_running", None)
    else:
        test.__dict__["_luthier_running"] = running


_OUTCOMES = {"addSuccess": "passed", "addFailure": "failed", "addError": "error", "addSkip": "skipped", "addExpectedFailure": "passed"}


@fenced
def _outcome(test: Any, args: Any) -> Optional[str]:
    """What the result object says of this test; in a worker of Django's parallel runner it lists events."""
    result = args[0] if args else None
    events = getattr(result, "events", None)
    if isinstance(events, list):
        return next((_OUTCOMES[event[0]] for event in reversed(events) if event[0] in _OUTCOMES), None)
    for name, outcome in (("failures", "failed"), ("errors", "error"), ("skipped", "skipped")):
        entries = getattr(result, name, None)
        if isinstance(entries, list) and entries and entries[-1][0] is test:
            return outcome
    return "passed"
