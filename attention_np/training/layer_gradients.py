"""How large the gradients are, layer by layer: what vanishes or explodes on its way back shows here first."""

from __future__ import annotations

import re

from ..layers.module import Layer, Parameter
from ..optim.clipping import gradient_norm

# A layer of a list, as `decoder.blocks.3`, or else what the model holds by itself, as `words`.
_LAYER = re.compile(r"(.*?\.\d+|[^.]+)(\.|$)")


def layer_gradient_norms(model: Layer) -> dict[str, float]:
    """The norm of the gradients of each block, and of each other part that the model holds, by name in the model's order.

    Parts of one part that are in no list are one: a transformer's ``decoder.norm`` counts as ``decoder``. For ``watch`` of `train`:
    there the gradients are those of the step before, clipped if they were.

    Parameters
    ----------
    model : Layer
        After a backward pass.
    """
    groups: dict[str, list[Parameter]] = {}
    for name, parameter in model.named_parameters():
        found = _LAYER.match(name)
        groups.setdefault(found[1] if found else name, []).append(parameter)
    return {name: gradient_norm(parameters) for name, parameters in groups.items()}
