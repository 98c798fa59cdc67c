"""Makes golden_article.npz: what the article's sample does in PyTorch, and the same model with its formulas.

Run ``python tests/models/make_golden_article.py`` where torch is installed, when a model changes. The tests
always check the numbers it wrote, and where torch is installed they compare again on other data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

INPUT_DIM, HIDDEN_DIM, OUTPUT_DIM, BATCH, TIME, STEPS = 11, 5, 3, 4, 6, 8
# Each is a model of attention_np.models with the arguments it takes, and the class of the same name below.
MODELS = {
    "article": ("ArticleModel", {}),
    "formula": ("FormulaModel", {}),
    "formula_fixed": ("FormulaModel", {"scale": 4.0}),
    "formula_learned": ("FormulaModel", {"learn_scale": True, "initial_scale": 6.0}),
}


def shapes(name, input_dim=INPUT_DIM, hidden_dim=HIDDEN_DIM, output_dim=OUTPUT_DIM):
    """The parameters of a model, by our names and in our shapes."""
    own = {
        "embedding.weight": (input_dim, hidden_dim),
        "output.weight": (hidden_dim, output_dim),
        "output.bias": (output_dim,),
    }
    if name == "article":
        return {**own, "attention.weight": (hidden_dim, hidden_dim)}
    if name == "formula_learned":
        own["attention.sharpness.log_scale"] = ()
    return {**own, "target": (hidden_dim,)}


def draw(name, rng, batch=BATCH, time=TIME, **dims):
    """Initial parameters, and a batch of ids and classes for every step; ids repeat and some never occur."""
    parameters = {key: rng.standard_normal(shape) for key, shape in shapes(name, **dims).items()}
    if name == "formula_learned":
        parameters["attention.sharpness.log_scale"] = np.log(np.asarray(MODELS[name][1]["initial_scale"]))
    input_dim, output_dim = parameters["embedding.weight"].shape[0], parameters["output.bias"].shape[0]
    ids = rng.integers(0, input_dim - 2, (STEPS, batch, time))
    return parameters, ids, rng.integers(0, output_dim, (STEPS, batch))


def torch_model(name, parameters):
    """The model in PyTorch with these parameters; gives it, and our names of its parameters."""
    import torch
    from torch import nn

    class AttentionModel(nn.Module):
        """The article's sample: a linear layer whose weight alone is used, softmax over time, a gated sum."""

        def __init__(self, input_dim, hidden_dim, output_dim):
            super().__init__()
            self.embedding = nn.Embedding(input_dim, hidden_dim)
            self.attention = nn.Linear(hidden_dim, hidden_dim)
            self.output = nn.Linear(hidden_dim, output_dim)

        def forward(self, inputs):
            embedded = self.embedding(inputs)
            attention_weights = torch.softmax(torch.matmul(embedded, self.attention.weight), dim=1)
            attended = torch.sum(attention_weights * embedded, dim=1)
            return self.output(attended)

    class FormulasModel(nn.Module):
        """The same embedding and output; between them cosine, softmax over time, weighted sum, as written."""

        def __init__(self, input_dim, hidden_dim, output_dim, log_scale, learns):
            super().__init__()
            self.embedding = nn.Embedding(input_dim, hidden_dim)
            self.target = nn.Parameter(torch.empty(hidden_dim))
            self.log_scale = nn.Parameter(torch.tensor(log_scale, dtype=torch.float64), requires_grad=learns)
            self.output = nn.Linear(hidden_dim, output_dim)

        def forward(self, inputs):
            embedded = self.embedding(inputs)
            lengths = torch.sqrt((embedded**2).sum(dim=-1)) * torch.sqrt((self.target**2).sum())
            scores = (embedded @ self.target) / lengths
            weights = torch.softmax(torch.exp(self.log_scale) * scores, dim=1)
            return self.output((weights[..., None] * embedded).sum(dim=1))

    input_dim, hidden_dim = parameters["embedding.weight"].shape
    dims = input_dim, hidden_dim, len(parameters["output.bias"])
    if name == "article":
        model = AttentionModel(*dims).double()
        named = {"attention.weight": model.attention.weight}
    else:
        arguments = MODELS[name][1]
        learns = "learn_scale" in arguments
        scale = arguments.get("initial_scale", arguments.get("scale", 1.0))
        model = FormulasModel(*dims, float(np.log(scale)), learns).double()
        named = {"target": model.target}
        if learns:
            named["attention.sharpness.log_scale"] = model.log_scale
    named["embedding.weight"] = model.embedding.weight
    named["output.weight"] = model.output.weight
    named["output.bias"] = model.output.bias
    with torch.no_grad():
        for key, parameter in named.items():
            parameter.copy_(torch.tensor(turned(key, parameters[key])))
    return model, named


def turned(key, array):
    """A linear layer's weight is (out, in) in PyTorch; the article's attention uses its own as (in, out)."""
    return array.T if key == "output.weight" else array


def torch_trace(name, parameters, ids, targets):
    """Logits, losses, gradients and parameters of training steps with Adam's defaults, stacked over steps."""
    import torch

    model, named = torch_model(name, parameters)
    optimizer = torch.optim.Adam(model.parameters())
    criterion = torch.nn.CrossEntropyLoss()
    trace = {"logits": [], "loss": []}
    for step_ids, step_targets in zip(ids, targets, strict=True):
        optimizer.zero_grad()
        logits = model(torch.tensor(step_ids))
        loss = criterion(logits, torch.tensor(step_targets))
        loss.backward()
        trace["logits"].append(logits.detach().numpy())
        trace["loss"].append(loss.item())
        for key, parameter in named.items():
            trace.setdefault(f"gradient {key}", []).append(turned(key, parameter.grad.numpy().copy()))
        optimizer.step()
        for key, parameter in named.items():
            trace.setdefault(f"after {key}", []).append(turned(key, parameter.detach().numpy().copy()))
    return {key: np.array(steps) for key, steps in trace.items()}


def main():
    golden = {}
    for name in MODELS:
        parameters, ids, targets = draw(name, np.random.default_rng(31))
        trace = torch_trace(name, parameters, ids, targets)
        initial = {f"initial {key}": value for key, value in parameters.items()}
        for key, array in {**initial, "ids": ids, "targets": targets, **trace}.items():
            golden[f"{name} {key}"] = array
    np.savez_compressed(Path(__file__).with_name("golden_article.npz"), **golden)


if __name__ == "__main__":
    main()
