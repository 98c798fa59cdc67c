"""The checkpoint file: arrays and metadata in one .npz, written so that a complete one is always there.

A checkpoint is an ordinary ``.npz``: ``numpy.load(path, allow_pickle=False)`` opens it, and nothing in it is
ever unpickled. Its members are

- ``header``: the format's name and version, and the SHA-256 of everything else;
- ``metadata``: what is not an array, as JSON;
- ``arrays/<name>``: the arrays.

``header`` and ``metadata`` are UTF-8 text as arrays of bytes. The same contents make the same file, bit for
bit.

It is written beside the old one, flushed to the disk, and renamed over it. A rename is atomic, so at any
moment, a power cut included, the path holds the old file or the new one, and never half of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FORMAT = "attention_np checkpoint"
VERSION = 1


class CheckpointError(ValueError):
    """A checkpoint that cannot be used or written: a sentence with the file and what is wrong."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes
    ----------
    arrays : dict of str to array
        By name, as "model/output.weight".
    metadata : dict
        What JSON can say.
    """

    arrays: dict[str, Array]
    metadata: dict[str, Any]

    def group(self, prefix: str) -> dict[str, Array]:
        """The arrays whose names begin with ``prefix/``, without it."""
        start = f"{prefix}/"
        return {name[len(start) :]: array for name, array in self.arrays.items() if name.startswith(start)}


def save_checkpoint(
    path: str | os.PathLike[str], arrays: Mapping[str, Array], metadata: Mapping[str, Any]
) -> None:
    """Write `arrays` and `metadata` to `path`, in the place of what was there before.

    Parameters
    ----------
    path : path
        The file; its folder must exist.
    arrays : mapping of str to array
        Of any shape and of any dtype but object.
    metadata : mapping
        Strings, numbers, booleans, None, lists and dictionaries with strings as keys. Floats keep every bit.

    Raises
    ------
    CheckpointError
        If the file cannot be written (a full disk, a folder that is missing or may not be written to). What
        was at `path` before is still there.
    TypeError
        If an array holds Python objects, or the metadata something that JSON cannot say; nothing was written.
    """
    path = Path(path)
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise TypeError(f"arrays: {name} holds Python objects, which need pickle; save numbers or text")
    members = {"metadata": _text_array(json.dumps(dict(metadata)))}
    members.update({f"arrays/{name}": np.asarray(array) for name, array in arrays.items()})
    header = {"format": FORMAT, "version": VERSION, "sha256": _digest(members)}
    beside = path.with_name(path.name + ".partial")
    try:
        with open(beside, "wb") as file:
            _write_members(file, {"header": _text_array(json.dumps(header)), **members})
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise CheckpointError(
                f"{path}: could not be saved ({reason}); what was saved there before is untouched"
            ) from error
        raise
    _flush_folder(path.parent)


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read what `save_checkpoint` wrote, and check every bit of it against its checksum.

    Raises
    ------
    CheckpointError
        If there is no such file, or it is damaged, cut short, of a later version, or something else
        altogether.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            start = file.read(4)
            if not start:
                raise CheckpointError(f"{path}: is empty, not a checkpoint")
            if start != b"PK\x03\x04":
                raise CheckpointError(f"{path}: is not a checkpoint of attention_np, nor any other .npz file")
            return _read(file, path)
    except CheckpointError:
        raise
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such file") from None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror or error})") from error
    except Exception as error:
        # zipfile, zlib, json and NumPy raise a dozen kinds of exception for bytes that make no sense.
        raise CheckpointError(f"{path}: is damaged or cut short and cannot be used ({error})") from error


def _read(file: IO[bytes], path: Path) -> Checkpoint:
    with zipfile.ZipFile(file) as archive:
        if "header.npy" not in archive.namelist():
            raise CheckpointError(f"{path}: is a .npz or .zip file, but not a checkpoint of attention_np")
        header = json.loads(_text(_read_member(archive, "header.npy")))
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise CheckpointError(f"{path}: is a .npz file, but not a checkpoint of attention_np")
        if header.get("version") != VERSION:
            raise CheckpointError(
                f"{path}: has version {header.get('version')} of the checkpoint format, "
                f"and this attention_np reads version {VERSION}"
            )
        names = [name.removesuffix(".npy") for name in archive.namelist() if name != "header.npy"]
        members = {name: _read_member(archive, f"{name}.npy") for name in names}
    if _digest(members) != header.get("sha256"):
        raise CheckpointError(f"{path}: is damaged and cannot be used (its contents fail their checksum)")
    metadata = json.loads(_text(members.pop("metadata")))
    return Checkpoint({name.removeprefix("arrays/"): array for name, array in members.items()}, metadata)


def _write_members(file: IO[bytes], members: Mapping[str, Array]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in members.items():
            # A ZipInfo made by hand carries a fixed date: the same contents give the same file.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _read_member(archive: zipfile.ZipFile, name: str) -> Array:
    # The whole member is read first, because that is when zipfile checks its CRC.
    return np.asarray(np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False))


def _digest(members: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name in sorted(members):
        array = members[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _text_array(text: str) -> Array:
    return np.frombuffer(text.encode(), np.uint8)


def _text(array: Array) -> str:
    return array.astype(np.uint8, casting="equiv").tobytes().decode()


def _flush_folder(folder: Path) -> None:
    """Flush the rename itself, where folders can be flushed; on Windows they cannot."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
