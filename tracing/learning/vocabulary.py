"""The vocabulary of requests to a coding agent, English and German: what says little, what is to be done, about what.

What the words are about stands in topics.py.
"""

# ruff: noqa: E501, SIM905 - tables of patterns and of words are read by line

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tracing.learning import topics


def one_by_one(text: str) -> frozenset[str]:
    """Return the words of *text*, as a list of them is read best."""
    return frozenset(text.split())


STOPWORDS = one_by_one(
    """a an the and or but if of to in on at by for from with without into onto as is are was were be been being am
    do does did done has have had it its this that these those there here he she they we you i me my our
    your their his her them us what which who when where how why can could should would will shall may might
    must not no yes so than then too very just also only please pls plz bitte kindly thanks thank thx danke
    ok okay hey hi hello hallo let lets want need needs wants like get gets got go going some any all every
    each more most other another same such about around over under again still now still already really
    actually maybe perhaps sure sth something anything thing things stuff bit der die das den dem des ein
    eine einen einem einer eines und oder aber wenn von vom zu zum zur im am auf aus bei mit ohne nach fuer
    durch um als ist sind war waren sein bin hat haben hatte es er sie wir ihr ich mir mich uns unser unsere
    dein deine euch man nicht kein keine nein ja doch so dann auch nur noch schon mal eben halt gerade jetzt
    hier dort da was wer wie wo warum wieso weshalb welche welcher welches kann kannst koennte koenntest
    soll sollte sollen will wollen muss muessen wird werden wurde dass weil damit bitte gern gerne etwas
    alles alle jede jeder jedes mehr sehr ganz immer wieder mach mache machen make makes made making im ive
    id dont doesnt isnt cant wont its whats theres"""
)
"""Words that say nothing about what is wanted."""

COMMON = one_by_one(
    """code file files project repo repository app application function functions method class module line lines
    new old good bad right wrong way work works working use uses using look looks change changes changed
    give put take see know datei dateien projekt funktion klasse modul zeile zeilen neu neue neuen neuer alt
    gut richtig schau guck bau baue current properly correctly quick quickly simple small big first last
    next one two"""
)
"""Words of nearly every request."""

_ACTIONS = {
    "fix": "fix fixes fixed bug bugs repair resolve solve broken breaks fails failing fail crash crashes crashing"
    " defect hotfix patch korrigiere behebe beheb beheben repariere repariert reparieren kaputt fehlerhaft absturz stuerzt",
    "investigate": "debug debugge investigate diagnose find why trace reproduce analyse analyze figure untersuche"
    " warum wieso ursache herausfinden finde",
    "add": "add implement create introduce build support extend feature write generate scaffold fuege hinzu"
    " hinzufuegen ergaenze erstelle erstellen einbauen implementiere anlegen schreib schreibe",
    "refactor": "refactor refactoring restructure extract split simplify cleanup tidy deduplicate reorganize decouple"
    " modularize umbauen aufraeumen vereinfache vereinfachen umstrukturieren aufteilen",
    "rename": "rename renaming umbenennen umbenenne renames",
    "remove": "remove delete drop prune purge unused dead entferne entfernen loesche loeschen rauswerfen",
    "update": "update upgrade bump migrate port modernize aktualisiere aktualisieren hochziehen umstellen",
    "explain": "explain describe understand meaning overview walk summarize summarise erklaere erklaer erklaeren"
    " verstehen beschreibe beschreib ueberblick zusammenfassung",
    "document": "document docs documentation readme docstring docstrings changelog dokumentiere dokumentation doku",
    "review": "review audit check inspect assess pruefe pruefen begutachte durchsehen anschauen gegenlesen kritisch"
    " opinion meinung approach approve freigeben freigebe senior reviewer object bite honest missed"
    " changes thoughts nitpick sanity sanity-check verbesserungsvorschlaege lgtm einwaende risky risk"
    " risiko",
    "test": "test tests testing coverage testen testfaelle testabdeckung unittest unittests unit abgedeckt"
    " getestet testlauf phpunit xunit nunit assertj tested checks",
    "optimise": "optimize optimise speed faster slow performance perf latency bottleneck profile profiling beschleunige"
    " schneller langsam optimiere performanz",
    "deploy": "deploy deployment release publish rollout ship ausrollen veroeffentlichen bereitstellen",
    "commit": "commit push merge rebase branch pr cherry-pick squash committe pushe",
    "format": "format lint linter formatting formatter style formatieren formatiere",
    "configure": "configure config configuration setup set install konfiguriere einrichten einstellen installiere",
}

GREETINGS = frozenset("hey hi hello hallo ok okay please pls bitte so and und also moin".split())

QUESTION_WORDS = frozenset(
    "how why where what which who when wie wo warum wieso weshalb was wer welche welcher wann".split()
)
"""A request that begins with one asks to be told something."""

VERSION = re.compile(r"v?\d+(?:\.\d+)+|v\d+")

_WORD = re.compile(r"[a-z0-9+#]+(?:[-_.][a-z0-9+#]+)*")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "\u2019": "", "'": ""})
_SUFFIXES = (
    "ierungen", "ierung", "ations", "ation", "ungen", "ingly", "ments", "ment", "ness", "ung", "ings", "ing", "ions",
    "ion", "iert", "iere", "ies", "ers", "est", "ed", "er", "es", "en", "em", "ly", "s", "e",
)  # fmt: skip
LONGEST_TEXT = 4096
"""Characters that are read: a wish stands at the beginning, and what was pasted behind it may be of any length."""
SHORTEST_STEM = 3
LONGEST_WORD = 60
"""Characters of it that are looked at; what is longer is no word."""


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return *word* without its ending: crude, English and German alike."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST_STEM:
            word = word.removesuffix(suffix)
            break
    return word[:-1] if len(word) > SHORTEST_STEM and word[-1] == word[-2] else word


def words(text: str) -> list[str]:
    """Return the words that *text* begins with: in small letters, umlauts and accents written out."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_TEXT].lower().translate(_UMLAUTS))
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def parts_of(word: str) -> list[str]:
    """Return the parts of a word that others are written into: order_id, docker-compose, tests.billing."""
    return [part for part in re.split(r"[-_.]", word) if len(part) > 1] if not VERSION.fullmatch(word) else []


def _inverted(concepts: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for concept, spellings in concepts.items():
        for spelling in {stem(one) for one in spellings.split()}:
            found.setdefault(spelling, []).append(concept)
    return {spelling: tuple(names) for spelling, names in found.items()}


ACTIONS = _inverted(_ACTIONS)
"""What a stem asks to be done."""
TOPICS = _inverted(topics.TOPICS)
"""What a stem is about."""

_SHORTEST_PART = 5


@lru_cache(maxsize=8192)
def topics_of(word: str) -> tuple[str, ...]:
    """Return what *word* is about; of a compound that is not known, what its end or beginning is about."""
    root = stem(word[:LONGEST_WORD])
    if root in TOPICS or len(root) <= _SHORTEST_PART:
        return TOPICS.get(root, ())
    if VERSION.fullmatch(word):
        return ("dependency",)
    sizes = range(len(root) - 1, _SHORTEST_PART - 1, -1)
    for part in (*(root[-size:] for size in sizes), *(root[:size] for size in sizes)):
        if part in TOPICS:
            return TOPICS[part]
    return ()
