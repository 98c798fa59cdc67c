"""Where caches and models live."""

from __future__ import annotations

from pathlib import Path

MODEL_FILE = "summarizer.npz"
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
    """`out`, or a folder for this task in the cache; created when missing."""
    folder = cache_folder() / task if out is None else out
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def remember_model(path: Path) -> None:
    """Make `path` the model that is used where none is named."""
    beside = cache_folder() / (_LAST_MODEL + ".partial")
    beside.write_text(str(path.resolve()), encoding="utf-8")
    beside.replace(cache_folder() / _LAST_MODEL)


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
    note = cache_folder() / _LAST_MODEL
    if not note.exists() or not Path(note.read_text(encoding="utf-8")).exists():
        raise FileNotFoundError("there is no trained model yet; train one: attention-np (or attention-np --quick)")
    return Path(note.read_text(encoding="utf-8"))
