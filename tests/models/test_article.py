"""The article's model and the formulas' model: PyTorch's numbers, training, prediction, refusals."""

from __future__ import annotations

import importlib.util
import runpy
from pathlib import Path

import numpy as np
import pytest

from attention_np import models
from attention_np.functional import cross_entropy, cross_entropy_backward
from attention_np.models import ArticleModel, ClassBatch, Classifier, FormulaModel
from attention_np.optim import Adam
from attention_np.training import train

from .checks import check_model

HERE = Path(__file__).parent
MAKER = runpy.run_path(str(HERE / "make_golden_article.py"))
MODELS = MAKER["MODELS"]
HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch is missing; the golden numbers are checked")


@pytest.fixture(scope="module")
def golden():
    with np.load(HERE / "golden_article.npz", allow_pickle=False) as file:
        return dict(file)


def make(name, seed=0, dims=(11, 5, 3), dtype=np.float64):
    kind, arguments = MODELS[name]
    return getattr(models, kind)(*dims, **arguments, rng=np.random.default_rng(seed), dtype=dtype)


def our_trace(name, parameters, ids, targets):
    """As the maker's `torch_trace`, with our model and our Adam."""
    input_dim, hidden_dim = parameters["embedding.weight"].shape
    model = make(name, dims=(input_dim, hidden_dim, len(parameters["output.bias"])))
    model.load_state_dict(parameters)
    optimizer = Adam(model.parameters())
    trace = {"logits": [], "loss": []}
    for step_ids, step_targets in zip(ids, targets, strict=True):
        optimizer.zero_grad()
        logits, backward = model(step_ids)
        backward(cross_entropy_backward(logits, step_targets))
        trace["logits"].append(logits)
        trace["loss"].append(cross_entropy(logits, step_targets))
        for key, parameter in model.named_parameters():
            trace.setdefault(f"gradient {key}", []).append(parameter.grad.copy())
        optimizer.step()
        for key, parameter in model.named_parameters():
            trace.setdefault(f"after {key}", []).append(parameter.value.copy())
    return {key: np.array(steps) for key, steps in trace.items()}


def assert_traces_agree(ours, theirs):
    assert ours.keys() == theirs.keys()
    for key, expected in theirs.items():
        np.testing.assert_allclose(ours[key], expected, rtol=1e-9, atol=1e-9, err_msg=key)


@pytest.mark.parametrize("name", MODELS)
def test_logits_loss_gradients_and_trained_parameters_are_those_of_the_pytorch_sample(name, golden):
    own = {key.removeprefix(f"{name} "): array for key, array in golden.items() if key.startswith(f"{name} ")}
    initial = {key.removeprefix("initial "): own.pop(key) for key in list(own) if key.startswith("initial ")}
    ids, targets = own.pop("ids"), own.pop("targets")
    assert len(ids) >= 6  # the first logits and gradients, and five steps behind them
    assert_traces_agree(our_trace(name, initial, ids, targets), own)
    for key, value in initial.items():
        assert np.abs(own[f"after {key}"][-1] - value).max() > 1e-3, f"{key} was not trained at all"


@needs_torch
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("batch", "time", "dims"),
    [
        (3, 9, {"input_dim": 30, "hidden_dim": 7, "output_dim": 4}),
        (1, 2, {"input_dim": 5, "hidden_dim": 2, "output_dim": 6}),
    ],
)
def test_pytorch_gives_the_same_on_other_data_and_sizes(name, batch, time, dims):
    parameters, ids, targets = MAKER["draw"](name, np.random.default_rng(batch), batch, time, **dims)
    theirs = MAKER["torch_trace"](name, parameters, ids, targets)
    assert_traces_agree(our_trace(name, parameters, ids, targets), theirs)


@needs_torch
@pytest.mark.parametrize("name", MODELS)
def test_the_golden_file_is_what_its_script_makes(name, golden):
    parameters, ids, targets = MAKER["draw"](name, np.random.default_rng(31))
    np.testing.assert_array_equal(golden[f"{name} ids"], ids)
    for key, array in MAKER["torch_trace"](name, parameters, ids, targets).items():
        np.testing.assert_allclose(golden[f"{name} {key}"], array, rtol=1e-12, atol=1e-12, err_msg=key)


@pytest.mark.parametrize("name", MODELS)
def test_the_gradients_are_the_numerical_derivative(name):
    rng = np.random.default_rng(11)
    check_model(make(name), rng.integers(0, 9, (3, 4)), rng=rng)


def test_the_article_model_has_the_samples_parameters_except_the_unused_bias():
    shapes = {name: parameter.value.shape for name, parameter in make("article").named_parameters()}
    assert shapes == {
        "embedding.weight": (11, 5),
        "attention.weight": (5, 5),
        "output.weight": (5, 3),
        "output.bias": (3,),
    }


