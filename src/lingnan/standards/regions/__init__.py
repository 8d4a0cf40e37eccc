"""Regions: the divisions of Guangdong with explicit parents, validity and successors.

Five levels from province to village, the functional areas that have no national code, and the old
codes with what became of them, so that an address or a case from 2018 still resolves.
Plan 七（二） (standards). Owns: regions, successions, which edition of the seed is loaded.
Seed: `seed/` (National Bureau of Statistics, as of 2023-06-30; see its README).
"""
