"""Registrations that every process needs: the checks behind the form widgets of national codes."""

from lingnan.kernel.web.schema_forms import register_check

from . import resident_id, uscc

register_check("resident_id", resident_id.is_valid)
register_check("uscc", uscc.is_valid)
