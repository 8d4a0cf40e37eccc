"""Texts and questions as terms of the index. Pure, except that dictionaries load when first needed.

One posting list holds six kinds of term, told apart by their first character, so that one query
understands Chinese in any order, misspellings by ear, pinyin, initials, and English:

    食品      two neighbouring characters (also what is left of a phrase with one wrong character)
    _居证     characters with one between them: a phrase with one wrong or forgotten in the middle
    店        one character, for questions of one character
    ~si.pin   the sounds of two neighbouring characters, without the differences southerners do
              not make (zh/z, ch/c, sh/s, -ng/-n, n/l): words misheard or mistyped by ear
    #spj      initials, three in a row; two for questions of two letters
    =sipi     four letters in a row of the spelled-out sounds: pinyin without blanks, with slips
    residence words in Latin letters, and digits

A question is also asked in the official words for the everyday ones in it (`everyday_words.txt`:
驾照 -> 驾驶证), and by its single characters with little weight. What is found must prove itself
(`proofs`): letters that only happen to meet a document somewhere find nothing.

A word dictionary (jieba) is not used: it costs 78 MB and a second at start-up in every process for
one more hit among the 84 held-out questions of `benchmarks/items.py` (hit@5 before everyday words:
characters 0.71, characters and words 0.73, words alone 0.64; 2026-11).
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from lingnan.kernel.text import LocalisedText

TERM_LENGTH_MAX = 24
QUERY_LENGTH_MAX = 60
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[a-z]+|[0-9]+")
_PIECES = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[a-z]+|[0-9]+")
_QUESTION_WORDS = re.compile(
    "怎么样|怎么|怎样|如何|哪里|哪儿|在哪|什么|需要|我要|我想|想要|可以|可不可以|能不能|要不要|应该|请问"
    "|吗|呢|呀"
)
_SYLLABLE_LIST = """
a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can
cang cao ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai
chuan chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de dei den
deng di dia dian diao die ding diu dong dou du duan dui dun duo e ei en er fa fan fang fei
fen feng fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui
gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji
jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke kei ken
keng kong kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian
liang liao lie lin ling liu lo long lou lu luan lun luo lv lve ma mai man mang mao me mei
men meng mi mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nian
niang niao nie nin ning niu nong nou nu nuan nuo nv nve o ou pa pai pan pang pao pei pen
peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu
quan que qun ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san sang sao se
sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang
shui shun shuo si song sou su suan sui sun suo ta tai tan tang tao te tei teng ti tian tiao
tie ting tong tou tu tuan tui tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang
xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yo yong you yu
yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhei zhen
zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun
zuo
"""
_SYLLABLES = frozenset(_SYLLABLE_LIST.split())
_SYLLABLE_LENGTH_MAX = 6
_EVERYDAY_FILE = Path(__file__).parent / "everyday_words.txt"
_EVERYDAY_LENGTH_MAX = 6

Add = Callable[[Iterable[str], float], None]

# How much a kind of term says, beside how rare it is. Tuned on questions other than the held-out
# ones of `benchmarks/items.py`.
BOOST_CHARACTERS = 1.0
BOOST_CHARACTER = 0.6
BOOST_AROUND = 0.4
BOOST_SOUND = 0.35
BOOST_PINYIN = 0.8
BOOST_INITIALS = 0.9
BOOST_LETTERS = 0.35
BOOST_WORD = 1.0
BOOST_SINGLE = 0.35
BOOST_MEANT = 0.9
# Characters that carry a question and no matter: alone they would find everything.
_COMMON = frozenset(
    "的了要想我你他办证个一不有么怎样在是去到吗能可以给和也都就还没这那里上下来得着过把被让从自己"
    "请问需么哪什何手续理申请许登记业务事项部门单位公家人大小多少几次年月日时间和与及或用会做开"
)


def normalise(text: str) -> str:
    """Half-width, lower case, simplified Chinese."""
    text = unicodedata.normalize("NFKC", text).lower().replace("ü", "v")
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return str(_simplifier().convert(text))  # type: ignore[attr-defined]
    return text


@lru_cache(maxsize=1)
def _simplifier() -> object:
    """Loaded for the first text that has characters outside the simplified set."""
    return import_module("opencc").OpenCC("t2s")


@lru_cache(maxsize=50_000)
def sounds(text: str) -> tuple[str, ...]:
    """The syllables of a run of Chinese characters; the dictionary (60 MB) loads at first use."""
    readings: list[str] = import_module("pypinyin").lazy_pinyin(
        text, errors=lambda rest: ["?"] * len(rest)
    )
    return tuple(readings)


def fold(syllable: str) -> str:
    """A syllable as southern speakers may hear it: shi = si, ying = yin, niu = liu."""
    if syllable.startswith(("zh", "ch", "sh")):
        syllable = syllable[0] + syllable[2:]
    elif syllable.startswith("n") and len(syllable) > 1:
        syllable = "l" + syllable[1:]
    return syllable.removesuffix("g") if syllable.endswith("ng") else syllable


def _fold_letters(letters: str) -> str:
    for wide, narrow in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n")):
        letters = letters.replace(wide, narrow)
    return letters


def _grams(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(len(text) - size + 1)]


def _around(run: str) -> list[str]:
    return [f"_{one}{three}" for one, three in zip(run, run[2:], strict=False)]


def _pairs(syllables: tuple[str, ...]) -> list[str]:
    folded = [fold(syllable) for syllable in syllables]
    return [f"~{one}.{two}" for one, two in pairwise(folded)]


def _of_characters(run: str) -> list[str]:
    syllables = sounds(run)
    initials = "".join(syllable[0] for syllable in syllables)
    letters = _fold_letters("".join(syllables))
    return [
        *_grams(run, 2),
        *_around(run),
        *run,
        *_pairs(syllables),
        *("#" + gram for gram in _grams(initials, 3)),
        *("#" + gram for gram in _grams(initials, 2)),
        *("=" + gram for gram in _grams(letters, 4)),
    ]


def document_terms(weighted: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Term -> weight of a document made of (text, weight) fields.

    BM25 with k1 = 1.2, b = 0.75 and a fixed mean length of 40 characters; the rest of the formula
    (how rare a term is) is known only when a question is asked.
    """
    counts: dict[str, float] = {}
    length = 0
    for text, weight in weighted:
        text = normalise(text)
        length += len(text)
        terms: list[str] = []
        for run in _HAN.findall(text):
            terms += _of_characters(run)
        terms += [word for word in _LATIN.findall(text) if len(word) > 1]
        for term in dict.fromkeys(terms):
            counts[term[:TERM_LENGTH_MAX]] = counts.get(term[:TERM_LENGTH_MAX], 0.0) + weight
    norm = 1.2 * (0.25 + 0.75 * min(length, 160) / 40)
    return {term: round(count * 2.2 / (count + norm), 4) for term, count in counts.items()}


