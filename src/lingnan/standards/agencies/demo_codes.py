"""Credit codes for invented agencies: valid by every check, and visibly nobody's.

GB 32100 has no block for tests, so this one is made inside the organisation code (characters 9 to
17): it starts with "DEM". Registers issue organisation codes that are all digits or start with
"MA", "MB" and so on in sequence; "DEM" is far outside. The rest is the number of the kind (two
digits) and the town part of the region code (three), so a code says who it stands for and is the
same in every installation:

    1 1 440106 DEM27000 c C
    | | |      |        | check of GB 32100
    | | |      |        check of GB 11714
    | | |      kind 27 (market supervision), no town
    | | registering authority's region
    | organ of state (2: public institution)
    registered by the staffing office
"""

from lingnan.standards.codes.types import uscc

MARK = "DEM"


def demo_uscc(*, number: str, org_class: str, region_code: str) -> str:
    """The code of the demo agency of a kind (its two-digit number) at a region.

    Of a functional area the city's code is used, and its own letter and digit as the town.
    """
    local = not region_code[4].isdigit()
    region = f"{region_code[:4]}00" if local else region_code[:6]
    town = f"{region_code[4:6]}0" if local else region_code[6:9]
    return uscc.build(
        authority="1", org_class=org_class, region_code=region, org_body=f"{MARK}{number}{town}"
    )


def is_demo_uscc(code: str) -> bool:
    """Whether a credit code is from the demo block."""
    return code[8:11] == MARK
