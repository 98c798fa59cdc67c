"""The checkpoint file: every bit comes back, or the file is refused in one sentence."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from attention_np.training import CheckpointError, load_checkpoint, save_checkpoint

ARRAYS = {
    "model/weight": np.arange(12.0).reshape(3, 4),
    "model/bias": np.array([1.5, -2.0], np.float32),
    "file": np.array(7),
    "words": np.array(["the", "naïve"]),
    "empty": np.zeros((0, 3)),
}
METADATA = {"step": 3, "loss": 0.1 + 0.2, "big": 2**127 + 1, "names": ["a", "β"], "none": None}


@pytest.fixture
def path(tmp_path):
    save_checkpoint(tmp_path / "saved.npz", ARRAYS, METADATA)
    return tmp_path / "saved.npz"


def assert_refused(path, saying):
    """It is refused in one sentence that begins with the file's name, and the file is left as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CheckpointError, match=saying) as refusal:
        load_checkpoint(path)
    message = str(refusal.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert (path.read_bytes() if path.is_file() else None) == before


def assert_same_contents(checkpoint):
    assert checkpoint.metadata == METADATA
    assert checkpoint.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert checkpoint.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(checkpoint.arrays[name], array)


def test_arrays_and_metadata_come_back(path):
    assert_same_contents(load_checkpoint(path))
    model = load_checkpoint(path).group("model")
    assert list(model) == ["weight", "bias"]
    np.testing.assert_array_equal(model["bias"], ARRAYS["model/bias"])


def test_it_is_an_npz_that_numpy_opens_without_pickle(path):
    with np.load(path, allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["arrays/model/weight"], ARRAYS["model/weight"])
        assert json.loads(archive["metadata"].tobytes()) == METADATA
        header = json.loads(archive["header"].tobytes())
    assert (header["format"], header["version"]) == ("attention_np checkpoint", 1)


def test_the_same_contents_make_the_same_file(path, tmp_path):
    save_checkpoint(tmp_path / "again.npz", ARRAYS, METADATA)
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


SHAPES = hnp.array_shapes(min_dims=0, min_side=0, max_side=4)
DTYPES = st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_, ">f4", "<U3", np.complex64])


@settings(deadline=None, max_examples=60)
@given(
    array=DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, SHAPES)),
    number=st.floats(allow_nan=False),
    text=st.text(),
    fortran=st.booleans(),
)
def test_any_array_and_any_number_keep_every_bit(tmp_path_factory, array, number, text, fortran):
    path = tmp_path_factory.mktemp("any") / "any.npz"
    array = np.asfortranarray(array) if fortran else array[..., ::-1] if array.ndim else array
    save_checkpoint(path, {"array": array}, {"number": number, "text": text})
    loaded = load_checkpoint(path)
    assert loaded.metadata["text"] == text
    assert loaded.metadata["number"] == number
    assert math.copysign(1, loaded.metadata["number"]) == math.copysign(1, number)
    assert loaded.arrays["array"].dtype == array.dtype
    assert loaded.arrays["array"].shape == array.shape
    assert loaded.arrays["array"].tobytes() == array.tobytes()


def test_it_is_flushed_to_the_disk_before_it_is_renamed(path, monkeypatch):
    events, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (events.append("flush"), fsync(descriptor)))
    monkeypatch.setattr(os, "replace", lambda old, new: (events.append("rename"), replace(old, new)))
    save_checkpoint(path, {}, {"new": True})
    assert events[:2] == ["flush", "rename"]
    if os.name == "posix":
        assert events == ["flush", "rename", "flush"]
    assert load_checkpoint(path).metadata == {"new": True}


def test_a_file_cut_short_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in sorted({*range(4, len(whole), 23), *range(len(whole) - 60, len(whole))}):
        path.write_bytes(whole[:length])
        assert_refused(path, "damaged or cut short")
    for length in (1, 2, 3):
        path.write_bytes(whole[:length])
        assert_refused(path, "is not a checkpoint")
    path.write_bytes(b"")
    assert_refused(path, "is empty")


