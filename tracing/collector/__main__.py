"""``python -m tracing.collector [--foreground]``: run the collector; a second one leaves at once."""

from __future__ import annotations

import contextlib
import gc
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from tracing.agentsettings import hooks_missing
from tracing.capturerule import CaptureRule
from tracing.collector.backlog import Backlog
from tracing.collector.chores import Chore, Chores
from tracing.collector.daily import Daily
from tracing.collector.delivery import Delivery
from tracing.collector.intake import Intake
from tracing.collector.launch import detach
from tracing.collector.learner import Learning
from tracing.collector.lock import CollectorLock
from tracing.collector.loop import Collector
from tracing.collector.packer import Packer
from tracing.collector.rounds import Rounds
from tracing.collector.swallow import Swallow
from tracing.database.caretaker import Caretaker, care_url
from tracing.database.embedded import EmbeddedServer, ServerError
from tracing.database.retention import Limits
from tracing.database.store import Store
from tracing.database.writer import Writer
from tracing.deadletters import DeadLetters
from tracing.learning.embedders import NotInstalled, embedder_named
from tracing.learning.embedding import Embedder, HashedEmbedder
from tracing.packs import Packs
from tracing.places import PRIVATE_DIRECTORY, PRIVATE_FILE, Places
from tracing.propagation import Propagation
from tracing.queue import Queue
from tracing.redact import Rules, obey
from tracing.settings import SettingError, Settings
from tracing.spool import Spool
from tracing.workplace import look_up

if TYPE_CHECKING:
    from tracing.collector.adviser import Adviser
    from tracing.collector.export import Export

LOG_BYTES = 1_000_000
"""Size at which the log begins anew; one old one is kept."""


GARBAGE_THRESHOLD = 20_000
"""Objects between two searches for garbage: a batch makes so many that live until it is stored, none in a cycle."""


def main(arguments: list[str]) -> int:
    """Detach (unless told not to), then collect until there is nothing left to do."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    places = Places.from_environment()
    if refusal := places.refusal():
        sys.stderr.write(f"{refusal}\n")
        return 1
    foreground = "--foreground" in arguments
    if not foreground:
        detach()
    os.umask(0o077)
    places.state.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    _log_to(None if foreground else places)
    try:
        places.create()
        _collect_in_turns(places)
    except Exception:  # detached, there is nobody else to tell
        logging.exception("the collector ends")
        _keep_bound(places)
        return 1
    return 0


def _keep_bound(places: Places) -> None:
    """Raise the flag by which the hooks know that the spool is full, for nobody empties it; who does lowers it."""
    settings = Settings(places.config_file, {})
    with contextlib.suppress(SettingError, OSError):  # that may be why: then the default bounds
        settings = Settings.load(places.config_file)
    with contextlib.suppress(OSError):
        if Queue.of(places).size > settings.number("spool.max_mb") * 2**20:
            places.full_flag.touch(mode=PRIVATE_FILE)


def _collect_in_turns(places: Places) -> None:
    lock = CollectorLock(places.lock, places.pid_file)
    while lock.acquire():
        try:
            stuck = _collect(places, lock)
        finally:
            replaced = not lock.held()
            lock.release()
        # What came between the last look and the release woke nobody, and a lock file that was deleted may be
        # nobody's now: look once more.
        left = Queue.of(places).packed or set(Spool(places).names()) - stuck
        if _asked_to_stop or not (replaced or left):
            break


def _collect(places: Places, lock: CollectorLock) -> set[str]:
    """Collect until asked to stop or until there is nothing left to do; return the names of what stays in the spool."""
    settings = Settings.load(places.config_file)
    obey(Rules.compiled(settings.texts("redact.patterns"), settings.texts("redact.allow")))
    url, ensure, leave = _database(places, settings)
    schema = settings.text("database.schema")
    store = Store(url, schema)
    writer = Writer(store, CaptureRule.of(settings))
    caretaker = Caretaker(care_url(settings, url), schema)
    propagation = Propagation(places.sessions)
    swallow = Swallow()
    embedder = _embedder(settings)
    learning = Learning(places, Caretaker(care_url(settings, url), schema), embedder, swallow)
    rounds = Rounds(places, store, writer, swallow, learning.look_at)
    spool, packs, dead_letters = Spool(places), Packs(places.packed), DeadLetters(places.bad)
    packs.remove_unfinished()
    intake = Intake(spool, dead_letters, propagation)
    export = _export(places, settings, url, swallow)
    seen_by = [worker.see for worker in (rounds, learning, export) if worker]
    delivery = Delivery(writer, dead_letters, propagation, seen_by)
    backlog = Backlog(packs, delivery, dead_letters, swallow)
    packer = Packer(spool, intake, packs, backlog, swallow)
    idle_s = settings.number("collector.idle_minutes") * 60
    chores = Chores(
        [
            Chore("partitions of the next months", lambda: _make_partitions(caretaker)),
            Chore("the agent's settings", partial(hooks_missing, places.backups)),
            Chore("files of forgotten sessions", propagation.remove_stale),
            Chore("events that were set aside", dead_letters.tend),
            *Daily(caretaker, Limits.of(settings)).chores(idle_s),
        ]
    )
    collector = Collector(
        places,
        store,
        writer,
        intake,
        delivery,
        packer,
        backlog,
        rounds,
        spool,
        lock,
        spool_limit=settings.number("spool.max_mb") * 2**20,
        idle_s=idle_s,
        ensure_database=ensure,
        restore_schema=partial(_restore_schema, care_url(settings, url), schema, settings),
        chores=chores,
        swallow=swallow,
    )

    def stop(_signal: int, _frame: object) -> None:
        collector.stopping = True
        _asked_to_stop.append(True)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    collector.stopping = bool(_asked_to_stop)  # between two turns the last one's handler was told
    adviser = _adviser(places, settings, store, care_url(settings, url), embedder, swallow)
    packer.start()  # before the database, which may take its time
    try:
        ensure()
    except ServerError as error:
        logging.error("%s", error)  # the packs are the buffer; the loop tries again
    store.open()
    backlog.start()
    rounds.start()
    learning.start()
    if export:
        export.start()
    if adviser:
        adviser.start()
    try:
        collector.run()
    finally:
        if adviser:
            adviser.stop()
        packer.stop()
        backlog.stop()
        rounds.stop()
        learning.stop()
        if export:
            export.stop()
        store.close()
        if chores.stop():
            caretaker.close()
        if lock.held() and not collector.stopping:  # else another collector may need it
            leave()
    return collector.stuck


_asked_to_stop: list[bool] = []


def _database(places: Places, settings: Settings) -> tuple[str, Callable[[], None], Callable[[], None]]:
    """Return the pinned destination's URL, how to bring it up, and what to do with it on leaving."""
    if url := settings.text("database.url"):
        return url, _nothing, _nothing
    server = EmbeddedServer.at(places, settings.text("embedded.user"), settings.number("embedded.port"))
    return server.url, server.start, partial(_put_away, server)


