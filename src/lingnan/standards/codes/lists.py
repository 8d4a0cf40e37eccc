"""Values of the code lists."""

from dataclasses import dataclass

from .refusals import NoSuchCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """One class of GB/T 4754. `code` carries the section's letter, `numeric_code` does not."""

    code: str
    section: str
    numeric_code: str
    name: str
    level: int
    parent_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeValue:
    """One value of a short list."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """A short national list with its standard."""

    key: str
    source: str
    values: tuple[CodeValue, ...]

    def value(self, code: str) -> CodeValue:
        """Raises: NoSuchCode (404)."""
        for value in self.values:
            if value.code == code:
                return value
        raise NoSuchCode(code_list=self.key, value=code)
