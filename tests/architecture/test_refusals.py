"""Every refusal is provoked by some test: by its class or by its code."""

import re
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import lingnan
from lingnan.kernel.errors import Refusal, refusal_classes

PACKAGE = Path(lingnan.__file__).parent
REPOSITORY = PACKAGE.parents[1]
# A code is words with points between them ("payment.day_not_found"), a class name is one word.
_WORD = re.compile(r"\w+(?:\.\w+)*")


def refusals_with_a_code() -> list[type[Refusal]]:
    """Every refusal of the product that says more than the one it is made from."""
    for path in PACKAGE.rglob("errors.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        import_module(".".join(parts))
    return [
        cls
        for cls in refusal_classes()
        if cls.__module__.startswith("lingnan.")
        and ".tests." not in cls.__module__
        and "code" in vars(cls)
    ]


def words_of_tests() -> dict[Path, set[str]]:
    """Each word of each test file, and each run of words joined by points."""
    files = [*(REPOSITORY / "tests").rglob("*.py"), *PACKAGE.glob("**/tests/**/*.py")]
    words = {}
    for path in files:
        if path != Path(__file__):
            runs = _WORD.findall(path.read_text(encoding="utf-8"))
            words[path] = {*runs, *(word for run in runs for word in run.split("."))}
    return words


def test_each_refusal_is_provoked_by_a_test() -> None:
    refusals = refusals_with_a_code()
    words = words_of_tests()
    everywhere = set().union(*words.values())
    names = Counter(cls.__name__ for cls in refusals)

    def is_named(cls: type[Refusal]) -> bool:
        if names[cls.__name__] == 1:
            return cls.__name__ in everywhere
        # A name that two modules use says something in the module's own tests only.
        home = Path(str(sys.modules[cls.__module__].__file__)).parent
        return any(cls.__name__ in words[path] for path in words if path.is_relative_to(home))

    untested = sorted(
        f"{cls.__module__}.{cls.__name__}  {cls.code}"
        for cls in refusals
        if cls.code not in everywhere and not is_named(cls)
    )
    assert len(refusals) > 300
    assert not untested, "no test names:\n" + "\n".join(untested)
