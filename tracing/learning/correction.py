"""Corrections: a prompt that says that what came before it was wrong; in English and German.

A wrong "failure" misleads, so only what begins as corrections do is one, and a question, praise or an agreeing "no" is
none.  Wordings were chosen on one half of tests/learning/corrections.py and are reported on the other.
"""

# ruff: noqa: E501 - tables of patterns are read by line

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 400
"""Characters that are read: who corrects says so at once."""

MOST_CLAUSES = 4

_PLAIN = str.maketrans({"\u2019": "'", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

_OPENING = re.compile(
    r"(?:(?:hm+|ah|oh|uh|ok(?:ay)?|sorry|wait|stop|moment|warte|halt|hey|no(?:pe)?|nah|nein|nee|but|aber|unfortunately|leider|please|bitte|quatsch"
    r"|unsinn|and|und|again|well|doch)\b[\s,.!:;-]+)+"
)
_CLAUSE = re.compile(r"[.!?,;:\n]+\s+|\s+-\s+")


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_IT = r"(?:that|this|it)"
_END = r"(?=\s*(?:[,.!;:)-]|$))"
_STILL = r"(?:immer noch|noch immer|weiterhin|nach wie vor)"
_LATELY = r"(?:so|das|es|immer|noch|leider|weiterhin|jetzt|auch|aber|da)"
_DESTROYED = r"(?:delet|remov|dropp?|renam|disabl|overwr|chang|touch|skipp?|rewr|comment|undo|upgrad)\w*"
_ENTFERNT = (
    r"(?:geloescht|entfernt|geaendert|rausgenommen|umbenannt|ueberschrieben|angefasst|deaktiviert|auskommentiert)"
)

_CORRECTS = _any(
    # It is wrong.
    rf"{_IT}(?:'s| is| was)(?: still| just| completely| totally| the| even)* (?:wrong|incorrect|worse|opposite of|broken(?! (?:on|in|since|for)\b))",
    rf"{_IT}(?:'s not| is not| isn't| was not| wasn't)(?: at all| quite)? (?:what|right|correct|it{_END}|working|fixed|how|true|the (?:right|one|same))\b",
    rf"not (?:right|correct|true|fixed|working){_END}|not (?:what|how|where) i\b|not the [\w ]{{1,30}}(?:,| but) ",
    rf"(?:incorrect|wrong|falsch){_END}|(?:the )?(?:wrong|falsche[rsn]?) [\w-]+(?: again| please)?{_END}",
    r"(?:no|nope|nah)\b[\s,.!]+(?:no[\s,.!]+)?(?:i (?:meant?|said|asked|want|wanted|need)\b|not (?:the|that|this|like)\b|(?:only |just )?the other\b)",
    r"no(?:pe)?\b[\s,.!]+(?:that|this|it|i|you|don't|the|do)\b.{0,120}?(?:n't\b|\bnot\b(?! (?:necessary|needed|urgent|a problem))|wrong|meant|undo|revert|instead|broke|touch)",
    # It does not work, or is as it was.
    rf"(?:{_IT} |the \w+ |your [\w ]{{1,20}} )?(?:still )?(?:didn't|doesn't|does not|did not|don't|won't) (?:work|help|fix|compile|build|start|run|load)\b(?! (?:on|for|with|in)\b)"
    rf"(?:(?<=help)|(?<=fix)|{_END}|(?= (?:it|that|this|the|anything|at all|any ?more|now|either|yet|properly|again|since your)\b))",
    rf"(?:{_IT}|the \w+|tests?)(?: is| are|'s)? (?:still|now) (?:fail|crash|break|error|throw|hang|happen|show|return|say|red\b|wrong\b|broken\b|not\b|slow\b|the same\b|mis|there\b)\w*(?! (?:on|in|open|used)\b)",
    rf"{_IT} (?:fails|crashes|breaks|errors|throws|hangs) (?:now|again|still)\b|{_IT} keeps \w+ing\b",
    r"still (?:not|isn't|doesn't|broken|wrong|fails|crashes|red|slow|getting|the same|no \w+)\b(?! (?:on|in|sure)\b)|still failing(?! (?:in|on|tests?)\b)",
    rf"(?:still )?(?:the )?(?:exact )?same (?:error|problem|issue|failure|bug|result|exception|output|stack ?trace|crash|message)(?:{_END}|(?= (?:as|again|still)\b))",
    r"(?:the )?(?:problem|issue|error|bug|failure|exception|warning)s? (?:still )?(?:persists?|remains?|exists?|is still (?:there|the same)|(?:is |was )?not (?:fixed|gone|solved))\b",
    rf"{_IT} (?:does|did) nothing\b|{_IT} (?:had|has|made) no (?:effect|difference)|{_IT} (?:made|makes) (?:it|things|everything) worse|nothing changed\b|no (?:change|effect|difference){_END}",
    r"now (?:nothing|everything|it|the \w+)(?: is| are)? (?:works?|broken|blank|empty|gone|red|wrong|fails?|crash\w*|breaks?|doesn't|won't)\b",
    r"(?:everything|nothing) (?:is broken|works|fails) (?:any ?more|now)\b|(?:the \w+|it|everything)(?: is| are)(?: completely)? (?:blank|broken|empty|gone|red) now\b",
    r"the [\w ]{1,30} you (?:added|used|wrote|changed|imported|called|made)\b.{0,40}(?:n't|\bnot\b|wrong|fails|breaks)",
    r"that (?:function|method|file|module|package|option|flag|class|column|table|endpoint|import|command) (?:does not|doesn't|isn't|is not) (?:exist|there|part of)",
    # It was not to be done.
    r"you(?:'ve| have)?(?: just)? (?:broke|broken|deleted|dropped|disabled|ignored|misunderstood|misread|overwrote|hallucinated|invented|made (?:it|this|that) (?:worse|up)|removed)\b",
    r"you(?:'ve| have)?(?: just)? (?:forgot|forgotten|missed|overlooked|skipped)\b(?! (?:nothing|anything|to mention))",
    r"you (?:changed|edited|renamed|touched|moved) (?:the wrong|my|too much|something else)|you only (?:changed|did|fixed|updated|edited|renamed|looked)\b",
    r"you (?:didn't|did not|haven't) (?!break|miss|forget|have to|need)\w+|you were (?:not |only )?(?:supposed|meant|asked)|you should(?:n't| not| only)\b",
    rf"{_IT} (?:just )?(?:broke|breaks|destroyed|killed)\b|your (?:last )?(?:change|fix|edit|patch|version|code|commit|update)s? (?:broke|breaks?|made|fails?|is wrong|introduced|doesn't)\b",
    rf"why (?:did|would|have|on earth did) you (?:just )?{_DESTROYED}|who (?:told|asked) you\b|nobody asked you\b|(?:why (?:is|are)|where (?:did|are|is|have)) the [\w ]{{1,30}} (?:gone|go|disappear\w*)\b",
    r"stop (?:delet|chang|remov|rewrit|add|touch|edit|renam|mock|invent|ignor|us)\w*ing\b",
    r"i (?:didn't|did not|never|don't|do not) (?:ask|asked|say|said|mean|meant|want|wanted)\b(?! to (?:bother|interrupt|offend))",
    r"i (?:said|meant|told you|asked (?:you )?(?:for|to)|wanted)\b(?! to (?:ask|tell|say|thank)\b)(?!.{0,20}\b(?:would|will|might)\b).{0,80}?(?:\bnot\b|n't|\bonly\b|\binstead\b)",
    r"(?:as|like) i (?:already )?(?:said|told you|wrote|asked)\b|i told you\b|again[:,] (?:without|not|no)\b|try again[,.:] (?:the|it|still|that|same|this)\b",
    # It is to be taken back.
    r"(?:please )?(?:undo|revert|roll back|take back|restore|reset) (?:that|this|it|your|the (?:last|change|edit|previous)s?|everything|all of (?:that|it)|what was)\b(?! (?:commit|branch|button|release|tag))",
    r"(?:undo|revert|roll ?back|reset)(?: please)?$",
    r"(?:put|take|roll|bring|change|set) (?:it|that|this|them|your \w+) (?:back|out)\b|(?:put|bring) back (?:the|my|what)\b|go back to (?:the (?:version|state|way)|how|what)\b",
    # German.
    rf"(?:das|es|dies)(?: ist| war)(?: {_LATELY})* (?:falsch|kaputt|schlimmer|nicht (?:richtig|korrekt|das\b|gemeint|gedacht|was\b|so\b|gewollt))",
    rf"(?:(?:das|es|so) )?(?:stimmt|hilft|klappt|geht|funktioniert|laeuft|passt)(?: {_LATELY})* nicht\b(?! (?:auf|bei|mit|in)\b)",
    rf"nicht (?:richtig|korrekt|so|gut){_END}|(?:das )?(?:hat|bringt|brachte|half) (?:leider )?nichts\b|das hat (?:es|alles) (?:schlimmer|kaputt)",
    rf"(?:(?:der|die|das|es) )?(?:\w+ )?(?:ist|sind|besteht|bleibt|schlaegt|schlagen|kommt|tritt) (?:leider )?{_STILL}\b(?! offen)|{_STILL} (?:kaputt|falsch|derselbe|der gleiche|die gleiche|dieselbe|nicht|rot)",
    rf"(?:gleicher|derselbe|dieselbe|selber|gleiche|dasselbe) (?:fehler|meldung|problem|ergebnis|ausgabe){_END}",
    r"jetzt (?:ist|sind|geht|laeuft|kommt|startet)\b.{0,40}?(?:kaputt|leer\b|weg\b|nichts mehr|nicht mehr|gar nichts|rot\b|weiss\b)",
    r"du (?:hast|solltest|haettest|darfst)\b(?!.{0,40}\b(?:nichts|recht|gut)\b(?! (?:aendern|anfassen))).{0,60}?(?:kaputt|falsch|vergessen|uebersehen|geloescht|entfernt|ueberschrieben|ignoriert|erfunden|missverstanden|statt\b|nicht\b|nur\b|nichts aendern)",
    rf"(?:warum|wieso|weshalb) hast du\b.{{0,50}}?{_ENTFERNT}",
    r"(?:mach|nimm|stell|setz|dreh)e?\b (?!die seite).{0,40}?(?:rueckgaengig|zurueck|wieder (?:her|weg|raus)|raus)\b|(?:wieder )?rueckgaengig(?: machen)?\b|alles zurueck\b",
    r"ich (?:hatte|habe|hab)\b(?: \w+){0,2} gesagt\b|wie (?:ich )?gesagt\b|ich (?:meinte|wollte|sagte)\b.{0,60}?(?:nicht|nur|sondern|doch|ander)",
    r"(?:das|so|es) (?:war|hatte|habe|wollte|meinte|hab)(?: \w+){0,3} nicht (?:verlangt|gemeint|gewollt|gedacht|gesagt|bestellt|gebeten|so\b)|(?:das|so) (?:war|hatte|wollte|meinte|habe) (?:das |ich |es )*nicht\b",
    r"nein\b[\s,.!]+(?:nicht (?:die|der|das|den|so)\b|ich (?:meinte|wollte|sagte)|(?:die|der|das|den) ander)|(?:das|die|der) [\w ]{0,50}(?:sondern|nicht gemeint|nicht richtig)\b",
)
"""What a correction begins with, behind its interjections."""

_LATER = _any(
    rf"{_IT} is worse\b|(?:put|take|roll|bring) (?:it|that|this|them) (?:back|out)\b|(?:undo|revert) (?:it|that|this){_END}|i only wanted\b|i wanted to keep\b|i was talking about\b",
    r"restore what was\b|(?:gleicher|derselbe|dieselbe) (?:fehler|meldung)\b",
)
"""What only a correction says, wherever it does."""

_NO_CORRECTION = _any(
    r"\b(?:well done|perfect|perfekt|great|super|thanks|thank you|danke|curious|good job|nice)\b",
    r"(?:no|nein|nope)\b[\s,.!]+(?:that'?s|it'?s|das|you can|du kannst|alles|kein|need|problem)\b[^,.]{0,20}\b(?:fine|ok|okay|all|gut|passt|reicht|kannst|right|leave|lassen)\b",
)
"""Praise and agreement."""

_QUESTION = re.compile(r"[^.!?]*\?")
_ASKS_WHY = re.compile(r"(?:why|where|who|warum|wieso|weshalb)\b")


def corrects(text: str) -> bool:
    """Tell whether a prompt clearly says that what came before it was wrong: when in doubt it does not."""
    said = re.sub(r"\s+", " ", text[:LONGEST].lower().translate(_PLAIN)).strip().lstrip("\"'([*-> ")
    if _NO_CORRECTION.search(said):
        return False
    begun = _OPENING.sub("", said, count=1) if _OPENING.match(said) else said
    if any(_CORRECTS.match(one) and not _is_question(one) for one in dict.fromkeys((said, begun))):
        return True
    return any(_LATER.match(clause) for clause in _clauses(said))


def _is_question(said: str) -> bool:
    """Tell whether the first sentence asks something, but for a reproach: those ask why."""
    return _QUESTION.match(said) is not None and not _ASKS_WHY.match(said)


def _clauses(said: str) -> Iterable[str]:
    return _CLAUSE.split(said, maxsplit=MOST_CLAUSES)[1:]
