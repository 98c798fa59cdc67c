"""The families of the suite, a file each, in the order in which they are tried."""

from __future__ import annotations

from ..case import Case
from . import answers, behind, ends, forged, honest, lying, network, patches, resources, survivors

FAMILIES: dict[str, tuple[Case, ...]] = {
    "ends": ends.CASES,
    "resources": resources.CASES,
    "patches": patches.CASES,
    "answers": answers.CASES,
    "behind the hook": behind.CASES,
    "forged": forged.CASES,
    "lying": lying.CASES,
    "survivors": survivors.CASES,
    "network": network.CASES,
    "honest": honest.CASES,
}
