"""The router all of payment's operations stand on."""

from ninja import Router

router = Router(tags=["payment"])
