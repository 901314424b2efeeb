"""Digests of tables: equal for equal content, however the files are laid out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class Digest:
    """SHA-256 of the content of a table: names, types and values of its columns, in order.

    The table is given piece by piece; how it is cut makes no difference, any other bit does.

    Notes
    -----
    The hashes of a column are those of its values one after another, missing ones as zeros, of the
    lengths of texts, and of a byte a value that says whether it is there. The digest is the hash of
    the JSON list of [name, type, hashes] of the columns.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._columns = [(field.name, _plain(field.type)) for field in schema]
        self._hashes = [tuple(hashlib.sha256() for _ in range(3)) for _ in schema]

    def add(self, piece: pa.Table) -> None:
        """Take the next rows."""
        for column, hashes in zip(piece.columns, self._hashes, strict=True):
            for chunk in column.chunks:
                for one, content in zip(hashes, _content(chunk), strict=True):
                    one.update(content)

    def text(self) -> str:
        """The digest of all rows so far, 64 hexadecimal digits."""
        described = [
            [name, str(kind), *(one.hexdigest() for one in hashes)]
            for (name, kind), hashes in zip(self._columns, self._hashes, strict=True)
        ]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _content(chunk: pa.Array) -> tuple[Any, Any, Any]:
    """Values, lengths of texts, and which values are there, as bytes."""
    if pa.types.is_dictionary(chunk.type):
        chunk = chunk.dictionary_decode()
    if chunk.null_count:
        there: Any = np.asarray(chunk.is_valid()).astype(np.uint8)
    else:
        there = np.ones(len(chunk), dtype=np.uint8)
    if pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type):
        texts = chunk.fill_null("")
        lengths = np.asarray(pc.binary_length(texts)).astype("<i8")
        return "".join(texts.to_pylist()).encode(), lengths, there
    if pa.types.is_boolean(chunk.type):
        return np.asarray(chunk.fill_null(False)).astype(np.uint8), b"", there
    values = (chunk.fill_null(0) if chunk.null_count else chunk).to_numpy()
    return values.astype(values.dtype.newbyteorder("<"), order="C", copy=False), b"", there
