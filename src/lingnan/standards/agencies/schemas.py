from uuid import UUID

from ninja import Field, Schema


class AgencyOut(Schema):
    id: UUID
    uscc: str
    name: str
    short_name: str
    name_en: str
    kind: str
    level: int
    region_code: str
    region_name: str
    region_path: str
    parent_id: UUID | None
    is_demo: bool = Field(description="An invented body with a reserved credit code")


class PostOut(Schema):
    id: UUID
    code: str
    title: str
    title_en: str


class AgencyKindOut(Schema):
    code: str
    name: str


class NewPostIn(Schema):
    code: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=80)
    title_en: str = Field("", max_length=120)


class NewAgencyIn(Schema):
    """An agency to enter. The credit code is checked strictly."""

    uscc: str = Field(min_length=18, max_length=18)
    name: str = Field(min_length=1, max_length=150)
    short_name: str = Field(min_length=1, max_length=80)
    name_en: str = Field(min_length=1, max_length=250)
    kind: str = Field(max_length=40)
    region_code: str = Field(max_length=12)
    parent_uscc: str = Field("", max_length=18)
    posts: list[NewPostIn] = Field([], max_length=50)
