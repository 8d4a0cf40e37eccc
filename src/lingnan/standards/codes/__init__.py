"""Codes: the national code schemes as pure functions, each with its check rule and its source.

Resident IDs, credit codes, licence identifiers, item and case codes, ISO 7064, the industry
classification GB/T 4754, small code lists and document types with a map per domain.
Plan 七（二） (standards). Owns no table: everything here is a value or a versioned CSV in `seed/`.
"""
