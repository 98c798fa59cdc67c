"""What a function that was run gave, and how the end of its process is told."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.classroom.run import Call, Limits, Raised, Returned
from attention_np.classroom.worker import isolation_here, run_function
from attention_np.classroom.worker.isolation import Isolation

ISOLATIONS = [pytest.param(None, id="own machine"), pytest.param(isolation_here(), id="graded")]
each_isolation = pytest.mark.parametrize("isolation", ISOLATIONS)
RNG = np.random.default_rng(3)
A, B = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 4))
ONCE = (Call((A, B), {}),)


def ran(source, calls=ONCE, isolation=None, **limits):
    limits = Limits(**{"seconds": 3.0, "cpu_seconds": 3.0, **limits})
    return run_function("import numpy as np\n" + source, "f", list(calls), limits=limits, isolation=isolation)


@each_isolation
def test_results_come_back_bit_for_bit(isolation):
    calls = [Call((A, B), {"scale": 3.0}), Call((A.astype(np.float32), B.astype(np.float32)), {"scale": 0.5})]
    result = ran("def f(a, b, scale):\n    return scale * a, b > 0, np.argmax(b, 1)", calls, isolation)
    assert result.status == "done"
    for call, given in zip(calls, result.outcomes, strict=True):
        a, b = call.arguments
        assert isinstance(given, Returned)
        for array, expected in zip(given.values, (call.options["scale"] * a, b > 0, np.argmax(b, 1)), strict=True):
            assert array.dtype == expected.dtype
            np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("form", ["C", "F", "strided", "read-only"])
def test_arguments_keep_their_layout(form):
    array = {"C": A, "F": np.asfortranarray(A), "strided": RNG.normal(size=(2, 6))[:, ::2], "read-only": A.copy()}[form]
    if form == "read-only":
        array.flags.writeable = False
    source = "def f(a):\n    return a, np.array([a.flags.c_contiguous, a.flags.f_contiguous, a.flags.writeable])"
    given = ran(source, [Call((array,), {})]).outcomes[0].values
    np.testing.assert_array_equal(given[0], array)
    assert list(given[1]) == [array.flags.c_contiguous, array.flags.f_contiguous, array.flags.writeable]


def test_each_call_has_arguments_of_its_own_and_a_change_is_told():
    result = ran("def f(a, b):\n    a *= 2\n    return a", [Call((A, B), {})] * 2)
    assert [given.changed for given in result.outcomes] == [("a",), ("a",)]
    np.testing.assert_array_equal(result.outcomes[1].values[0], 2 * A)


def test_the_use_of_the_global_random_state_is_told():
    result = ran("def f(a, b):\n    return a * np.random.rand() if a.any() else a", [Call((A, B), {}), Call((0 * A, B), {})])
    assert [given.used_global_random for given in result.outcomes] == [True, False]


def test_an_exception_is_told_with_its_line_and_the_calls_after_it_are_made():
    result = ran("def f(a):\n    if a:\n        raise KeyError('k' * 9000)\n    return 1.0", [Call((True,), {}), Call((False,), {})])
    first, second = result.outcomes
    assert result.status == "done"
    assert isinstance(first, Raised) and isinstance(second, Returned)
    assert (first.kind, first.line, first.text) == ("KeyError", 4, "raise KeyError('k' * 9000)")
    assert len(first.message) <= 500


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("None", "None"), ("{}", "a dict"), ("np.matrix(a)", "a matrix"), ("a.astype(object)", "an array of object"),
        ("a + 1j", "an array of complex128"), ("np.ma.array(a)", "a MaskedArray"),
    ],
)  # fmt: skip
def test_what_is_no_array_is_told_in_words(expression, word):
    given = ran(f"def f(a, b):\n    return {expression}").outcomes[0]
    assert given.not_arrays == (word,) and given.values[0].size == 0


def test_nan_wrong_shapes_and_numbers_come_back_as_they_are():
    nan, number = ran("def f(a, b):\n    return np.full((1, 5), np.nan), 2.5").outcomes[0].values
    assert nan.shape == (1, 5) and np.isnan(nan).all()
    assert number.shape == () and number == 2.5


def test_a_driver_is_given_the_function():
    driver = "def drive(function, x):\n    return function(lambda v: v * v, x)"
    source = "def f(square, x):\n    return square(x) + 1"
    result = run_function(source, "f", [Call((A,), {})], driver=driver)
    np.testing.assert_array_equal(result.outcomes[0].values[0], A * A + 1)


@each_isolation
@pytest.mark.parametrize(
    ("source", "status", "word"),
    [
        ("def f(a, b):\n    while True: pass", "timeout", "0.4 s"),
        ("import time\ndef f(a, b):\n    time.sleep(60)", "timeout", "0 of 1"),
        ("def f(a, b):\n    raise NotImplementedError", "not-attempted", "NotImplementedError"),
        ("def g(a, b):\n    return a", "not-attempted", "no function f"),
        ("def f(a, b) return a", "crashed", "SyntaxError in line 2"),
        ("import no_such_module\ndef f(a, b): pass", "crashed", "no_such_module"),
        ("import sys\nsys.exit(0)\ndef f(a, b): pass", "crashed", "SystemExit"),
        ("import os\ndef f(a, b):\n    os._exit(0)", "no-answer", "0 of 1"),
        ("import os\ndef f(a, b):\n    os.abort()", "crashed", "signal"),
        ("def f(a, b):\n    raise MemoryError", "out-of-memory", "memory"),
    ],
)  # fmt: skip
def test_every_end_has_its_status(source, status, word, isolation):
    result = ran(source, isolation=isolation, seconds=0.4)
    assert (result.status, result.tampering) == (status, ())
    assert word in result.message


@each_isolation
@pytest.mark.parametrize(
    "body",
    [
        "import warnings; warnings.warn('careful'); return a",
        "print('x' * 10**6); return a",
        "import sys; print('é', file=sys.stderr); return a",
        "np.float64(1) / np.float64(0); return a",
        "\n    try:\n        input()\n    except EOFError:\n        return a",
        "import random, json, fractions, decimal, dataclasses, typing, statistics, copy, time; return a",
        "np.random.seed(1); np.random.default_rng(2).normal(); return a",
        "np.save('mine.npy', a); return np.load('mine.npy')",
        "return np.einsum('ij->ij', np.linalg.qr(a)[0] * 0 + 1)[:, :1] * a",
    ],
)
def test_honest_code_is_answered(body, isolation):
    result = ran(f"def f(a, b):\n    {body}", isolation=isolation)
    assert (result.status, result.tampering, result.message) == ("done", (), "")
    np.testing.assert_array_equal(result.outcomes[0].values[0], A)


def test_a_dataclass_in_the_source_works():
    source = "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\nclass C:\n    x: int\n"
    result = run_function(source + "def f(a):\n    return C(a).x", "f", [Call((A,), {})])
    assert result.status == "done"


def test_what_is_printed_is_kept_to_its_bound():
    result = ran("def f(a, b):\n    print('x' * 10**6 + 'the end')\n    return a", output=1000)
    assert len(result.printed) == 1000 and result.printed.endswith("the end\n")


@each_isolation
def test_the_processor_s_time_is_limited(isolation):
    result = ran("def f(a, b):\n    while True: pass", isolation=isolation, seconds=8.0, cpu_seconds=0.3)
    assert result.status == "timeout" and result.seconds < 4


def test_the_answers_before_a_timeout_are_kept():
    calls = [Call((False,), {}), Call((True,), {})]
    result = ran("def f(loop):\n    while loop: pass\n    return 1.0", calls, seconds=0.3)
    assert result.status == "timeout" and len(result.outcomes) == 1


def test_a_result_that_is_too_large_is_told_in_words():
    given = ran("def f(a, b):\n    return np.zeros(1000)", answer=4000).outcomes[0]
    assert "8000 bytes" in given.not_arrays[0]


def test_an_argument_that_cannot_be_sent_is_an_error():
    with pytest.raises(TypeError, match="an array, a number.*not dict"):
        run_function("", "f", [Call(({},), {})])


def test_without_landlock_and_a_user_the_level_says_less():
    less = ran("def f(a, b):\n    return a", isolation=Isolation(landlock=0, own_user=False))
    assert less.status == "done"
    assert "audit hook" in less.isolation and "Landlock" not in less.isolation and "of its own" not in less.isolation
    assert "not prevented: reading files" in less.isolation
