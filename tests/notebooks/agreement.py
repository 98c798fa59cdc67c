"""Whether a committed notebook says what a fresh run of it says: texts equal, numbers at a tolerance, pictures aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

NUMBER = re.compile(r"[-−+]?(?:\d+(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-−+]?\d+)?")
# Of a printed number, its last digit may differ by two; of one that came out of a training, two hundredths.
DIGITS, RELATIVE, NOTHING = 2, 0.02, 1e-9


def differences(committed: Any, fresh: Any) -> Iterator[str]:
    """What differs, cell by cell; cells with a tag have outputs of their own."""
    if len(committed.cells) != len(fresh.cells):
        yield f"{len(committed.cells)} cells are committed, and {len(fresh.cells)} are built"
    for old, new in zip(committed.cells, fresh.cells, strict=False):
        if (old.id, old.cell_type, old.source, old.metadata) != (new.id, new.cell_type, new.source, new.metadata):
            yield f"cell {new.id} is not the one of the source: {new.source[:60]!r}"
        elif new.cell_type == "code" and not new.metadata.get("tags"):
            yield from (f"cell {new.id}: {found}" for found in _outputs(old.outputs, new.outputs))


def _outputs(old: list[Any], new: list[Any]) -> Iterator[str]:
    if [output.output_type for output in old] != [output.output_type for output in new]:
        yield "other kinds of outputs"
        return
    for before, after in zip(old, new, strict=True):
        texts = [(before.text, after.text)] if "text" in after else []
        if "data" in after:
            if before.data.keys() != after.data.keys():
                yield f"outputs as {', '.join(before.data)} and as {', '.join(after.data)}"
                continue
            texts += [(before.data[kind], after.data[kind]) for kind in after.data]
        for first, second in texts:
            if found := text_difference(first, second):
                yield found


def text_difference(old: str, new: str) -> str:
    """The first place where two texts say something else, or nothing."""
    old, new = _comparable(old), _comparable(new)
    first, second = NUMBER.split(old), NUMBER.split(new)
    for before, after in zip(first, second, strict=False):
        if " ".join(before.split()) != " ".join(after.split()):
            return f"{before[-60:]!r} is committed, {after[-60:]!r} is new"
    if len(first) != len(second):
        return f"{len(first)} and {len(second)} numbers"
    for before, after in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        if not _close(before, after):
            return f"{before} is committed, {after} is new"
    return ""


def _comparable(said: str) -> str:
    """Without the bytes of images, and without names and colours that follow from the numbers."""
    said = re.sub(r"data:image/png;base64,[\w+/=]+", "data:image", said)
    said = re.sub(r"scrub-[0-9a-f]{10}", "scrub", said)
    return re.sub(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", "#colour", said)


def _close(first: str, second: str) -> bool:
    one, other = (float(text.replace("−", "-").replace(",", "")) for text in (first, second))
    fraction = re.search(r"\.(\d+)", first)
    exponent = re.search(r"e[-−+]?\d+", first)
    power = float("1" + exponent[0].replace("−", "-")) if exponent else 1.0
    digit = power * 10.0 ** -len(fraction[1]) if fraction else 0.0
    return abs(one - other) <= max(DIGITS * digit, RELATIVE * max(abs(one), abs(other)), NOTHING) * (1 + 1e-9)
