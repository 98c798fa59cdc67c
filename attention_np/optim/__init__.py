r"""Update rules: how a gradient becomes a change of the parameters, told from gradient descent onwards.

**Gradient descent** is the first rule of all. The gradient g of the loss over *all* the training data points
uphill, so a step of length η (the learning rate) against it goes downhill::

    θ ← θ − η g                                        SGD(parameters, η), once per pass over the data

Every rule here is an answer to something that this one does badly.

- One exact step per pass over the data is slow. **Stochastic** gradient descent takes the gradient of a few
  examples instead: right on average, noisy, and many steps a pass. It is the same formula, so it is the same
  class: `SGD` given the gradient of the full batch *is* gradient descent.
- In a long narrow valley the steps zigzag. **Momentum** and **Nesterov**'s form of it average the zigzag away
  (`SGD` with ``momentum``).
- One η cannot suit every parameter: the row of a rare word has a gradient once in a thousand steps. The rules
  called "dynamic" divide each gradient by the size that this parameter's gradients usually have. `AdaGrad`
  measures the size by the sum of their squares, so its steps only shrink; `RMSProp` by a running mean that
  forgets; `Adam` adds momentum and corrects the start of both means; `AdamW` keeps weight decay out of that
  division.

An optimiser is given parameters: objects with ``value`` and ``grad`` (arrays of one shape and floating
dtype), ``name`` and ``decays``, as `attention_np.layers` makes them. ``step()`` changes the values in place::

    optimizer = Adam(model.parameters(), learning_rate=1e-3)
    schedule = WarmupCosine(warmup=100, total=2000)
    for step, batch in enumerate(batches, start=1):
        model.zero_grad()
        loss, backward = model(batch)
        backward()                                      # adds to each parameter's grad
        clip_gradient_norm(model.parameters(), 1.0)
        optimizer.step(schedule(step))                  # the schedule multiplies the learning rate

The conventions are PyTorch's, and so are the numbers: to 1e-12 in float64. This folder needs NumPy alone.
"""

from __future__ import annotations

from .adagrad import AdaGrad
from .adam import Adam
from .adamw import AdamW
from .base import Learned, Optimizer
from .clipping import clip_gradient_norm, gradient_norm
from .gradient_descent import SGD
from .rmsprop import RMSProp
from .schedules import Constant, Schedule, WarmupCosine, WarmupInverseSquareRoot

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Constant",
    "Learned",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "WarmupCosine",
    "WarmupInverseSquareRoot",
    "clip_gradient_norm",
    "gradient_norm",
]
