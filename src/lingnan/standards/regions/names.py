"""Names of divisions in pinyin and English, made when the seed is built."""

from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import to_normal

from .models import RegionKind

# Readings that the general dictionary gives otherwise.
READINGS = {
    "大埔": ["da", "bu"],
    "番禺": ["pan", "yu"],
    "东莞": ["dong", "guan"],
    "莞城": ["guan", "cheng"],
    "乐昌": ["le", "chang"],
    "陂": ["bei"],
    "圩": ["xu"],
    "埗": ["bu"],
    "冚": ["kan"],
    "垌": ["dong"],
    "塱": ["lang"],
    "滘": ["jiao"],
    "岽": ["dong"],
    "畲": ["she"],
    "輋": ["she"],
    "长": ["chang"],
    "重阳": ["chong", "yang"],
    "曲江": ["qu", "jiang"],
    "厚街": ["hou", "jie"],
    "大沥": ["da", "li"],
    "花都": ["hua", "du"],
    "佛冈": ["fo", "gang"],
    "佛山": ["fo", "shan"],
}
ENGLISH_KINDS = {
    RegionKind.PROVINCE: ("省", "Province"),
    RegionKind.CITY: ("市", "City"),
    RegionKind.DISTRICT: ("区", "District"),
    RegionKind.COUNTY: ("县", "County"),
    RegionKind.COUNTY_CITY: ("市", "City"),
    RegionKind.SUBDISTRICT: ("街道", "Subdistrict"),
    RegionKind.TOWN: ("镇", "Town"),
    RegionKind.TOWNSHIP: ("乡", "Township"),
}
AS_NAMED = {
    "城区": "Chengqu District",
    "连山壮族瑶族自治县": "Lianshan Zhuang and Yao Autonomous County",
    "连南瑶族自治县": "Liannan Yao Autonomous County",
    "乳源瑶族自治县": "Ruyuan Yao Autonomous County",
}


def syllables(name: str) -> list[str]:
    """The syllables of a name without tones; what is not Chinese stays as it is, in lower case."""
    found: list[str] = []
    place = 0
    while place < len(name):
        for length in (2, 1):
            reading = READINGS.get(name[place : place + length])
            if reading:
                found += reading
                place += length
                break
        else:
            following = next(
                (
                    end
                    for end in range(place + 1, len(name))
                    if name[end] in READINGS or name[end : end + 2] in READINGS
                ),
                len(name),
            )
            found += lazy_pinyin(name[place:following], style=Style.NORMAL)
            place = following
    plain = (to_normal(part).lower().replace("ü", "v") for part in found)
    letters = ("".join(c for c in part if c.isascii() and c.isalnum()) for part in plain)
    return [part for part in letters if part]


def pinyin(name: str) -> str:
    return "".join(syllables(name))


def initials(name: str) -> str:
    return "".join(part[0] for part in syllables(name))


def english(name: str, kind: str) -> str:
    """ "天河区" -> "Tianhe District"; empty for kinds that have no settled English ending."""
    if name in AS_NAMED:
        return AS_NAMED[name]
    if kind not in ENGLISH_KINDS:
        return ""
    ending, word = ENGLISH_KINDS[RegionKind(kind)]
    stem = name.removesuffix("办事处").removesuffix(ending)
    return f"{_romanised(stem or name)} {word}"


def _romanised(stem: str) -> str:
    """Syllables as one word, an apostrophe before a vowel (Bao'an, Nan'ao)."""
    parts = [part.replace("v", "yu" if part in {"lv", "nv"} else "u") for part in syllables(stem)]
    joined = "".join(
        f"'{part}" if index and part[0] in "aeo" else part for index, part in enumerate(parts)
    )
    return joined.capitalize()
