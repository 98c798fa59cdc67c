"""What else can be made of a Jacobian J and an upstream g than Jᵀg: its diagonal, Jg, Jᵀ1, parts of the sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ...functional._checks import Array
from ..evidence import Evidence, Explanation


def diagonal_only(wrong: list[Evidence]) -> Iterator[Explanation]:
    """g ⊙ diag(J) in place of Jᵀg."""
    if _all_are(wrong, lambda g, jacobian: g * np.diagonal(jacobian)):
        yield Explanation(
            "diagonal-only",
            "this is g ⊙ diag(J), for upstream g and Jacobian J: each output is derived by its own input alone, and the couplings between the "
            "entries of a row are missing.",
            "Change one input a little: does only the output at the same place move?",
        )


def jacobian_not_transposed(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Jg in place of Jᵀg."""
    if _all_are(wrong, lambda g, jacobian: jacobian @ g):
        yield Explanation(
            "transposed",
            "this is J g, for upstream g and Jacobian J, where Jᵀ g belongs.",
            "An input's gradient gathers from every output that it reaches: over which index do you sum?",
        )


def upstream_ignored(wrong: list[Evidence]) -> Iterator[Explanation]:
    """The same result whatever the upstream; often that of an upstream of ones."""
    groups = _by_arguments(wrong)
    repeated = [group for group in groups if len(group) > 1]
    if not repeated or not all(
        one.given.any() and one.agrees(two.given) for one, two, *_ in repeated if one.situation.upstream is not None
    ):
        return
    if any(evidence.situation.upstream is None for evidence in wrong):
        return
    of_ones = _all_are(wrong, lambda g, jacobian: np.sum(jacobian, axis=0))
    yield Explanation(
        "upstream-ignored",
        "two different upstreams give the same result"
        + (", that of an upstream of ones." if of_ones else "; the gradient must be linear in the upstream."),
        "What comes from the layers above must enter every product. Where does the first argument of your function appear?",
    )


def some_contributions(wrong: list[Evidence]) -> Iterator[Explanation]:
    """Only some of the outputs along one axis contribute, or some more than once."""
    upstreams = [evidence.situation.upstream for evidence in wrong if evidence.comparable]
    given = [upstream for upstream in upstreams if upstream is not None]
    if len(given) < len(wrong):
        return
    fewest = min(upstream.ndim for upstream in given)
    for axis in range(-fewest, 0):
        found = [_shares(evidence, axis) for evidence in wrong]
        shares = [share for share in found if share is not None]
        if len(shares) == len(wrong) and not all(np.allclose(share, share[0], atol=1e-7) for share in shares):
            if explanation := _name_shares(shares, axis):
                yield explanation
                return


def _all_are(wrong: list[Evidence], form: Callable[[Array, Array], Array]) -> bool:
    """Whether each result is ``form(upstream, jacobian)``, for square Jacobians."""
    for evidence in wrong:
        upstream, jacobian = evidence.situation.upstream, evidence.situation.jacobian(evidence.name)
        if upstream is None or jacobian is None or jacobian.shape[0] != jacobian.shape[1] or not evidence.comparable:
            return False
        if not evidence.agrees(form(upstream.ravel(), jacobian).reshape(evidence.expected.shape)):
            return False
    return bool(wrong)


def _by_arguments(wrong: list[Evidence]) -> list[list[Evidence]]:
    groups: dict[str, list[Evidence]] = {}
    for evidence in wrong:
        groups.setdefault(evidence.situation.words, []).append(evidence)
    return list(groups.values())


def _shares(evidence: Evidence, axis: int) -> Array | None:
    """How often each index of an axis of the upstream contributes, where that explains the result."""
    upstream, jacobian = evidence.situation.upstream, evidence.situation.jacobian(evidence.name)
    if upstream is None or jacobian is None or not 1 < upstream.shape[axis] <= evidence.expected.size // 2:
        return None
    parts = []
    for index in range(upstream.shape[axis]):
        part = np.zeros_like(upstream)
        part.swapaxes(0, axis)[index] = upstream.swapaxes(0, axis)[index]
        parts.append(part.ravel() @ jacobian)
    basis = np.stack(parts, axis=1)
    shares, _, rank, _ = np.linalg.lstsq(basis, evidence.given.ravel(), rcond=1e-10)
    if rank < basis.shape[1] or not evidence.agrees((basis @ shares).reshape(evidence.expected.shape)):
        return None
    return shares


def _name_shares(shares: list[Array], axis: int) -> Explanation | None:
    whole = [np.rint(share) for share in shares]
    if any(np.abs(share - near).max() > 1e-6 for share, near in zip(shares, whole, strict=True)):
        return None
    shown = ", ".join(f"{number:.0f}" for number in whole[0])
    counted = f"along axis {axis} of the upstream the contributions count {shown} times"
    if all(np.count_nonzero(share) == 1 for share in whole):
        which = "last" if all(share[-1] for share in whole) else "first" if all(share[0] for share in whole) else "one"
        return Explanation(
            "overwritten",
            f"only the {which} contribution along axis {axis} of the upstream is left; they should add up.",
            "Look for `=` inside a loop: what becomes of the rounds before?",
        )
    if all(share.min() == 0 for share in whole):
        return Explanation("dropped-term", f"{counted}.", "Does the loop reach every index, the first and the last too?")
    if all(share.max() >= 2 for share in whole):
        return Explanation("counted-twice", f"{counted}.", "Which round of the loop, or which line, adds the same again?")
    return None
