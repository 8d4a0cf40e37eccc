"""Shapes of files in the API."""

from datetime import datetime
from uuid import UUID

from ninja import Field, Schema


class FileOut(Schema):
    """What is known of a file; its content is at `content_url`."""

    id: UUID
    name: str
    media_type: str
    size_bytes: int
    digest_sm3: str = Field(description="Hexadecimal, GB/T 32905")
    digest_sha256: str
    stored_at: datetime
    content_url: str

    @staticmethod
    def resolve_content_url(row: object) -> str:
        return f"/api/v1/documents/{getattr(row, 'id', '')}/content"
