"""The vocabulary of requests to a coding agent, English and German: what says little, what is to be done, about what.

Written from general knowledge of the trade, and widened on the tuning half of the labelled prompts (tests/learning):
the report half was written after it was committed.
"""

# ruff: noqa: E501, SIM905 - tables of patterns and of words are read by line

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


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

_TOPICS = {
    "test": "test testing unittest pytest jest spec testcase suite fixture vitest mocha rspec junit testfall testfaelle"
    " mock stub assertion snapshot e2e cypress playwright selenium integration regression",
    "coverage": "coverage testabdeckung cover covered untested exercise edge randfall randfaelle property-based fuzz"
    " abdeckung parametrised parametrized cases case faelle prove proves boundary happy negative unhappy"
    " missing fehlen",
    "failing": "fail fails failing failed red green rot gruen broken breaks assertionerror assert expected panicked"
    " mismatch pass passes passing korrigieren chokes explodes went actual received blow blows repair"
    " repariere rote roten off-by-one panics overnight",
    "flaky": "flaky flakey intermittent sometimes occasionally sporadic random randomly nondeterministic"
    " deterministic determinismus unstable stable stabil stabilise stabilize race timing clock sleep"
    " manchmal gelegentlich zufall zufaellig wackelig reliable unreliable dependent order-dependent rerun"
    " reruns runs heisenbug busy load alone nondeterminism uhrzeit hang haengt mitternacht ordering tenth"
    " unreproducible order mal hin wieder once while jedes every spurious timing-abhaengig",
    "ci": "ci pipeline workflow github actions gitlab jenkins circleci runner stage matrix nightly yaml yml"
    " artifact cron trigger triggers job buildserver buildkite azure travis teamcity artefakt forks"
    " exit-code wheels jobs step schritt drone bitbucket checkout concurrency-group",
    "container": "docker dockerfile container compose image kubernetes k8s helm pod podman kubectl cluster ingress"
    " replica probe readiness liveness healthcheck manifest containerize entrypoint volume registry"
    " multi-stage chart rootless alpine distroless slim oomkilled sigterm configmap restart stack mount"
    " port-mapping bind layer layers daemon dockerignore nginx sidecar crashloop deployment replicas"
    " namespace pull",
    "database": "database db datenbank sql postgres postgresql mysql mariadb sqlite mongo table tabelle schema orm record"
    " transaction",
    "query": "query queries abfrage select join index explain scan rows n+1 eager keyset offset pagination count"
    " seq plan fulltext statement subquery selects aggregate group-by window materialized vacuum"
    " leaderboard hint planner order-by dauert zeilen overview loading lazy batch",
    "migration": "migration migrate migrationen makemigrations alembic flyway liquibase knex spalte column nullable"
    " constraint foreign backfill ddl alter primary feld unique rollback bigint varchar datentyp prisma"
    " heads soft-delete reserved enum partition partitioning default typ column-type downgrade"
    " legacy-tables seed not-null up-and-down hinzu uuid",
    "auth": "auth login logout log-in sign-in signin signup authenticate authentication authorization oauth oidc"
    " jwt token session cookie password passwort anmeldung anmelden abmelden einloggen ausloggen sso saml"
    " 2fa mfa credential keycloak permission role rechte berechtigung expired remember google account"
    " unauthorized kennwort ldap locked captcha access-token refresh magic-link user konto impersonate"
    " signed brute-force logged apple credentials zugang gesperrt logging-in",
    "api": "api endpoint rest route graphql mutation resolver handler controller schnittstelle endpunkt request"
    " response payload webhook http json openapi swagger post put 404 202 401 500 cursor resource rpc grpc"
    " paging presigned url urls partner backend parameter filter soap bulk gateway crud query-param"
    " versioned ressource client sdk consumer",
    "docs": "docs documentation document doku dokumentation readme docstring changelog tutorial guide reference"
    " manual handbuch wiki adr example usage comment comments contributor outdated anleitung beispiel"
    " section faq javadoc samples handbook notes article mkdocs sphinx diagram quickstart howto describe"
    " jsdoc abschnitt kapitel instructions erklaerung beschreibe hinweis runbook",
    "ui": "css scss sass layout styling stylesheet tailwind bootstrap theme responsive button ui ux darstellung"
    " knopf modal dialog sidebar navbar menu footer header card hover icon font schrift color colour farbe"
    " brand margin padding spacing abstand center centered align flexbox grid overflow scroll scrolling"
    " sticky animation spinner mobile handy screen bildschirm browser firefox chrome safari pixel dark"
    " startseite page seite frontend design visual text badge unreadable corner rounded logo ipad tablet"
    " landing width height breite breit hoehe border shadow visible overlap ueberlappen placeholder"
    " headline headings heading toast banner stripes zebra drawer tooltip dropdown contrast kontrast"
    " aussehen huebsch pretty look looks printable view fields formularfeld truncate ellipsis alignment"
    " linksbuendig rand groesse size zoom box image-preview ansicht skeleton mockup figma",
    "performance": "performance perf slow slower faster latency speed profiling bottleneck langsam lahm schneller"
    " beschleunigen throughput ewig cpu timeout expensive cheaper optimise optimize ages dauert scale"
    " scales cost schnell optimierung langsamer minutes minuten takes timeouts",
    "security": "security vulnerability cve xss injection csrf secret sicherheit sicherheitsluecke exploit dangerous hole"
    " unsafe escape",
    "types": "type typing mypy typescript annotation annotate hint pyright tsc typen typfehler typchecker checker"
    " strict tsconfig generic any unknown optional undefined assignable property cast generics infer"
    " inferred typeddict compiler deklariert incompatible rueckgabetyp union protocol enum none null"
    " nullable ts js declared declaration typannotation typannotationen signature typevar overload"
    " narrowing",
    "dependency": "dependency dependencies package library requirements lockfile lock version abhaengigkeit paket pip"
    " npm bibliothek upgrade bump dependabot renovate pin latest newest major minor semver maintained eol"
    " hochziehen hauptversion aktualisieren deprecated move switch migrate ancient current newer neuer"
    " umstellen toolchain abandoned unmaintained veraltet outdated breaking stand verschieben auf"
    " hochsetzen patch-level aktuelle aktuellen neueste obsolet replace successor nachfolger ersetzen",
    "library": "django flask fastapi react vue angular svelte spring rails laravel pydantic sqlalchemy lodash numpy"
    " pandas webpack vite express node python java php ruby golang requests urllib3 moment celery"
    " hibernate symfony nextjs jdk jest log4j xlsx mockito junit typescript kotlin eslint-config rust"
    " electron nuxt prisma rxjs jquery guava okhttp hadoop spark tensorflow pytorch poetry gradle dotnet",
    "logging": "log logging logger loggen protokoll protokollieren logausgabe logausgaben trace tracing span"
    " opentelemetry metric monitoring instrument observability sentry loki kibana grafana stderr stdout"
    " print verbose noise debug warning rotate structured silently swallow output correlation prometheus"
    " level log-level stacktrace mask maskieren audit verbosity alert alarm dashboard request-id ausgabe"
    " telemetry datadog syslog redact breadcrumb aufzeichnen mitschreiben",
    "config": "config configuration settings env environment variable konfiguration einstellung umgebung umgebungsvariable",
    "git": "git commit branch merge rebase conflict konflikt konflikte push pull squash cherry-pick stash bisect"
    " head detached remote upstream fork fixup amend blame history reset tag committed main master five"
    " restore reconcile both sides unrelated histories submodule worktree author diverged gitignore"
    " commits fetch origin versehentlich force-push clone uncommitted unstage wip",
    "review": "review pr diff patch critique audit inspect feedback assess critic begutachten pruefe pruefen durchsehen"
    " staged bedenken pull-request findings edge check",
    "release": "release publish veroeffentlichung deploy deployment rollout production prod staging hotfix",
    "cache": "cache caching cached redis memoize zwischenspeicher ttl",
    "lint": "lint linter ruff eslint flake8 format formatter prettier black formatting",
    "error": "error exception traceback fehler ausnahme crash stacktrace fehlermeldung",
    "concurrency": "race deadlock thread async await concurrency lock locking parallel nebenlaeufig callback",
    "memory": "memory leak oom ram speicher speicherleck heap",
    "i18n": "translation i18n l10n locale uebersetzung uebersetzen translate sprache",
    "naming": "rename name naming umbenennen benennung call called heissen heisst typo tippfehler snake_case"
    " camelcase replace instead statt spelling misspelled wording terminology rebrand meaningful"
    " identifier identifiers named benennen sprechend names adapt spelled everywhere ueberall label prefix"
    " suffix begriff bezeichner renamed descriptive nennen wort pluralise",
    "unused": "unused dead obsolete unbenutzt ungenutzt toten toter legacy deprecated commented-out shim never weg"
    " prune strip vulture purge remove delete drop entfernen loeschen loesche old alten rid compatibility"
    " away nobody nirgends stubs stub ausbauen eingestellt longer leftover leftovers cruft orphan orphaned"
    " rauswerfen todo sunset retire discontinued gone ueberfluessig ausmisten experiment dropped"
    " feature-flag abandoned-feature keiner niemand",
    "structure": "refactor extract split duplicate duplication duplicated duplizieren doppelt umbauen restructure god"
    " decouple modul modularize interface abstraction separate layer cyclic circular zerlegen"
    " zusammenfuehren aufteilen responsibility long lang pull cleanup aufraeumen simplify pieces untangle"
    " basisklasse gemeinsam gemeinsamen unify copies pluggable parameters parameter strategy facade switch"
    " inheritance own monolith responsibilities copy-paste dry helper helpers base composition encapsulate"
    " inject entflechten buendeln auslagern kapseln trennen nested flatten sammelsurium unuebersichtlich",
    "cli": "cli command commandline flag argument option kommandozeile argparse click terminal",
    "data": "csv xml parse parser parsing import export excel daten parquet dataset",
    "validation": "validate validation validator form formular eingabe eingabefeld validierung",
    "mail": "email mail smtp notification benachrichtigung newsletter",
    "question": "explain explanation understand meaning overview walk difference summarise summarize erklaere erklaer"
    " erklaeren verstehen bedeutet unterschied zusammenhang ueberblick architecture architektur codebase"
    " happens purpose tell calls responsible flow zustaendig bedeutung passiert verstehe reading concept"
    " konzept meant bedeuten zweck ablauf invoked gedacht works intention rolle role",
    "script": "script skript shell bash automation automate automatisieren",
}

