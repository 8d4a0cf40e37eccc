"""From an outside id to a file: the owner's module says who may read it."""

from uuid import UUID

from lingnan.kernel.actors import Actor

from .errors import FileNotFound
from .models import StoredFile
from .types import DataClass, reader_of


def access_file(*, actor: Actor, file_id: UUID) -> StoredFile:
    """The file, if this actor may read it. One query besides the owner's own.

    Raises: FileNotFound (404), the same for what does not exist and what is not the asker's.
    """
    row = StoredFile.objects.filter(pk=file_id).first()
    if row is None:
        raise FileNotFound
    if row.data_class == DataClass.PUBLIC or actor.is_system:
        return row
    can_read = reader_of(row.owner_kind)
    if can_read is None or not can_read(actor, row.owner_id):
        raise FileNotFound
    return row
