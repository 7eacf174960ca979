"""Starts Luthier's recorder in every Python that `luthier record` runs, then makes way for the user's own sitecustomize.

Python imports this module at startup because its folder is on PYTHONPATH. It must stay harmless in any version of
Python: what it cannot do, it leaves.
"""

import os
import sys


def _start_recorder(here):
    settings = os.environ.get("LUTHIER_RECORDING")
    if not settings or sys.version_info < (3, 9):
        return
    package = os.path.join(os.path.dirname(here), "luthier_recorder")
    try:
        from importlib.util import module_from_spec, spec_from_file_location

        spec = spec_from_file_location(
            "luthier_recorder", os.path.join(package, "__init__.py"), submodule_search_locations=[package]
        )
        module = module_from_spec(spec)
        sys.modules["luthier_recorder"] = module
        spec.loader.exec_module(module)
        module.start(settings)
    except Exception:
        sys.modules.pop("luthier_recorder", None)


def _make_way(here):
    """Takes this folder off sys.path and imports the sitecustomize that Python would have found without us."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    sys.path_importer_cache.pop(here, None)
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") not in ("sitecustomize", None):
            raise
    finally:
        if ours is not None:
            sys.modules.setdefault("sitecustomize", ours)


_here = os.path.dirname(os.path.abspath(__file__))
_start_recorder(_here)
_make_way(_here)