GREETINGS = frozenset("hey hi hello hallo ok okay please pls bitte so and und also moin".split())

WEAK = one_by_one(
    """main master head page long move switch current old print report type name names call called calls join count plan
    select check rows object job jobs image volume table index form request response session minor major lock field put
    post tag pass passes green red design base option search put own both five every once order while run runs tell look
    looks size view text user account client case cases order patch stand auf any none null level output message changes
    import parameter replace move never instead statt image layer load loading role version versions update new stage
    missing way takes second seconds hidden alone again step box own away feature section notes used default default
    unknown property expected happens"""
)
"""Words that are about something only now and then."""

PHRASES = {
    "up to date": "dependency", "to date": "dependency", "get rid": "unused", "throw out": "unused", "no longer": "unused",
    "sign in": "auth", "log in": "auth", "logged out": "auth", "logged in": "auth", "log out": "auth", "logging in": "auth",
    "pull request": "review", "look over": "review", "go through": "review", "my changes": "review", "this branch": "review",
    "merge conflict": "git", "last commit": "git", "the history": "git", "unit test": "test", "error message": "error",
    "once in": "flaky", "break up": "structure", "split up": "structure", "one place": "structure",
    "single place": "structure", "class of": "structure", "walk me": "question", "tell me": "question", "what does": "question",
    "how does": "question", "how do": "question", "was passiert": "question", "line up": "ui", "small screens": "ui",
    "log level": "logging", "dark mode": "ui", "type error": "types", "return type": "types", "return value": "types",
    "not null": "migration", "primary key": "migration", "foreign key": "migration", "new column": "migration",
    "order by": "query", "full scan": "query", "full table": "query", "every time": "flaky", "every now": "flaky",
    "getting started": "docs", "how to": "docs", "read me": "docs", "code review": "review", "exit code": "ci",
    "not used": "unused", "never used": "unused", "never called": "unused", "commented out": "unused", "should be": "naming",
}  # fmt: skip
"""Neighbouring words that together are about something."""

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
SHORTEST_STEM = 3


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return *word* without its ending: crude, English and German alike."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST_STEM:
            word = word.removesuffix(suffix)
            break
    return word[:-1] if len(word) > SHORTEST_STEM and word[-1] == word[-2] else word


def words(text: str) -> list[str]:
    """Return the words of *text*: in small letters, umlauts and accents written out."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_UMLAUTS))
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
TOPICS = _inverted(_TOPICS)
"""What a stem is about."""

_SHORTEST_PART = 5
_PARTS = sorted((spelling for spelling in TOPICS if len(spelling) >= _SHORTEST_PART), key=len, reverse=True)


@lru_cache(maxsize=8192)
def topics_of(word: str) -> tuple[str, ...]:
    """Return what *word* is about; of a compound that is not known, what its end or beginning is about."""
    root = stem(word)
    if root in TOPICS or len(root) <= _SHORTEST_PART:
        return TOPICS.get(root, ())
    if VERSION.fullmatch(word):
        return ("dependency",)
    for at_end in (True, False):
        for part in _PARTS:
            if root.endswith(part) if at_end else root.startswith(part):
                return TOPICS[part]
    return ()
