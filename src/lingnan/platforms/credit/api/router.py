"""The router all of credit's operations hang on."""

from ninja import Router

router = Router(tags=["credit"])
