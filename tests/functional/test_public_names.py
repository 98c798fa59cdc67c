"""What other people's code relies on: the names, their parameters, and an import that loads NumPy and nothing heavier."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import attention_np
from attention_np import functional

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

# The contract, to the letter. `*` stands before what is given by name only.
SIGNATURES = """
cosine_scores(queries, keys)
cosine_scores_backward(d_scores, queries, keys)
dot_scores(queries, keys)
dot_scores_backward(d_scores, queries, keys)
scaled_dot_scores(queries, keys)
scaled_dot_scores_backward(d_scores, queries, keys)
additive_scores(queries, keys, query_weight, key_weight, score_vector)
additive_scores_backward(d_scores, queries, keys, query_weight, key_weight, score_vector)
softmax(scores, axis=-1, mask=None)
softmax_backward(d_weights, weights, axis=-1)
context(weights, values)
context_backward(d_context, weights, values)
attention(queries, keys, values, *, score='cosine', scale=None, mask=None, bias=None, causal=False, return_log_normaliser=False)
attention_backward(d_context, queries, keys, values, *, score='cosine', scale=None, mask=None, bias=None, causal=False, context=None, log_normaliser=None)
linear(inputs, weight, bias=None)
linear_backward(d_outputs, inputs, weight)
embedding(ids, table)
embedding_backward(d_outputs, ids, vocabulary_size)
cross_entropy(logits, targets, ignore_index=None, label_smoothing=0.0)
cross_entropy_backward(logits, targets, ignore_index=None, label_smoothing=0.0)
layer_norm(inputs, gain, bias, eps=1e-05)
layer_norm_backward(d_outputs, inputs, gain, eps=1e-05)
relu(inputs)
gelu(inputs)
tanh(inputs)
sigmoid(inputs)
relu_backward(d_outputs, inputs)
gelu_backward(d_outputs, inputs)
tanh_backward(d_outputs, outputs)
sigmoid_backward(d_outputs, outputs)
""".strip().splitlines()


@pytest.mark.parametrize("expected", SIGNATURES, ids=lambda line: line.split("(")[0])
def test_the_names_of_the_contract_and_of_their_parameters_are_there(expected):
    name = expected.split("(")[0]
    function = getattr(functional, name)
    assert getattr(attention_np, name) is function
    signature = inspect.signature(function)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()
    ]
    found = signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)
    assert f"{name}{found}" == expected


def test_every_public_function_is_exported_and_says_what_it_computes():
    assert functional.__all__ == sorted(functional.__all__)
    assert set(functional.__all__) <= set(attention_np.__all__)
    for name in functional.__all__:
        function = getattr(functional, name)
        assert inspect.getdoc(function).splitlines()[0].strip(), name
        assert "Returns\n-------" in inspect.getdoc(function), name


def test_every_backward_takes_the_upstream_first_and_a_loss_takes_none():
    for name in functional.__all__:
        if name.endswith("_backward"):
            first = next(iter(inspect.signature(getattr(functional, name)).parameters))
            assert name.removesuffix("_backward") in functional.__all__
            assert first == "logits" if "cross_entropy" in name else first.startswith("d_"), name


def modules_after(statement):
    program = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_numpy_and_nothing_heavier():
    loaded = modules_after("import attention_np") - modules_after("import numpy")
    assert loaded - set(sys.stdlib_module_names) == {"attention_np"}
