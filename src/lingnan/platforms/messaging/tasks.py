"""Background work of messaging. Importing this loads the job, which stands beside its work."""

from .delivery import deliver_dispatch

__all__ = ("deliver_dispatch",)
