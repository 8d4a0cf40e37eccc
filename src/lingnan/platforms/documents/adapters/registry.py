"""The store this installation is configured for."""

from functools import lru_cache

from django.conf import settings

from . import s3
from .base import Store
from .folder import FolderStore


@lru_cache(maxsize=1)
def store() -> Store:
    """The configured store, made once per process."""
    config = settings.LINGNAN
    if config.storage == "s3":
        return s3.connect(
            bucket=config.s3_bucket,
            endpoint=config.s3_endpoint,
            region=config.s3_region,
            access_key=config.s3_access_key,
            secret_key=config.s3_secret_key,
        )
    return FolderStore(config.files_dir)
