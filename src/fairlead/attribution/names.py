"""Names in comparable form: any script in Latin letters, titles gone, generation marks kept, and what a word of a name is.

Transliteration is anyascii's table (ISC licence). A word has four forms: as folded; ``plain``, in which ä and ae are
one; ``sound``, in which spellings of one name meet (Sofie, Sophie); ``bones``, its consonants, which is all that a
script without vowels and a transliteration by ear have in common (سامي and Sami).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import pyarrow as pa
from anyascii import anyascii
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

UNRELATED_BELOW = 0.85
"""Similarity (Jaro-Winkler) under which two words of a name are two."""
TELLING_BONES = 3
"""Consonants of a whole name that must agree before two scripts are said to hold one name."""
WHOLE_NAME_LETTERS, WHOLE_NAME_SLIPS = 8, 2
"""A whole name, blanks left out, of so many letters may be one with another that differs in so many."""
MARKS = frozenset({"senior", "junior", "first", "second", "third", "fourth"})
"""Generation marks in the one form in which a name carries them, as its last word."""

_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "å": "a", "ß": "ss", "ł": "l", "đ": "d", "þ": "th", "ð": "d", "œ": "oe", "ё": "е"}
)


@dataclass(frozen=True, slots=True)
class _Data:
    titles: frozenset[str]
    particles: frozenset[str]
    marks: dict[str, str]
    nicknames: dict[str, frozenset[int]]
    given: frozenset[str]


@cache
def _data() -> _Data:
    folder = resources.files("fairlead.attribution") / "data"
    raw = tomllib.loads((folder / "names.toml").read_text("utf-8"))
    groups: dict[str, set[int]] = {}
    for number, group in enumerate(raw["nicknames"]):
        for name in group.split():
            groups.setdefault(name, set()).add(number)
    lines = (folder / "given_names.txt").read_text("utf-8").splitlines()
    return _Data(
        titles=frozenset(raw["titles"]),
        particles=frozenset(raw["particles"]),
        marks={written: mark for mark, forms in raw["marks"].items() for written in forms},
        nicknames={name: frozenset(numbers) for name, numbers in groups.items()},
        given=frozenset(line for line in lines if not line.startswith("#")) | frozenset(groups),
    )


def fold(text: str) -> str:
    """Latin letters without marks and case, other signs as single blanks; other scripts are transliterated."""
    lowered = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = "".join(c for c in lowered if not unicodedata.combining(c))
    if not kept.isascii():
        kept = anyascii(kept).casefold().replace("'", "").replace("`", "")
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())


def fold_name(text: str) -> str:
    """A full name in comparable form: `Berg, Dr. Anna` is `anna berg`, `Hans Jensen jr.` is `hans jensen junior`.

    Titles and particles (van der, de la, bin) are left out, where two other words remain.
    """
    family, comma, rest = text.partition(",")
    data = _data()
    if comma and "," not in rest and fold(rest) not in data.marks:
        text = f"{rest} {family}"
    marked = re.sub(r"\bd\.\s?[äæ]\.?", "senior", re.sub(r"\bd\.\s?y\.?", "junior", text.casefold()))
    words = fold(marked).split()
    mark = ""
    while len(words) > 2 and words[-1] in data.marks:
        mark = data.marks[words.pop()]
    for dropped in (data.titles, data.particles):
        kept = [word for word in words if word not in dropped]
        words = kept if len(kept) >= min(2, len(words)) else words
    return " ".join([*words, mark] if mark else words)


def plain(word: str) -> str:
    """A folded word in which ä and ae, ö and oe, ü and ue, å and aa are one."""
    return re.sub(r"ae|aa", "a", word).replace("oe", "o").replace("ue", "u")


_SOUNDS = [
    (re.compile(pattern), by)
    for pattern, by in (
        ("chr", "kr"), ("sch|tsh", "sh"), ("sz", "sh"), ("cz|tch", "ch"), ("ph", "f"), ("ck|q", "k"), ("x", "ks"),
        ("kh", "k"), ("c(?!h)", "k"), ("w", "v"), ("ou|oo", "u"), ("ee", "i"), ("yo|jo", "io"), ("(?<=.)[yj]", "i"),
        ("dj|dzh", "j"), ("(?<=[^cs])h", ""), (r"(.)\1+", r"\1"),
    )
]  # fmt: skip


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """A folded word in a form in which usual spellings of one name meet."""
    word = plain(word)
    for pattern, by in _SOUNDS:
        word = pattern.sub(by, word)
    return word


def bones(word: str) -> str:
    """The consonants of a folded word, doubled ones once, by which transliterations meet."""
    if not re.search("[aeiou]", word):
        word = word.replace("w", "")  # a letter that is a vowel as often as not where vowels are not written
    kept = re.sub("[aeiouyjhw]", "", sound(word)).replace("g", "k").replace("p", "b").replace("v", "f")
    return re.sub(r"(.)\1+", r"\1", kept)


def is_given(word: str) -> bool:
    """Whether the lists know the word as a given name."""
    return word in _data().given


def nickname_groups(word: str) -> frozenset[int]:
    """The groups of names that stand for one another (Bob, Robert) in which the word is."""
    return _data().nicknames.get(word, frozenset())


def are_two_given_names(left: str, right: str) -> bool:
    """Whether the lists know both words, as names that do not stand for one another: Marie and Marine."""
    return (
        left != right
        and is_given(left)
        and is_given(right)
        and sound(left) != sound(right)
        and not _is_one_without_vowels(left, right)
        and not nickname_groups(left) & nickname_groups(right)
    )


def are_alike(left: str, right: str) -> bool:
    """Whether two words may be one: an initial, one spelling or another, a nickname, or a slip of the keyboard."""
    if len(left) == 1 or len(right) == 1:
        return left[0] == right[0]
    if left == right or sound(left) == sound(right) or nickname_groups(left) & nickname_groups(right):
        return True
    if DamerauLevenshtein.distance(left, right) <= 1:
        return True
    if JaroWinkler.similarity(left, right) >= UNRELATED_BELOW:
        return True
    return bones(left) == bones(right) and (len(bones(left)) > 1 or _is_one_without_vowels(left, right))


def _is_one_without_vowels(left: str, right: str) -> bool:
    """Whether one word is of a script that writes no vowels, and its consonants are those of the other."""
    return bool(re.search("[aeiou]", left)) != bool(re.search("[aeiou]", right)) and bones(left) == bones(
        right
    )


def words_of(words: Iterable[str]) -> pa.Table:
    """For each word its forms, whether it is a given name, and its nickname groups: what statements join with."""
    listed = sorted(set(words))
    return pa.table(
        {
            "word": pa.array(listed, pa.string()),
            "plain": pa.array(map(plain, listed), pa.string()),
            "sound": pa.array(map(sound, listed), pa.string()),
            "bones": pa.array(map(bones, listed), pa.string()),
            "given": pa.array(map(is_given, listed), pa.bool_()),
            "nicknames": pa.array((sorted(nickname_groups(w)) for w in listed), pa.list_(pa.int64())),
        }
    )