def _embedder(settings: Settings) -> Embedder:
    """Return the embedder that is set; the default where its extra is missing, as `hooktrace doctor` tells."""
    try:
        return embedder_named(settings.text("learning.embedder"))
    except NotInstalled as error:
        logging.warning("%s: the default is used", error)
        return HashedEmbedder()


def _adviser(
    places: Places,
    settings: Settings,
    store: Store,
    url: str,
    embedder: Embedder,
    failed: Callable[[Exception], None],
) -> Adviser | None:
    """Return what gives advice, where that is switched on; else nothing of it is even loaded."""
    if not settings.switch("advice.enabled"):
        return None
    from tracing.collector.adviser import Adviser
    from tracing.database.offers import Offers

    caretaker = Caretaker(url, settings.text("database.schema"))
    withheld = settings.number("advice.withheld_percent")
    offers = Offers(caretaker, embedder, partial(_login, store), _repository, withheld)
    return Adviser(places.advice_socket, offers, failed)


def _export(places: Places, settings: Settings, url: str, failed: Callable[[Exception], None]) -> Export | None:
    """Return what sends spans, where it is said whereto; else nothing of it is even loaded.

    If it cannot begin, *failed* is told, and events are stored all the same.
    """
    try:
        if not settings.text("otel.endpoint") or settings.switch("otel.disabled"):
            places.export_journal.unlink(missing_ok=True)  # what ends meanwhile is not sent later
            return None
        from tracing.collector.export import Export
        from tracing.otel.target import Target

        return Export(places, Store(url, settings.text("database.schema"), size=1), Target.of(settings), failed)
    except Exception as error:
        failed(error)
        return None


@cache
def _login(store: Store) -> str:
    """Return the login as which *store* writes: whose traces they are."""
    return str(store.query("login")[0]["user_id"])


def _repository(directory: str) -> str | None:
    """Return the repository around *directory*."""
    return look_up(directory, now=False).get("repository")


def _put_away(server: EmbeddedServer) -> None:
    """Stop *server*, unless its TCP port is open: who comes that way cannot wake it as a session does."""
    if not server.open_port():
        server.stop()


def _make_partitions(caretaker: Caretaker) -> None:
    caretaker.query("create_partitions")


def _restore_schema(url: str, schema: str, settings: Settings) -> None:
    """Make again what somebody dropped; what was to be written waits in the spool meanwhile."""
    from tracing.database.migration import migrate  # its library is not worth having in an idle collector

    done = migrate(url, schema, dimensions=settings.number("embedding.dimensions"))
    logging.warning("the schema is whole again: %d new migrations, %d lost objects", len(done.new), len(done.lost))


def _nothing() -> None:
    """Do nothing: an external database comes up, and stays up, by itself."""


def _log_to(places: Places | None) -> None:
    handler: logging.Handler = logging.StreamHandler()
    if places:
        with contextlib.suppress(OSError):  # a log that is somebody else's is no reason to collect nothing
            handler = logging.handlers.RotatingFileHandler(places.log, maxBytes=LOG_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # its warnings are about what it raises, too


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
