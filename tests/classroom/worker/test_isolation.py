"""Each rule of the isolation, by a real attempt to break it."""

from __future__ import annotations

import compileall
import os
import sys
import threading
import time

import numpy as np
import pytest

import attention_np
from attention_np.classroom.run import Call, Limits
from attention_np.classroom.worker import isolation_here, run_function

HERE = isolation_here()
ARGUMENT = np.random.default_rng(5).normal(size=(2, 3))
PACKAGE = os.path.dirname(attention_np.__file__)

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
with_landlock = pytest.mark.skipif(not HERE.landlock, reason="the kernel has no Landlock")
TRY = "import numpy as np\ndef f(a):\n    try:\n        {attempt}\n    except BaseException as e:\n        print(repr(e))\n    return a\n"


def ran(source, isolation=HERE, **limits):
    limits = Limits(**{"seconds": 3.0, "cpu_seconds": 3.0, **limits})
    return run_function(source, "f", [Call((ARGUMENT,), {})], limits=limits, isolation=isolation)


@pytest.mark.parametrize(
    ("attempt", "event"),
    [
        ("import os; os.fork()", "os.fork"),
        ("import os; os.system('true')", "os.system"),
        ("import os; os.execv('/bin/true', ['true'])", "os.exec"),
        ("import os; os.kill(os.getppid(), 9)", "os.kill"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import socket; socket.socket()", "socket"),
        ("import ctypes; ctypes.CDLL(None)", "ctypes"),
        ("import gc; gc.get_objects()", "gc.get_objects"),
        ("import gc; gc.get_referrers(a)", "gc.get_referrers"),
        ("import sys; sys._current_frames()", "sys._current_frames"),
        ("import sys; sys.addaudithook(print)", "sys.addaudithook"),
        ("open('/etc/passwd').read()", "open"),
        ("open('../escaped', 'w')", "open"),
        ("import os; os.listdir('/')", "os.listdir"),
        ("import os; os.symlink('/etc/passwd', 'x')", "os.symlink"),
        (f"open({PACKAGE + '/__init__.py'!r})", "open"),
    ],
)
def test_what_an_exercise_does_not_need_is_refused_and_told(attempt, event):
    result = ran(TRY.format(attempt=attempt))
    assert result.status == "tampered"
    assert result.tampering[0].startswith(event)
    # The interpreter itself drops the exception of a hook that refuses another hook.
    assert "PermissionError" in result.printed or event == "sys.addaudithook"


@with_landlock
@pytest.mark.parametrize("path", ["/etc/passwd", PACKAGE + "/__init__.py", "/proc/self/environ", __file__])
def test_landlock_denies_files_even_behind_the_audit_hook(path):
    # np.fromfile and friends go through open(); the loader of extension modules opens a file in C, unseen by the hook.
    attempt = f"import _imp, importlib.machinery as m; _imp.create_dynamic(m.ModuleSpec('x', None, origin={path!r}))"
    result = ran(TRY.format(attempt=attempt))
    assert "ermission denied" in result.printed or "cannot open shared object" in result.printed


def test_the_package_is_not_there_to_import():
    result = ran("import attention_np\ndef f(a):\n    return a")
    assert result.status == "crashed" and "attention_np" in result.message


def test_the_environment_the_arguments_and_the_folder_say_nothing():
    os.environ["SECRET_OF_THE_TEACHER"] = "x"
    try:
        source = (
            "import os, sys\ndef f(a):\n    print(dict(os.environ), sys.argv, sys.path, os.listdir('.'))\n    return a"
        )
        result = ran(source)
    finally:
        del os.environ["SECRET_OF_THE_TEACHER"]
    assert result.status == "done"
    assert "SECRET" not in result.printed and "attention_np" not in result.printed and "site-packages" not in result.printed
    assert " [''] " in result.printed and result.printed.rstrip().endswith("[]")


def test_no_file_that_the_worker_may_read_names_the_folder_of_the_package():
    compiled = os.path.join(PACKAGE, "classroom", "worker", "inside")
    compileall.compile_dir(compiled, quiet=1)
    source = f"""
import os, sys
def f(a):
    for folder, _, names in os.walk(sys.path[0]):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                if {PACKAGE!r}.encode() in file.read():
                    print(name)
    return a
"""
    result = ran(source)
    assert (result.status, result.printed) == ("done", "")


@linux
@pytest.mark.parametrize("sleep", ["time.sleep(60)", "os._exit(0)", "return a"])
def test_no_child_outlives_the_run_even_in_a_session_of_its_own(sleep, tmp_path):
    beat = tmp_path / "beat"
    source = f"""
import os, time
def f(a):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                open({str(beat)!r}, "a").write("x")
                time.sleep(0.01)
        os._exit(0)
    while not os.path.exists({str(beat)!r}):
        time.sleep(0.01)
    {sleep}
"""
    result = ran(source, isolation=None, seconds=0.8)
    assert result.status == {"time.sleep(60)": "timeout", "os._exit(0)": "no-answer", "return a": "done"}[sleep]
    size = beat.stat().st_size
    assert size > 0
    time.sleep(0.1)
    assert beat.stat().st_size == size


def test_a_memory_bomb_is_out_of_memory():
    if sys.platform == "darwin":
        pytest.skip("macOS does not hold a process to its address space")
    result = ran("import numpy as np\ndef f(a):\n    return np.ones(2**29)")
    assert result.status == "out-of-memory" and "1024 MiB" in result.message


def test_an_output_flood_ends_with_the_time_and_is_not_kept():
    result = ran("def f(a):\n    while True: print('x' * 10000)", seconds=0.5, output=5000)
    assert result.status == "timeout" and len(result.printed) <= 5000


def test_a_large_file_cannot_be_written():
    result = ran(TRY.format(attempt="open('large', 'wb').write(bytes(2**22))"))
    assert "File too large" in result.printed or result.status == "crashed"


FORGE = """
import os, json
def send(header, body=b""):
    head = json.dumps(header).encode()
    raw(len(head).to_bytes(4, "little") + head + body)
def raw(data):
    for descriptor in range(3, 32):
        try:
            os.write(descriptor, data)
        except OSError:
            pass
RETURNED = {"kind": "returned", "several": False, "not_arrays": [""], "changed": [], "used_global_random": False}
def kind(dtype="float64", shape=(2,)):
    return dict(RETURNED, arrays=[{"dtype": dtype, "shape": list(shape)}])
"""


@pytest.mark.parametrize(
    "act",
    [
        "send(kind('object'), bytes(16))",
        "send(kind(shape=(2**39, 2**39)))",
        "send(kind(shape=(-1,)))",
        "send(kind(shape=(True,)))",
        "send(dict(kind(), kind='score'), bytes(16))",
        "send([1, 2])",
        "send(dict(kind(), not_arrays=[]), bytes(16))",
        "send(kind(), bytes(16)); send({'kind': 'end', 'arrays': []}); os._exit(0)",
        "[send(kind(), bytes(16)) for _ in range(3)]",
        "raw(b'\\xff' * 100)",
        "raw(b'\\x09\\0\\0\\0' + b'{\\xff' + b' ' * 50)",
    ],
)
def test_a_forged_answer_is_tampering(act):
    result = ran(FORGE + f"def f(a):\n    try:\n        {act}\n    except OSError:\n        pass\n    return a\n")
    assert result.status == "tampered" and result.message


def test_an_answer_cut_off_is_no_answer():
    source = FORGE + "def f(a):\n    send(kind(), bytes(9))\n    os._exit(0)"
    result = ran(source)
    assert result.status in ("no-answer", "tampered") and result.outcomes == ()


def test_a_lying_array_is_told_as_what_it_is():
    source = """
import numpy as np
class Liar(np.ndarray):
    shape = (2, 3)
    def __eq__(self, other): return True
    def __array__(self, *a, **k): raise SystemExit
    @property
    def nbytes(self): return -1
def f(a):
    return np.zeros(1).view(Liar)
"""
    given = ran(source).outcomes[0]
    assert given.not_arrays == ("a Liar",) and given.values[0].size == 0


def test_patching_numpy_changes_nothing_in_this_process():
    source = "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\ndef f(a):\n    return a + 1"
    result = ran(source)
    assert not np.allclose(result.outcomes[0].values[0], ARGUMENT)


@pytest.mark.skipif(not HERE.own_user, reason="only root can give it a user of its own")
def test_under_root_it_is_nobody():
    result = ran("import os\ndef f(a):\n    print(os.getuid(), os.geteuid(), os.getgroups())\n    return a")
    uid, euid, groups = result.printed.split(maxsplit=2)
    assert int(uid) == int(euid) >= 60000 and groups.strip() == "[]"
    assert "a user of its own" in result.isolation


def test_several_runs_at_once_do_not_end_each_other():
    results = []
    source = "import time\ndef f(a):\n    time.sleep(0.2)\n    return a"
    threads = [threading.Thread(target=lambda: results.append(ran(source, seconds=10.0))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.status for result in results] == ["done"] * 4


def test_nothing_is_left_behind(open_folder, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(open_folder))
    assert ran("def f(a):\n    open('left', 'w').write('x')\n    return a").status == "done"
    assert list(open_folder.iterdir()) == []