@pytest.mark.parametrize("name", ["formula", "formula_fixed", "formula_learned"])
def test_the_formula_model_has_one_target_and_a_sharpness_only_where_it_learns_one(name):
    names = {key for key, _ in make(name).named_parameters()}
    expected = {"target", "embedding.weight", "output.weight", "output.bias"}
    assert names == expected | ({"attention.sharpness.log_scale"} if name == "formula_learned" else set())


@pytest.mark.parametrize("name", MODELS)
def test_weights_are_those_of_the_forward_pass_and_sum_to_one_over_time(name):
    model, ids = make(name), np.random.default_rng(1).integers(0, 11, (4, 6))
    weights = model.weights(ids)
    assert weights.shape == ((4, 6, 5) if name == "article" else (4, 6))
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-14)
    embedded = model.embedding.weight.value[ids]
    context = np.sum((weights if name == "article" else weights[..., None]) * embedded, axis=1)
    expected = context @ model.output.weight.value + model.output.bias.value
    np.testing.assert_allclose(model(ids)[0], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", MODELS)
def test_the_gradients_of_two_batches_add_whichever_runs_backwards_first(name):
    rng = np.random.default_rng(2)
    first_ids, second_ids = rng.integers(0, 11, (4, 6)), rng.integers(0, 11, (2, 3))
    d_first, d_second = rng.standard_normal((4, 3)), rng.standard_normal((2, 3))
    together, apart = make(name), make(name)
    _, first_backward = together(first_ids)
    _, second_backward = together(second_ids)
    first_backward(d_first)
    second_backward(d_second)
    for ids, d_logits in ((second_ids, d_second), (first_ids, d_first)):
        _, backward = apart(ids)
        backward(d_logits)
    for ours, expected in zip(together.parameters(), apart.parameters(), strict=True):
        assert np.abs(ours.grad).max() > 0
        np.testing.assert_allclose(ours.grad, expected.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", MODELS)
def test_a_forward_and_a_backward_pass_change_neither_their_arguments_nor_earlier_results(name):
    rng = np.random.default_rng(3)
    model, ids, d_logits = make(name), rng.integers(0, 11, (4, 6)), rng.standard_normal((4, 3))
    ids.flags.writeable = d_logits.flags.writeable = False
    values = model.state_dict()
    logits, backward = model(ids)
    kept = logits.copy()
    backward(d_logits)
    model(rng.integers(0, 11, (4, 6)))[1](rng.standard_normal((4, 3)))
    np.testing.assert_array_equal(logits, kept)
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value, values[key], err_msg=key)


@pytest.mark.parametrize("name", MODELS)
def test_a_second_backward_call_is_refused_and_leaves_the_gradients(name):
    model, d_logits = make(name), np.random.default_rng(4).standard_normal((1, 3))
    _, backward = model(np.array([[3, 1, 3]]))
    backward(d_logits)
    grads = [parameter.grad.copy() for parameter in model.parameters()]
    with pytest.raises(RuntimeError, match=f"{MODELS[name][0]}: this backward was called before"):
        backward(d_logits)
    for parameter, grad in zip(model.parameters(), grads, strict=True):
        np.testing.assert_array_equal(parameter.grad, grad)


@pytest.mark.parametrize("name", MODELS)
def test_float32_is_the_default_and_stays(name):
    kind, arguments = MODELS[name]
    model = getattr(models, kind)(11, 5, 3, **arguments, rng=np.random.default_rng(0))
    logits, backward = model(np.array([[1, 2], [3, 3]]))
    backward(np.array([[1, -2, 0.5], [0, 3, 1]], np.float32))
    assert logits.dtype == np.float32
    for parameter in model.parameters():
        assert parameter.value.dtype == parameter.grad.dtype == np.float32


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_bits(name):
    first, second, other = make(name, 5).state_dict(), make(name, 5).state_dict(), make(name, 6).state_dict()
    for key, value in first.items():
        np.testing.assert_array_equal(value, second[key])
    assert not np.array_equal(first["embedding.weight"], other["embedding.weight"])


@pytest.mark.parametrize("name", MODELS)
def test_no_sequences_and_sequences_of_no_words_have_logits_and_gradients(name):
    model = make(name)
    logits, backward = model(np.zeros((0, 4), int))
    assert logits.shape == (0, 3)
    backward(np.zeros((0, 3)))
    assert all(np.all(parameter.grad == 0) for parameter in model.parameters())
    logits, backward = model(np.zeros((2, 0), int))
    np.testing.assert_array_equal(logits, np.tile(model.output.bias.value, (2, 1)))
    backward(np.array([[1.0, 2, -1], [3, 0, 0.5]]))
    np.testing.assert_array_equal(model.output.bias.grad, [4, 2, -0.5])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        (np.array([[0, 11]]), ValueError, r"ids: expected ids from 0 to 10, got 11 at index \(0, 1\)"),
        (np.array([[-1, 1]]), ValueError, "ids: expected ids from 0 to 10, got -1"),
        (np.array([[0.0, 1.0]]), TypeError, "ids: expected a NumPy array of integers, got float64"),
        ([[0, 1]], TypeError, "ids: expected a NumPy array of integers, got list"),
        (np.array([0, 1]), ValueError, r"ids: expected shape \(batch, time\)"),
    ],
)
def test_ids_that_are_none_are_refused_by_name(name, ids, error, message):
    with pytest.raises(error, match=message):
        make(name)(ids)


