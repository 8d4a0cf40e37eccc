"""Registrations that every process needs: where forms get their divisions from."""

from lingnan.kernel.web.schema_forms import register_region_source

from .source import RegionSource

register_region_source(RegionSource())
