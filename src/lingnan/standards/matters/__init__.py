"""Matters (事项): what government does for people, and on what terms.

Duties lead to basic items (12-character codes), these to implementation lists (31) of single
bodies, these to options (33). Name, code, legal basis and type live on the basic item alone, so
they are the same at every level (四级四同); the other unified elements may be tightened below and
never loosened. A list is drafted, reviewed by someone else, published, changed by a new version,
suspended, cancelled; cases pin the version they were made under. Imports from tables with a report
for every row, keeps the codes of foreign schemes beside ours, and finds items by everyday words,
pinyin and misspellings.

Plan 七（二） (standards), 五（三） (service items). Owns: Duty, BasicItem, UnifiedElement,
ServiceItem, ItemVersion, ServiceOption, ItemStep, ImportRun, SearchDocument, SearchPosting.
"""