def question_terms(text: str) -> dict[str, float]:
    """Term -> boost of what someone typed."""
    text = normalise(text[:QUERY_LENGTH_MAX])
    plain = _QUESTION_WORDS.sub(" ", text)
    if not _PIECES.search(plain):
        plain = text
    boosts: dict[str, float] = {}

    def add(terms: Iterable[str], boost: float) -> None:
        for term in terms:
            boosts[term[:TERM_LENGTH_MAX]] = max(boost, boosts.get(term[:TERM_LENGTH_MAX], 0.0))

    for piece in _PIECES.findall(plain):
        if _HAN.match(piece):
            if len(piece) == 1:
                add([piece], BOOST_CHARACTER)
                continue
            add(_grams(piece, 2), BOOST_CHARACTERS)
            add((one for one in piece if one not in _COMMON), BOOST_SINGLE)
            add(_around(piece), BOOST_AROUND)
            add(_pairs(sounds(piece)), BOOST_SOUND)
        elif piece.isdigit():
            add([piece], BOOST_WORD)
        else:
            _add_latin(piece, add)
    for official in meant(text):
        add(_grams(official, 2), BOOST_MEANT)
    _add_spelled(plain, add)
    return boosts


def proofs(boosts: Mapping[str, float]) -> dict[str, float]:
    """Term -> how much its being found proves, 1 being enough: nonsense is to find nothing.

    Neighbouring characters and words prove by themselves. Initials prove when three in five are
    found and at least three, spelled-out letters when three runs are, sounds and single characters
    when two are; or all of them where the question has no more.
    """
    kinds = {term: _kind(term) for term in boosts}
    counts = Counter(kinds.values())
    needed = {
        "#": min(counts["#"], max(3, math.ceil(0.6 * counts["#"]))),
        "=": min(3, counts["="]),
        "~": min(2, counts["~"]),
        "_": min(2, counts["_"]),
        "1": min(2, counts["1"]),
    }
    return {term: round(1 / needed.get(kind, 1) + 1e-6, 6) for term, kind in kinds.items()}


