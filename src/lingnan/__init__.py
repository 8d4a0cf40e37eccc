"""Lingnan: an open-source digital-government platform."""
