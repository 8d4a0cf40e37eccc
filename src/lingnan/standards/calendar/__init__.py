"""Calendar: which days are working days, and every deadline that is counted in them.

Holidays and swapped workdays 2004 to the last published year, closures of a region, and two kinds
of day that cannot be mixed: `Workdays` and `CalendarDays`. A deadline past the last published year
is provisional and is computed again when that year is published (`CalendarPublished`).
Plan 七（二） (standards). Owns: workday overrides, published years, the calendar's version.
"""