def _kind(term: str) -> str:
    return term[0] if term[0] in "#=~_" else "1" if len(term) == 1 else ""


def meant(text: str) -> list[str]:
    """The official words for the everyday words in a question: 驾照 -> 驾驶证."""
    found: dict[str, None] = {}
    for length in range(min(len(text), _EVERYDAY_LENGTH_MAX), 0, -1):
        for start in range(len(text) - length + 1):
            for official in everyday_words().get(text[start : start + length], ()):
                found.setdefault(official)
    return [official for official in found if official not in text]


@lru_cache(maxsize=1)
def everyday_words() -> dict[str, tuple[str, ...]]:
    """Everyday word -> the official words it stands for; read once."""
    known: dict[str, tuple[str, ...]] = {}
    for line in _EVERYDAY_FILE.read_text(encoding="utf-8").splitlines():
        everyday, bar, official = line.partition("|")
        if not bar or line.startswith("#"):
            continue
        for word in everyday.split():
            known[word] = (*known.get(word, ()), *official.split())
    return known


def _add_latin(piece: str, add: Add) -> None:
    if len(piece) > 1:
        add([piece], BOOST_WORD)
    syllables = segment(piece)
    if len(piece) == 2:
        add(["#" + piece], BOOST_INITIALS)
    elif len(piece) <= 12 and (syllables is None or len(syllables) <= 1 or len(piece) <= 4):
        add(("#" + gram for gram in _grams(piece, 3)), BOOST_INITIALS)
    if syllables:
        add(_pairs(tuple(syllables)), BOOST_PINYIN)
    add(("=" + gram for gram in _grams(_fold_letters(piece), 4)), BOOST_LETTERS)


def _add_spelled(text: str, add: Add) -> None:
    """Pinyin written with blanks: "shi pin jing ying"."""
    words = _LATIN.findall(text)
    if len(words) < 2 or not all(word in _SYLLABLES or segment(word) for word in words):
        return
    syllables = [syllable for word in words for syllable in (segment(word) or [word])]
    add(_pairs(tuple(syllables)), BOOST_PINYIN)
    add(("=" + gram for gram in _grams(_fold_letters("".join(words)), 4)), BOOST_LETTERS)


def segment(letters: str) -> list[str] | None:
    """Split letters into the fewest pinyin syllables, or None where that is impossible."""
    best: list[list[str] | None] = [[]]
    for end in range(1, len(letters) + 1):
        found: list[str] | None = None
        for start in range(max(0, end - _SYLLABLE_LENGTH_MAX), end):
            head = best[start]
            if head is None or letters[start:end] not in _SYLLABLES:
                continue
            if found is None or len(head) + 1 < len(found):
                found = [*head, letters[start:end]]
        best.append(found)
    return best[-1]


def searchable(*, name: LocalisedText, everyday_words: Iterable[str]) -> list[tuple[str, float]]:
    """The fields of a basic item that readers search, with their weights."""
    fields = [(text, 3.0 if language == "zh-hans" else 1.5) for language, text in name.items()]
    return fields + [(words, 2.0) for words in everyday_words]
