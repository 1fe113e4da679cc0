"""The thread that answers the advice hook goes on whatever happens, and keeps nobody waiting where it has no answer."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import PATIENCE_S, eventually
from tracing.collector.adviser import Adviser
from tracing.database.caretaker import Caretaker
from tracing.database.offers import Offers
from tracing.learning.embedding import HashedEmbedder, Vector


class Embedder(HashedEmbedder):
    """One that counts, and breaks while it is told to."""

    asked, broken = 0, False

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return the embeddings."""
        self.asked += 1
        if self.broken:
            raise ImportError("numpy is broken")
        return super().embed(texts)


@contextmanager
def advising(
    path: Path, embedder: Embedder, failed: Callable[[Exception], None], clock: Callable[[], float] = time.monotonic
) -> Iterator[Adviser]:
    """Start an adviser whose database is away."""
    caretaker = Caretaker("postgresql://u@127.0.0.1:1/x")
    offers = Offers(caretaker, embedder, lambda: "u", lambda _directory: None, 0)
    adviser = Adviser(path, offers, failed, clock)
    adviser.start()
    try:
        assert eventually(lambda: embedder.asked > 0)
        yield adviser
    finally:
        adviser.stop()


def heard(path: Path) -> bytes:
    """Return what a hook is answered."""
    with socket.socket(socket.AF_UNIX) as hook:
        hook.settimeout(PATIENCE_S)
        hook.connect(str(path))
        return hook.recv(100)


def test_while_the_database_is_away_prompts_wait_for_nothing(tmp_path: Path) -> None:
    """Connecting is tried again after a while, and not for each prompt."""
    now, failures, embedder = [100.0], list[Exception](), Embedder()
    with advising(tmp_path / "s", embedder, failures.append, lambda: now[0]):
        assert [heard(tmp_path / "s") for _ in range(20)] == [b""] * 20
        assert embedder.asked == 1
        now[0] += 1
        heard(tmp_path / "s")
        assert eventually(lambda: embedder.asked == 2)
    assert not failures


def test_an_embedder_that_breaks_is_told_and_not_the_end(tmp_path: Path) -> None:
    """Nothing that warming up raises ends the thread."""
    failures, embedder = list[Exception](), Embedder()
    embedder.broken = True
    with advising(tmp_path / "s", embedder, failures.append):
        assert eventually(lambda: bool(failures))
        assert heard(tmp_path / "s") == b""
        embedder.broken = False
        tried = embedder.asked
        assert eventually(lambda: embedder.asked > tried)
    assert {type(failure) for failure in failures} == {ImportError}


def test_a_hook_that_cannot_be_accepted_is_told_and_not_the_end(tmp_path: Path) -> None:
    """Without a free descriptor there is a pause; then the next one is answered."""
    failures, files = list[Exception](), resource.getrlimit(resource.RLIMIT_NOFILE)
    with advising(tmp_path / "s", Embedder(), failures.append), socket.socket(socket.AF_UNIX) as hook:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, files[1]))
        try:
            hook.connect(str(tmp_path / "s"))
            assert eventually(lambda: bool(failures))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, files)
        assert heard(tmp_path / "s") == b""
    assert all(isinstance(failure, OSError) for failure in failures)


def test_a_successors_socket_stays(tmp_path: Path) -> None:
    """Whoever ends late removes its own socket alone."""
    path, failures = tmp_path / "s", list[Exception]()
    with advising(path, Embedder(), failures.append) as late:
        with advising(path, Embedder(), failures.append):
            late.stop()
            assert heard(path) == b""
        assert not path.exists()
    assert not failures
