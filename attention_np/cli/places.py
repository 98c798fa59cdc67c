"""Where caches and models live."""

from __future__ import annotations

from pathlib import Path

from ..training.distributed import launched

MODEL_FILE = "summarizer.npz"
TASK_MODEL = "model.npz"
TRAINING_FILE = "training.npz"
_LAST_MODEL = "last-model.txt"


def cache_folder() -> Path:
    """The platform's cache directory for this package, created when missing.

    Raises
    ------
    ModuleNotFoundError
        If platformdirs is not installed.
    """
    try:
        from platformdirs import user_cache_dir
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "platformdirs is not installed; the tasks need it: pip install 'attention-np[tasks]'"
        ) from None
    folder = Path(user_cache_dir("attention-np", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def output_folder(out: Path | None, task: str) -> Path:
    """`out`, or a folder for this task in the cache; created when missing.

    Raises
    ------
    NotADirectoryError
        If `out` is a file.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise NotADirectoryError(f"--out: {out} is a file; expected a folder, or a name for a new one")
    folder = cache_folder() / task if out is None else out
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def fresh(checkpoint: Path, resume: bool) -> Path:
    """The checkpoint to train with; an earlier training that is not resumed is kept beside it."""
    if checkpoint.exists() and not resume:
        checkpoint.replace(checkpoint.with_name("previous-" + checkpoint.name))
    return checkpoint


def task_model(folder: Path | None, task: str) -> Path:
    """The model of `task` in `folder`, or the one that was trained last in the cache.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says which command trains one.
    """
    place = cache_folder() / task if folder is None else folder
    path = place / TASK_MODEL if place.is_dir() or not place.exists() else place
    if not path.exists():
        again = "" if folder is None else f" --out {folder}"
        raise FileNotFoundError(f"--model: there is no model at {path}; train one: attention-np train {task}{again}")
    return path


def remember_model(path: Path) -> None:
    """Make `path` the model that is used where none is named; of several processes the first one's."""
    if launched()[0]:
        return
    beside = cache_folder() / (_LAST_MODEL + ".partial")
    beside.write_text(str(path.resolve()), encoding="utf-8")
    beside.replace(cache_folder() / _LAST_MODEL)


def last_model() -> Path | None:
    """The model that is used where none is named; None if none was trained, or it is gone."""
    note = cache_folder() / _LAST_MODEL
    if not note.exists():
        return None
    path = Path(note.read_text(encoding="utf-8"))
    return path if path.exists() else None


def model_path(folder: Path | None) -> Path:
    """The model in `folder`, or the one trained last.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says which command trains one.
    """
    if folder is not None:
        path = folder / MODEL_FILE if folder.is_dir() else folder
        if not path.exists():
            raise FileNotFoundError(f"--model: there is no model at {path}; train one: attention-np --out {folder}")
        return path
    remembered = last_model()
    if remembered is None:
        raise FileNotFoundError("there is no trained model yet; train one: attention-np (or attention-np --quick)")
    return remembered
