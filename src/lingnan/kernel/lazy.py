"""Modules that load when they are first used: heavy libraries that most requests never need.

    if TYPE_CHECKING:
        import openpyxl
    else:
        openpyxl = lazy_module("openpyxl")
"""

import importlib.util
import sys
from types import ModuleType


def lazy_module(name: str) -> ModuleType:
    """The module, executed at the first use of one of its attributes.

    Raises: ModuleNotFoundError at once when it is not installed.
    """
    known = sys.modules.get(name)
    if known is not None:
        return known
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