@pytest.mark.filterwarnings("error")
def test_a_byte_changed_anywhere_is_refused_or_changes_nothing(path):
    whole = path.read_bytes()
    changes = np.random.default_rng(0).integers(1, 256, len(whole))
    refused = 0
    for position, change in enumerate(changes):
        damaged = bytearray(whole)
        damaged[position] ^= int(change)
        path.write_bytes(damaged)
        try:
            checkpoint = load_checkpoint(path)
        except CheckpointError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
        else:
            assert_same_contents(checkpoint)
    # What remains are fields of the archive that carry nothing, as its dates.
    assert refused > 0.7 * len(whole)


def test_a_changed_number_with_a_valid_archive_fails_the_checksum(path):
    members = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            members[name] = archive.read(name)
    changed = {**ARRAYS, "model/bias": np.array([1.5, -2.5], np.float32)}
    buffer = io.BytesIO()
    np.save(buffer, changed["model/bias"])
    members["arrays/model/bias.npy"] = buffer.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert_refused(path, "damaged .* checksum")


def test_a_member_left_out_or_renamed_fails_the_checksum(path):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for rename in (None, "arrays/model/other.npy"):
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                kept = rename if name == "arrays/model/weight.npy" else name
                if kept:
                    archive.writestr(kept, data)
        assert_refused(path, "damaged .* checksum")


def write_npz(path, **arrays):
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def write_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "Dear reader")


def header(**fields):
    return np.frombuffer(json.dumps(fields).encode(), np.uint8)


FOREIGN = {
    "another npz": (lambda path: write_npz(path, weight=np.ones(3)), "but not a checkpoint of attention_np"),
    "an npz with a header": (lambda path: write_npz(path, header=header(a=1)), "but not a checkpoint"),
    "an npz with a header of floats": (lambda path: write_npz(path, header=np.ones(3)), "damaged"),
    "a later version": (
        lambda path: write_npz(path, header=header(format="attention_np checkpoint", version=2)),
        "has version 2 of the checkpoint format, and this attention_np reads version 1",
    ),
    "a zip": (write_zip, "is a .npz or .zip file, but not a checkpoint"),
    "a text": (lambda path: path.write_text("PKs are not keys\n"), "is not a checkpoint"),
    "an npy": (lambda path: np.save(path.open("wb"), np.ones(3)), "is not a checkpoint"),
    "nothing": (lambda path: None, "there is no such file"),
    "an empty file": (lambda path: path.touch(), "is empty"),
    "a folder": (lambda path: path.mkdir(), "cannot be read"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_refused(kind, tmp_path):
    write, saying = FOREIGN[kind]
    write(tmp_path / "foreign.npz")
    assert_refused(tmp_path / "foreign.npz", saying)


class Malicious:
    def __reduce__(self):
        return os.mkdir, (os.environ["UNPICKLED"],)


def test_a_pickle_inside_is_never_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("UNPICKLED", str(tmp_path / "unpickled"))
    write_npz(tmp_path / "evil.npz", header=np.array([Malicious()], object))
    assert_refused(tmp_path / "evil.npz", "damaged")
    assert not (tmp_path / "unpickled").exists()


def test_python_objects_are_refused_by_name_before_anything_is_written(path):
    before = path.read_bytes()
    with pytest.raises(TypeError, match="arrays: vocabulary holds Python objects"):
        save_checkpoint(path, {"vocabulary": np.array([{}, None])}, {})
    with pytest.raises(TypeError, match="JSON"):
        save_checkpoint(path, {}, {"when": {1, 2}})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_full_disk_is_one_clear_error_and_leaves_the_old_file(path):
    resource = pytest.importorskip("resource")
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(CheckpointError, match="could not be saved .* untouched") as error:
            save_checkpoint(path, {"large": np.ones(10_000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(error.value).startswith(f"{path}: ")
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_that_is_missing_or_no_folder_is_one_clear_error(path):
    for unwritable in (path.parent / "missing" / "new.npz", path / "new.npz"):
        with pytest.raises(CheckpointError, match="could not be saved"):
            save_checkpoint(unwritable, ARRAYS, METADATA)
    (path.parent / "folder.npz").mkdir()
    with pytest.raises(CheckpointError, match="could not be saved"):
        save_checkpoint(path.parent / "folder.npz", ARRAYS, METADATA)
    assert sorted(os.listdir(path.parent)) == ["folder.npz", path.name]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_one_clear_error(path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(CheckpointError, match="could not be saved .*ermission"):
            save_checkpoint(path, {}, {})
    finally:
        path.parent.chmod(0o700)
    assert_same_contents(load_checkpoint(path))
