"""Tests that pytest runs, also in the workers of pytest-xdist.

The plugin is registered where pytest reads PYTEST_PLUGINS, and not by that variable: a Python that ignores our
sitecustomize would inherit it and fail to import the plugin.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable, Iterator

from .. import scopes
from ..fence import fenced
from ..stack import STOP, code_of, stacks
from . import testcases
from .wrap import wrap


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("_pytest.config", watch_config)
    register("_pytest.python", lambda module: stacks.mark(code_of(module.pytest_pyfunc_call), STOP))


def watch_config(module: ModuleType) -> None:
    @fenced
    def add(manager: Any) -> None:
        if not manager.hasplugin("luthier"):
            manager.register(plugin(), "luthier")

    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def consider_env(self: Any) -> Any:
            result = original(self)
            add(self)
            return result

        return consider_env

    wrap(module.PytestPluginManager, "consider_env", around)


def plugin() -> Any:
    """The plugin object; pytest is imported by now."""
    import pytest

    running: dict[str, Any] = {}
    outcomes: dict[str, str] = {}

    class Plugin:
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
            test = testcases.begin(item.nodeid)
            running[item.nodeid] = test
            token = testcases.enter_setup(test)
            yield
            scopes.leave(token)
            running.pop(item.nodeid, None)
            testcases.end(test, outcomes.pop(item.nodeid, None))

        @pytest.hookimpl(hookwrapper=True, trylast=True)
        def pytest_runtest_call(self, item: Any) -> Iterator[None]:
            token = testcases.enter_test(running.get(item.nodeid))
            yield
            scopes.leave(token)

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.when == "call" or report.outcome != "passed":
                outcomes[report.nodeid] = report.outcome

    return Plugin()
