from datetime import date
from typing import Literal

from ninja import Field, Schema


class SpecialDayOut(Schema):
    on: date
    is_workday: bool
    kind: str
    name: str
    name_en: str
    region_code: str
    source_doc: str


class YearOut(Schema):
    year: int
    published: bool = Field(description="False: every deadline in this year is provisional")
    days: list[SpecialDayOut]


class CalendarOut(Schema):
    version: int
    published_years: list[int]
    last_published_year: int


class DueOut(Schema):
    start: date
    on: date = Field(description="The last day of the period")
    provisional: bool = Field(description="True while a year up to then is not published")


class CountOut(Schema):
    start: date
    end: date
    workdays: int = Field(description="After start, up to and including end")


class SpecialDayIn(Schema):
    on: date
    kind: Literal["holiday", "swapped_workday"]
    name: str = Field(min_length=1, max_length=100)
    name_en: str = Field("", max_length=100)


class YearIn(Schema):
    """The official arrangement of a whole year."""

    source_doc: str = Field(min_length=1, max_length=300, examples=["国办发明电〔2025〕7号"])
    days: list[SpecialDayIn] = Field(max_length=200)


class PublishedYearOut(Schema):
    year: int
    revision: int
    source_doc: str
    published_by: str


class ClosureIn(Schema):
    """Days on which the offices of a division do not work."""

    region_code: str = Field("", max_length=12, description="Empty: the whole province")
    first_on: date
    last_on: date
    name: str = Field(min_length=1, max_length=100, examples=["台风停工"])
    name_en: str = Field("", max_length=100)
    source_doc: str = Field(min_length=1, max_length=300)


class ClosureOut(Schema):
    workdays_closed: int
