"""A column of text that runs on over pages."""

from .model import BLACK, GREY, Face, Page, Paper
from .setting import break_lines, put_centred, put_line


class Flow:
    """Where the next line goes; opens pages as they fill."""

    def __init__(
        self, paper: Paper, *, left: float, top: float, measure_mm: float, bottom: float
    ) -> None:
        self.paper = paper
        self.left, self.top, self.measure_mm, self.bottom = left, top, measure_mm, bottom
        self.page = Page()
        self.y = top
        paper.pages.append(self.page)

    def need(self, height: float) -> None:
        """Go to a new page unless this much room is left."""
        if self.y + height > self.bottom:
            self.page = Page()
            self.paper.pages.append(self.page)
            self.y = self.top + 5

    def paragraph(
        self,
        text: str,
        *,
        size_mm: float,
        leading_mm: float,
        face: Face = Face.SONG,
        indent_mm: float = 0.0,
        left_mm: float = 0.0,
        colour: str = BLACK,
    ) -> None:
        """Set a paragraph at the cursor. A page never begins or ends with a line alone."""
        room = self.measure_mm - left_mm
        lines = break_lines(face, text, size_mm, room, indent_mm=indent_mm)
        for number, line in enumerate(lines):
            together = 2 if number == 0 and len(lines) > 1 else 1
            together = 2 if number == len(lines) - 2 and len(lines) > 2 else together
            self.need(together * leading_mm - size_mm)
            put_line(
                self.page,
                line,
                x=self.left + left_mm,
                y=self.y,
                measure_mm=room,
                size_mm=size_mm,
                face=face,
                indent_mm=indent_mm if number == 0 else 0.0,
                colour=colour,
            )
            self.y += leading_mm

    def number_pages(self) -> None:
        """ "— 1 —" under each page when there are several. Source: GB/T 9704-2012, 7.5."""
        if len(self.paper.pages) > 1:
            for number, page in enumerate(self.paper.pages, 1):
                put_centred(
                    page,
                    f"— {number} —",
                    centre_x=page.width / 2,
                    y=page.height - 20,
                    size_mm=4.4,
                    colour=GREY,
                )
