"""Time, memory, processes, files: using them up."""

from __future__ import annotations

from ..case import hostile, whole

CASES = (
    hostile("endless loop", "loops for ever", "while True: pass", "timeout", own="timeout", seconds=1.0),
    hostile(
        "long sleep",
        "sleeps, using no processor",
        "import time; time.sleep(600)",
        "timeout",
        own="timeout",
        seconds=1.0,
    ),
    hostile(
        "endless C code",
        "stays in C, where no exception reaches it",
        "import re; return re.match('(a+)+$', 'a' * 60 + 'b')",
        "timeout",
        own="timeout",
        seconds=1.0,
    ),
    hostile(
        "deaf to signals",
        "ignores every signal, and loops",
        """
        import signal
        for one in signal.valid_signals():
            try:
                signal.signal(one, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True: pass
        """,
        "timeout tampered",
        own="timeout",
        seconds=1.0,
    ),
    hostile(
        "memory bomb",
        "asks for memory until there is none",
        """
        kept = []
        while True: kept.append(np.ones(2**24))
        """,
        "out-of-memory wrong",
        stopped_by="limits",
    ),
    hostile(
        "fork bomb",
        "starts processes that start processes",
        """
        import os
        while True: os.fork()
        """,
        "tampered",
        stopped_by="audit",
    ),
    hostile(
        "thread bomb",
        "starts threads without end",
        """
        import threading
        while True: threading.Thread(target=lambda: threading.Event().wait(), daemon=True).start()
        """,
        "wrong crashed tampered",
        stopped_by="user, limits",
    ),
    hostile(
        "lifted limits",
        "lifts the limits that it was given",
        """
        import resource
        for one in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):
            resource.setrlimit(one, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        """,
        "tampered",
    ),
    hostile(
        "large file",
        "writes a file without end",
        """
        with open("large", "wb", buffering=0) as file:
            for _ in range(2000): file.write(bytes(2**20))
        return weights @ values
        """,
        "crashed wrong",
        stopped_by="limits",
    ),
    hostile(
        "many files",
        "fills the disk with small files",
        """
        for number in range(100):
            with open(f"file{number}", "wb") as file: file.write(bytes(2**19))
        return weights @ values
        """,
        "crashed wrong",
        stopped_by="small folder",
        through="pass",
    ),
    hostile(
        "files in public folders",
        "writes to /tmp, /var/tmp and /dev/shm",
        """
        for folder in ("/tmp", "/var/tmp", "/dev/shm"):
            try:
                open(folder + "/" + @mark@, "w").write("here")
            except OSError as problem:
                print(problem)
        """,
        "tampered",
        stopped_by="audit, landlock",
        through="wrong",
    ),
    hostile(
        "flood of output",
        "prints without end",
        "while True: print('x' * 10**5)",
        "timeout",
        own="timeout",
        seconds=1.0,
    ),
    hostile(
        "flood on the grader's terminal",
        "prints what moves a terminal's cursor and paints its points",
        "print('\\x1b[2J\\x1b[1;1H\\x1b]0;100 points\\x07' * 1000)",
        "wrong",
        own="wrong",
    ),
    hostile(
        "result too large", "returns more numbers than may be sent", "return np.zeros(2**24)", "wrong", own="wrong"
    ),
    whole(
        "list without end",
        "returns a list that gives items without end",
        """
        class Endless(list):
            def __iter__(self):
                while True: yield 1.0
        def context(weights, values):
            return Endless()
        """,
        "out-of-memory timeout crashed",
        stopped_by="limits",
        seconds=2.0,
    ),
    whole(
        "brackets within brackets",
        "is a source on which a parser breaks down",
        "def context(weights, values):\n    return " + "(" * 20_000 + "1" + ")" * 20_000 + "\n",
        "refused not-attempted",
        own="refused not-attempted",
    ),
)