def test_the_formula_model_refuses_a_scale_that_is_both_given_and_learned():
    with pytest.raises(ValueError, match="scale: expected None where learn_scale is set, got 2.0"):
        FormulaModel(11, 5, 3, scale=2.0, learn_scale=True, rng=np.random.default_rng(0))


# A task in which one word says it all: a class is named by a keyword somewhere among words that mean nothing.
VOCABULARY, CLASSES, LENGTH = 24, 3, 9


def sentences(count, rng):
    targets = rng.integers(0, CLASSES, count)
    ids = rng.integers(CLASSES, VOCABULARY, (count, LENGTH))
    ids[np.arange(count), rng.integers(0, LENGTH, count)] = targets
    return ids, targets


def training_and_held_out():
    """Sentences to learn from, and others: no sentence is in both."""
    rng = np.random.default_rng(7)
    train_ids, train_targets = sentences(400, rng)
    test_ids, test_targets = sentences(300, rng)
    seen = {tuple(sentence) for sentence in train_ids}
    new = np.array([tuple(sentence) not in seen for sentence in test_ids])
    return (train_ids, train_targets), (test_ids[new], test_targets[new])


class Batches:
    """The training sentences in batches of 40, in a new order in every epoch."""

    def __init__(self, ids, targets):
        self.ids, self.targets = ids, targets

    def __len__(self):
        return len(self.ids) // 40

    def epoch(self, rng):
        for chosen in rng.permutation(len(self.ids)).reshape(len(self), -1):
            yield ClassBatch(self.ids[chosen], self.targets[chosen])


@pytest.mark.parametrize("name", MODELS)
def test_a_training_loop_lowers_the_loss_and_a_prediction_loop_is_right_on_unseen_sentences(name):
    (train_ids, train_targets), (test_ids, test_targets) = training_and_held_out()
    model = make(name, dims=(VOCABULARY, 16, CLASSES), dtype=np.float32)
    optimizer = Adam(model.parameters(), learning_rate=0.03)
    rng = np.random.default_rng(8)

    def predict(ids):
        """The prediction loop: one sentence after another."""
        return np.array([np.argmax(model(sentence[None])[0]) for sentence in ids])

    untrained_accuracy = np.mean(predict(test_ids) == test_targets)
    losses = []
    for _ in range(12):
        epoch_losses = []
        for batch in Batches(train_ids, train_targets).epoch(rng):
            model.zero_grad()
            logits, backward = model(batch.ids)
            epoch_losses.append(cross_entropy(logits, batch.targets))
            backward(cross_entropy_backward(logits, batch.targets))
            optimizer.step()
        losses.append(np.mean(epoch_losses))

    assert untrained_accuracy < 0.6
    assert losses[-1] < 0.1 * losses[0]
    assert np.mean(predict(test_ids) == test_targets) >= 0.99


@pytest.mark.parametrize("name", MODELS)
def test_the_packages_training_loop_trains_the_classifier(name):
    (train_ids, train_targets), (test_ids, test_targets) = training_and_held_out()
    classifier = Classifier(make(name, dims=(VOCABULARY, 16, CLASSES), dtype=np.float32))
    result = train(
        classifier,
        Adam(classifier.parameters(), learning_rate=0.03),
        Batches(train_ids, train_targets),
        rng=np.random.default_rng(9),
        epochs=12,
        progress=False,
    )
    assert result.history[-1]["train_loss"] < 0.1 * result.history[0]["train_loss"]
    predictions = classifier.predict(test_ids)
    assert predictions.shape == test_targets.shape
    assert np.mean(predictions == test_targets) >= 0.99


def test_the_classifiers_loss_and_gradients_are_those_of_its_model():
    rng = np.random.default_rng(10)
    model = ArticleModel(11, 5, 3, rng=rng, dtype=np.float64)
    batch = ClassBatch(rng.integers(0, 11, (4, 6)), np.array([2, 0, 2, 1]))
    logits, backward = model(batch.ids)
    backward(cross_entropy_backward(logits, batch.targets))
    expected = [parameter.grad.copy() for parameter in model.parameters()]
    model.zero_grad()
    loss, backward = Classifier(model)(batch)
    assert isinstance(loss, float) and loss == cross_entropy(logits, batch.targets)
    assert batch.tokens == 4
    assert backward() is None
    for parameter, grad in zip(model.parameters(), expected, strict=True):
        np.testing.assert_array_equal(parameter.grad, grad)
    with pytest.raises(RuntimeError, match="Classifier: this backward was called before"):
        backward()
