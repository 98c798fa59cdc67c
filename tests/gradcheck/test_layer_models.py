"""Models under the checker: all of the package's are right, and planted mistakes are found and named."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.models import ArticleModel, ClassBatch, Classifier, FormulaModel

from ..models import test_seq2seq, test_summarizer
from .layer_checks import check, wrong_names
from .planted import LastWins, spoil, times

IDS = np.random.default_rng(0).integers(0, 9, (3, 4))
CLASSES = np.random.default_rng(1).integers(0, 3, 3)


@pytest.mark.parametrize("learn_scale", [None, True, False])
def test_the_article_s_models_are_right(learn_scale):
    options = {} if learn_scale is None else {"learn_scale": learn_scale}
    kind = ArticleModel if learn_scale is None else FormulaModel
    model = kind(11, 5, 3, **options, rng=np.random.default_rng(2))
    for report in (check(model, IDS), check(Classifier(model), ClassBatch(IDS, CLASSES))):
        report.raise_if_failed()
        assert len(report.comparisons) == len(model.parameters())
        assert max(report.errors.values()) < 1e-9


@pytest.mark.parametrize("variant", test_seq2seq.VARIANTS)
def test_translation_is_right_with_dropout_at_work(variant):
    model = test_seq2seq.make(*variant, dtype=np.float32, dropout=0.3)
    report = check(model, test_seq2seq.make_batch())
    report.raise_if_failed()
    assert {row.verdict for row in report.comparisons} == {"right"}
    assert max(report.errors.values()) < 1e-5


@pytest.mark.parametrize("variant", test_summarizer.VARIANTS)
def test_the_summariser_is_right_with_dropout_at_work(variant):
    model = test_summarizer.make(*variant, dtype=np.float32, dropout=0.3)
    report = check(model, test_summarizer.make_batch())
    report.raise_if_failed()
    assert {row.verdict for row in report.comparisons} == {"right"}
    assert max(report.errors.values()) < 1e-5


def test_rows_of_a_model_are_its_parameters_in_their_order():
    model = test_summarizer.make()
    report = check(model, test_summarizer.make_batch())
    assert [(row.name, row.shape) for row in report.comparisons] == [
        (name, parameter.value.shape) for name, parameter in model.named_parameters()
    ]


PLANTED = {
    "decoder.join.bias": (lambda m: spoil(m.decoder.join, {"bias": times(0)}), "zero"),
    "encoder.recurrent.recurrent_weight": (lambda m: spoil(m.encoder.recurrent, {"recurrent_weight": times(2)}), "constant-factor"),
    "decoder.attention.sharpness.log_scale": (
        lambda m: spoil(m.decoder.attention, {"sharpness.log_scale": times(-1)}),
        "sign-flipped",
    ),
    "decoder.query.weight": (lambda m: spoil(m.decoder.query, {"weight": times(1.5)}), "constant-factor"),
    "embedding.weight": (lambda m: setattr(m.embedding, "__class__", LastWins), "overwritten"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_parameter_of_a_planted_mistake_is_named_and_the_mistake_too(name):
    plant, code = PLANTED[name]
    model = test_summarizer.make(dtype=np.float32, dropout=0.2)
    plant(model)
    report = check(model, test_summarizer.make_batch())
    assert wrong_names(report) == [name]
    assert [(found.code, found.input) for found in report.diagnoses] == [(code, name)]


def test_a_wrong_gradient_on_the_way_back_spoils_just_what_lies_before_it():
    model = FormulaModel(60, 8, 3, learn_scale=True, rng=np.random.default_rng(2))
    spoil(model.output, results=times(-1))
    report = check(Classifier(model), ClassBatch(5 * IDS, CLASSES))
    before = ["model.target", "model.embedding.weight", "model.attention.sharpness.log_scale"]
    assert sorted(wrong_names(report)) == sorted(before)
    assert {code for code, *_ in report.diagnoses} == {"sign-flipped"}
    assert "3 of 5 gradients are wrong" in report.diagnoses[0].hint
    assert "spoils all before it" in report.diagnoses[0].hint
