"""What requests to a coding agent are about: words, English and German, by topic.

Written from general knowledge of the trade, and widened on the tuning half of the labelled prompts (tests/learning),
never on the report half.  Of words with one stem the shortest stands here.  Umlauts are written out.
"""

# ruff: noqa: SIM905 - tables of words are read by line

from __future__ import annotations

TOPICS = {
    "test": """
        assertion cypress e2e fixture integration jest junit mocha mock playwright pytest regression rspec selenium
        snapshot spec stub suite test testcase testfaelle testfall unittest vitest""",
    "coverage": """
        abdecken abgesichert absichern acceptance bdd boundaries boundary branch-coverage case codecov contract corner
        corner-cases cover coverage covered cucumber edge edge-case end-to-end exercise factories factory faelle faker
        fehlen fehlerfaelle fehlerfall fixtures fuzz given-when-then grenzfaelle grenzwerte gutfall happy happy-path
        hypothesis jacoco lcov missing mocks negative parametrise parametrize property-based prove quickcheck
        randfaelle randfall regressionstest sad smoke spies stubs tdd testabdeckung testcases testdata testdaten
        testfaellen unhappy unit-tests untested untestet""",
    "failing": """
        actual assert assertionerror attributeerror bekommt blow breaks bricht broke chokes errored erwartet expected
        explodes fail failure fehlgeschlagen fehlschlaegt fehlschlag green gruen indexerror kaputt kaputtgegangen
        keyerror korrigieren mismatch npe nullpointerexception off-by-one overnight panicked panics pass received red
        repair repariere rot scheitern scheitert schlaegt stale valueerror went""",
    "flaky": """
        abundzu alone busy clock dependent determinismus deterministic dst eventually every flake flakey flakiness
        flaky freeze freezegun gelegentlich green-on-retry haengt hang heisenbug hin instabil intermittent isolated
        isolation jedes leaks load mal manchmal midnight mitternacht nebenlaeufigkeit nondeterminism nondeterministic
        nondeterministically now-and-then occasionally often once order order-dependent ordering parallel percent
        pollution quarantine race racy random reihenfolge reliable rerun retries retry runs seed shared-state shuffle
        sleep sometimes sporadic sporadically sporadisch spurious stabil stabilise stabilisieren stabilize stable
        tenth time-dependent timing timing-abhaengig timing-dependent uhrzeit unregelmaessig unreliable unreproducible
        unstable unzuverlaessig wackelig wackelt wait while wieder xdist zufaellig zufall zuverlaessig""",
    "ci": """
        actions artefakt artifact ausloesen azure azure-devops bauserver baut bitbucket buildjob buildkite builds
        buildserver cd checkout ci circleci concurrency-group cron drone exit-code forks github github-actions gitlab
        gitlab-ci jenkins jenkinsfile job macos-latest matrix merge-queue nachtlauf naechtlich nightly pipeline
        pipeline-schritt runner scheduled schritt self-hosted sonar sonarqube stage status-check step teamcity tekton
        travis trigger triggered ubuntu-latest upload-artifact wheels windows-latest workflow yaml yml""",
    "container": """
        abbild aks alpine argocd autoscaling base-image bind bridge buildah buildkit buildx chart cluster cmd compose
        compose-file configmap container containerise containerisieren containerize containern crashloop
        crashloopbackoff cronjob daemon daemonset deployment dev-container devcontainer distroless docker docker-hub
        dockerfile dockerignore dockerise dockerize ecr ecs eks entrypoint env-file evicted exited exposed fargate
        ghcr gid gke healthcheck helm hochfahren hostname hpa image ingress init-container k3s k8s kubectl kubernetes
        kustomize layer limits liveness manifest minikube mount multi-stage namespace neustart nginx nomad oomkilled
        openshift pod podman port-mapping ports privileged probe pull readiness registry replica restart rootless
        sidecar sigterm slim stack startreihenfolge statefulset swarm terraform uid vagrant volume""",
    "database": """
        database datenbank db mariadb mongo mysql orm postgres postgresql record schema sql sqlite tabelle table
        transaction""",
    "query": """
        abfrage aggregate analyze auswertung batch bericht bloat btree composite count covering cte datensaetze dauert
        distinct eager expensive explain fetch fulltext gin group-by having hint ilike index indices indizes join
        keyset ladet ladezeit laedt lange langsame langsamsten lazy leaderboard loading locks materialized million
        millionen milliseconds n+1 offset order-by orm overview pagination pgbouncer plan pool prefetch preload
        queries query read-replica replica report round-trips roundtrip rows scan seconds sekunden select
        select_related seq seqscan shard slow statement statistics subquery table-scan trigram tsvector vacuum window
        zeilen""",
    "migration": """
        activerecord alembic alter backfill bigint boolean cascade charset collation column column-type constraint
        datenbankschema datenmigration datentyp dbmate ddl decimal default denormalize downgrade eindeutig
        eindeutigkeit enum feld fk flyway foreign fremdschluessel gh-ost goose heads hinzu identity int integer
        irreversible join-table jsonb key knex legacy-tables liquibase makemigrations many-to-many migrate migrationen
        migrator migriere migrieren normalise normalize not-null nullable numeric on-delete one-to-many partition
        partitioned pflichtfeld pk primaerschluessel primary prisma reserved reversible revision rollback
        schemaaenderung schemas schluessel seed sequelize sequence serial soft-delete spalte tabellen tables text
        timestamp timestamptz typ typeorm unique up-and-down utf8mb4 uuid varchar zero-downtime zurueckrollen
        zwischentabelle""",
    "auth": """
        2fa 403 abgelaufen abgelaufene abgemeldet abmelden access access-token account acl admin angemeldet anmelden
        apple argon2 ausgeloggt ausloggen auth auth0 authenticate authentication authorise authorize bcrypt bearer
        benutzer berechtigt berechtigung brute-force bypass captcha cognito cookie cookies credential denied
        eingeloggt einloggen expire expiry forbidden forgot freischalten gesperrt google httponly identity impersonate
        jwt kennwort kerberos keycloak kicked konten konto ldap locked lockout log-in logged logging-in login logout
        magic-link mfa nutzer oauth oauth2 oidc okta openid otp passkey passphrase passport passwoerter password
        passwort permission privilege provider rbac rechte redirect refresh register registration registrieren
        remember role salt samesite saml scope session sign-in sign-up signed signin signup sitzung sso tenant token
        tokens totp two-factor unauthenticated unauthorized user verification verify webauthn zugang zugangsdaten
        zugriff zugriffsrechte zwei-faktor""",
    "api": """
        200 201 202 204 400 401 404 409 422 429 500 abruf accepts anfrage antwort api ausliefern backend body bulk
        client consumer controller cors crud cursor download endpoint endpunkt expose filter filtering gateway graphql
        grpc handler health healthz herunterladen hochladen http idempotency idempotent json liefert multipart
        mutation openapi paginated paging paginierung param parameter partner payload ping post postman presigned
        protobuf proxy put query-param query-string rate-limit request requests resolver resource response ressource
        rest restful returns route rpc schnittstelle sdk search server-side soap sortable sse stream subscription
        swagger throttle upload uri url v1 v2 versioned webhook websocket xml""",
    "docs": """
        abschnitt adr anleitung article asciidoc beispiel beschreibe broken-links changelog chapter comment commenting
        confluence contributing contributor cookbook describe diagram doc docstring document documented docusaurus
        doku dokumentieren dokumentiert einstieg erklaerung example explanation faq getting-started glossar glossary
        godoc grammar guide handbook handbuch hinweis hinweise howto installation installationsanleitung instructions
        javadoc jsdoc kapitel kommentar kommentieren kommentiert license manual markdown mermaid migration-guide
        mkdocs notes onboarding outdated paragraph plantuml quickstart readme readthedocs recipe reference
        release-notes rst runbook rustdoc sample section snippet sphinx troubleshooting tsdoc tutorial undocumented
        usage wiki""",
    "ui": """
        a11y abgerundet abgeschnitten absolute abstaende abstand accessibility accordion align android animation
        ansicht antd aria aufklappen ausblenden ausgerichtet ausrichten aussehen avatar background badge banner bigger
        bildschirm black blau blue blurry bold bootstrap border box brand breadcrumb breakpoint breit browser button
        card carousel center centered chakra checkbox chip chrome clipped collapse collapsible color colour
        column-width contrast corner cropped css cut-off dark darstellung design desktop dialog dom drawer dropdown
        dunkel dunkelmodus dunkler ecke einblenden einklappen einruecken ellipsis expand faint farbe favicon fields
        figma firefox flex flexbox float focus font footer foreground formularfeld frontend fusszeile gallery gelb
        gestaltung gradient grau gray grey grid groesse hamburger handy handyansicht header headline height hell hero
        hintergrund hochformat hoehe hover html huebsch icon image-preview inline invisible ios ipad iphone italic
        kachel kacheln keyframes knopf kontrast kopfzeile landing landscape laptop layout lesbar letter-spacing
        lightbox lighter line-height linksbuendig loader logo look margin material media-query menu misaligned mobile
        mockup modal mui narrower navbar oberflaeche opacity optik optisch orange orientation outline overflow overlap
        overlay padding page pale panel phone pill pink pixel pixelated placeholder popover popup portrait pretty
        printable progressbar purple querformat radius rahmen rand raster reiter responsive retina rounded rtl safari
        sass schaltflaeche schatten schmaler schrift schriftart schriftgroesse schwarz screen screenreader scroll
        scrollbar scss seite seitenleiste serif shadcn shadow sidebar size skeleton slider smartphone snackbar spacing
        spinner squished startseite sticky stil stretched stripes styled-components stylesheet styling svg swipe
        symbol tab tablet tailwind text theme thumbnail tile toast toolbar tooltip topbar touch transform transition
        truncate typography uebergang ueberlappen ueberlappt ugly ui umbruch underline unleserlich unreadable ux
        verrutscht versetzt view viewport visible visual weiss white wider width wrap yellow z-index zebra
        zeilenumbruch zentrieren zentriert zoom""",
    "performance": """
        ages beschleunigen bottleneck cheaper cost cpu dauert ewig expensive faster lahm langsam latency minuten
        optimierung optimise optimize perf performance profiling scale schnell slow speed takes throughput timeout""",
    "security": """
        csrf cve dangerous escape exploit hole injection secret security sicherheit sicherheitsluecke unsafe
        vulnerability xss""",
    "types": """
        annotate annotation any as-any assignable attr attribute awaitable borrow callable cast checker coercion
        compiler covariance declared deklariert dict discriminated enum explicit generic generisch guard hint ignores
        implicit incompatible infer inference inferred intersection iterable js lifetimes literal mismatched mypy
        narrowing noimplicitany non-null none nonnull null nullable object optional overload parametertyp paramspec
        property protocol pylance pyre pyright readonly returns reveal_type rueckgabetyp rueckgabewert signature
        strict strictnullchecks trait ts ts-expect-error ts-ignore tsc tsconfig tuple typannotation typannotationen
        typchecker typdefinition type type-check type-safe typealias typecheck typeddict typeguard typesafe typescript
        typeshed typevar typfehler typfehlern typisieren typisiert typpruefung typsicher typsicherheit unassignable
        undefined union unknown untyped untypisiert variance""",
    "dependency": """
        abandoned abgekuendigt abhaengigkeit abloesen advisory aktualisieren aktualisierung aktuelle aktuellste
        ancient angehoben anheben auf bibliothek breaking bump bundler cargo codemod compatible composer current
        dependabot dependencies dependency deprecated deprecation end-of-life eol ersetzen gem hauptversion
        hochgezogen hochsetzen hochziehen latest libraries library lock lock-file lockfile lts maintained major maven
        migrate minor move nachfolger neuer neueste newer newer-version npm nuget obsolet outdated outdated-packages
        package paket patch-level peer pin pip pipenv pnpm renovate replace requirements semver stand successor
        support switch toolchain transitive umsteigen umstellen umstieg unmaintained unpin unterstuetzt updated
        upgrade uv veraltet verschieben version versionen versionssprung vulnerable wechseln yarn""",
    "library": """
        actix aiohttp ajv android-sdk angular angularjs axios axum babel backbone bazel bootstrap boto3 celery
        celery-beat clojure cmake cypress dart dayjs devise django dotnet echo electron elixir ember emotion erlang
        esbuild eslint-config express fastapi fiber flask flask-login flutter gin golang gradle grpcio guava hadoop
        hapi haskell hibernate httpx huggingface ios-sdk java jdk jest jinja jquery junit keras koa kotlin ktor
        langchain laravel laravel-mix lodash lodash-es log4j luxon matplotlib micronaut mobx mockito moment mongoose
        mui nestjs nextjs node numpy nuxt okhttp openssl pandas parcel perl phoenix php playwright poetry polars
        postgres-driver prisma protobuf puma puppeteer pydantic python pytorch quarkus rails react redux requests
        rollup rspec ruby rust rxjs scala scikit-learn scipy selenium sequelize sidekiq spark spring sqlalchemy
        storybook styled-components svelte swc swift symfony tailwind tensorflow tokio turbopack typeorm typescript
        urllib3 vite vue webpack xcode xlsx yup zod zustand""",
    "logging": """
        alarm alert alertmanager audit aufzeichnen ausgabe ausgegeben breadcrumb bugsnag bunyan cloudwatch console.log
        correlation counter dashboard datadog debug diagnostics elapsed elk floods fluentd gauge geloggt grafana
        graylog heartbeat histogram honeycomb info instrument jaeger journald kennzahlen kibana level log log-level
        logausgabe logback logdatei logeintrag logfmt loggt loglevel logmeldung logrotate logstash loguru logzeile
        loki mask maskieren measure meldung messen metric metriken mitloggen mitschreiben monitor nachvollziehbar
        nachvollziehen newrelic nlog noise noisy observability opentelemetry otel output pagerduty pii pino print
        println prometheus protokoll protokollieren quiet redact request-id rollbar rotate rotation scrub sensitive
        sentry serilog silent slf4j spam spammy span splunk stacktrace stderr stdout stillschweigend structlog
        structured swallow syslog telemetry timings trace trace-id ueberwachen verbose verbosity verschluckt warn
        winston zap zeitstempel zerolog zipkin""",
    "config": """
        config configuration einstellung env environment konfiguration settings umgebung umgebungsvariable variable""",
    "git": """
        accidentally ahead amend ausgecheckt author behind bisect blame both branch cherry-pick clone commit
        commit-message commitnachricht committet conflict detached develop diverged einchecken eingecheckt
        fast-forward feature-branch fetch filter-repo five fixup force-push force-with-lease fork gemerged gemergt
        gepullt gepusht git gitignore gpg hard head histories history hunk konflikt lfs main master merge origin
        pre-commit pull push rebase reconcile recover reflog remote reset restore reverted rewrite rueckgaengig sides
        signed-off soft squash stash submodule tag trunk uncommitted unrelated unstage untracked upstream verlauf
        verloren versehentlich wiederherstellen wip worktree zurueckholen zusammenfuehren zweig""",
    "review": """
        anmerkungen approval approve assess audit auffaelligkeiten bedenken begutachte beurteilen bewerte changeset
        check code-review codereview concern critic critical criticise critique diff drueber drueberschauen durchgehen
        durchsehen durchsicht edge einschaetzung evaluate eyes feedback findings flaw freigabe gegenlesen improvements
        inspect kritik kritisch lgtm meinung merge-request mergeable missed mr nitpick objections opinion overlooked
        patch pr proofread pruefe pull-request review risiken risk risky rueckmeldung schwachstellen schwaechen
        scrutinise scrutinize second-opinion smell staged suggestions thoughts uebersehen verbesserungsvorschlaege
        verdict weakness weaknesses""",
    "release": """
        deploy hotfix prod production publish release rollout staging veroeffentlichung""",
    "cache": """
        cache memoize redis ttl zwischenspeicher""",
    "lint": """
        black eslint flake8 format lint prettier ruff""",
    "error": """
        ausnahme crash error exception fehler fehlermeldung stacktrace traceback""",
    "concurrency": """
        async await callback concurrency deadlock lock nebenlaeufig parallel race thread""",
    "memory": """
        heap leak memory oom ram speicher speicherleck""",
    "i18n": """
        i18n l10n locale sprache translate translation uebersetzen""",
    "naming": """
        abbreviated abbreviation abkuerzung acronym adapt aussagekraeftig begriff benannt benennen bezeichner call
        camel-case camelcase consistency consistent constant convention cryptic dateiname descriptive einheitlich
        ersetze everywhere expressive funktionsname genannt heissen heisst hiess identifier instead irrefuehrend
        kebab-case klassenname kuerzel label lowercase meaningful methodenname misleading misnamed misnomer misspelled
        name namens nennen nennt occurrence pascalcase plural pluralise prefix rather rebrand rename replace
        schreibfehler search-and-replace singular snake-case snake_case spelled sprechend statt suffix term
        terminology throughout tippfehler typo ueberall umbenannt umbenennen umzubenennen unclear variable
        variablenname wording wort""",
    "unused": """
        abandoned-feature alten altlast anymore ausbauen ausgedient auskommentiert auskommentierte ausmisten
        aussortieren away axe brauchen braucht clutter commented-out compatibility cruft dead decommission delete
        depcheck deprecated discard discontinued ditch drop eingestellt entferne entfernt experiment feature-flag
        gebraucht geloescht gone keiner kill knip leftover legacy loesche longer never niemand nirgends nobody nuke
        obsolete old orphan prune purge raus rausschmeissen rauswerfen redundant remnant removal remove reste retire
        rid shim strip stub sunset superfluous todo toggle tote ts-prune ueberbleibsel ueberfluessig uebrig unbenutzt
        ungenutzt unimported unneccessary unnecessary unneeded unreachable unreferenced unused vulture weg wegwerfen
        zombie""",
    "structure": """
        abstract adapter aufgeteilt aufraeumen aufteilen aufzuteilen ausgelagert auslagern base basisklasse bloated
        buendeln callbacks chunks circular cleaner cleanup cohesion common composition concerns conditionals
        consolidate copies copy-paste copypaste coupling cycle cyclic decompose decouple deep disentangle doppelt
        dopplung dry duplicate duplication duplizieren duplizierter ellenlang encapsulate encapsulation entflechten
        entkoppeln entschlacken entwirren extract facade flatten gemeinsam generalise generalize giant global god
        god-class god-object helper herausloesen herausziehen huge inherit inheritance inject interface inversion
        kapseln kleinere lang layer long massive mediator mehrfach mixin modul modular modularise modularize monolith
        monolithic monster nested oberklasse own parameter pieces pluggable polymorphism promise pull rausziehen
        refactor reorganise reorganize repeated repetition responsibilities responsibility restructure riesig
        sammelsurium separate separation shared simpler simplified simplify singleton smaller solid spaghetti split
        srp strategy superclass switch tangled trennen umbau umstrukturieren unify untangle unuebersichtlich util
        vereinfachen verschachtelt wiederholt zerlegen zerlegt zerteilen zusammenfuehren zusammenlegen""",
    "cli": """
        argparse argument cli click command commandline flag kommandozeile option terminal""",
    "data": """
        csv dataset daten excel export import parquet parse xml""",
    "validation": """
        eingabe eingabefeld form formular validate validation validator""",
    "mail": """
        benachrichtigung email mail newsletter notification smtp""",
    "question": """
        ablauf architecture architektur aufgerufen bedeuten bedeutet behind beschreib big-picture calls clarify
        codebase concept confused curious dahinter defined definition describe difference einarbeiten eli5 erklaer
        erklaere erklaerst erlaeutere erlaeutern explain explanation flow funktioniert gedacht happens high-level idea
        intention interact invoked konzept learn lifecycle lives located meaning meant overview passiert purpose
        rationale reading reason relationship responsible role sinn steckt summarise summarize summary teach tell tour
        ueberblick understand unterschied versteh walk walk-through walkthrough wodurch wofuer wonder wondering works
        wozu zusammenhang zusammenspiel zustaendig zweck""",
    "script": """
        automate automation automatisieren bash script shell skript""",
}

WEAK = frozenset(
    """
        accepts access account admin again ahead alone antwort any attr attribute auf away base behind black blue body
        both box brauchen braucht broke builds call called calls case cases cd changes check class classes client
        columns common concerns consistent constant constraints count counter current cycle deep default defined
        deleted describe design dict download dunkel every examples expected eyes failure failures feature field five
        focus form global green happens hard head hell hidden huge idea identity image images import index info
        instead int integer interfaces job jobs join key lange layer learn level limits lives load loading lock long
        look looks main major master measure meldung meldungen message minor missing monitor move name names never new
        none notes null object often old once option order output own page parameter pass passes patch percent plan
        plural ports post print property provider put rather raus reason red redirect removed replace report reports
        request requests response returns role rows run runs sample schritte scope search second seconds section
        sekunden select sensitive sequence session shared shuffle singular size smaller soft stage stand statt step
        steps stream summary support supported switch tab table tables tag takes tell tenant term terms text type
        unknown update updated updates upload used user users v1 v2 variable verify version versions view volume wait
        way wechseln while white wrap""".split()
)
"""Words that are about something only now and then."""
