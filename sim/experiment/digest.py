"""Digests of tables: equal for equal content, however the files are laid out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.experiment.store import table_schema


def digest(path: Path) -> str:
    """SHA-256 of the content of a stored table: names, types and values of its columns, in order.

    It does not depend on row groups, encodings, compression or chunks; any other bit counts. Read a
    row group at a time, so that memory does not grow with the table.

    Raises
    ------
    InputError
        If the file is damaged.

    Notes
    -----
    The hash of a column is that of its values one after another, missing ones as zeros, and of a
    byte a value that says whether it is there; of text, of the lengths as well. The digest is the
    hash of the JSON list of [name, type, hashes] of the columns.
    """
    schema = table_schema(path)
    hashes = [(hashlib.sha256(), hashlib.sha256(), hashlib.sha256()) for _ in schema]
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            for column, running in zip(file.read_row_group(group).columns, hashes, strict=True):
                for chunk in column.chunks:
                    for one, content in zip(running, _content(chunk), strict=True):
                        one.update(content)
    described = [
        [field.name, str(_plain(field.type)), *(one.hexdigest() for one in running)]
        for field, running in zip(schema, hashes, strict=True)
    ]
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _content(chunk: pa.Array) -> tuple[Any, Any, Any]:
    """Values, lengths of texts, and which values are there, as bytes."""
    if pa.types.is_dictionary(chunk.type):
        chunk = chunk.dictionary_decode()
    there = np.asarray(chunk.is_valid()).astype(np.uint8)
    if pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type):
        texts = chunk.fill_null("")
        lengths = np.asarray(pc.binary_length(texts)).astype("<i8")
        return "".join(texts.to_pylist()).encode(), lengths, there
    if pa.types.is_boolean(chunk.type):
        return np.asarray(chunk.fill_null(False)).astype(np.uint8), b"", there
    values = chunk.fill_null(0).to_numpy()
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))), b"", there
