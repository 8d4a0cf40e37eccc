"""Agencies: the bodies that do the work, where they stand in the tree of regions, and their posts.

Answers "which fire brigade is responsible here?" by walking up from a region. Carries a demo set:
the departments after the 2018 reform, bureaus of all cities and counties, a service centre in every
town, with credit codes from a block that no register issues.
Plan 七（二） (standards). Owns: agencies, posts.
"""
