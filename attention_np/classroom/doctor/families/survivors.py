"""Processes that try to outlive their own run, and signals to others."""

from __future__ import annotations

from ..case import Case, hostile

CASES: tuple[Case, ...] = (
    hostile(
        "daemon",
        "forks twice, in a session of its own, and stays",
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 64)
                time.sleep(600)
            os._exit(0)
        """,
        "tampered",
        own="wrong",
    ),
    hostile(
        "another program in the background",
        "starts a program that ignores its end",
        """
        import subprocess
        subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        """,
        "tampered",
        own="wrong",
    ),
    hostile(
        "a program past the hook",
        "starts a program by the function behind subprocess, which asks no audit hook",
        """
        import _posixsubprocess, os
        out, gone = os.pipe()
        words = [b"/bin/sleep", b"600"]
        _posixsubprocess.fork_exec(words, [words[0]], True, (gone,), None, None, -1, -1, -1, -1, -1, -1, out, gone,
                                   True, True, 0, None, None, None, -1, None, True)
        """,
        "wrong tampered",
        own="wrong",
    ),
    hostile(
        "a thread that stays",
        "leaves a thread running that holds the process",
        """
        import threading, time
        threading.Thread(target=lambda: time.sleep(600)).start()
        """,
        "wrong crashed tampered",
        own="wrong timeout",
        seconds=3.0,
    ),
    hostile(
        "kill the grader",
        "kills the process that grades it, and another one",
        """
        import os
        for process in (@victim@, os.getppid()):
            os.kill(process, 9)
        """,
        "tampered",
        stopped_by="audit, user, namespaces, seccomp",
    ),
    hostile(
        "kill the group",
        "kills its group of processes",
        "import os; os.killpg(0, 9)",
        "tampered",
        own="crashed no-answer",
    ),
    hostile(
        "a signal past the hook",
        "kills by the descriptor of a process, which asks no audit hook",
        """
        import os, signal
        signal.pidfd_send_signal(os.pidfd_open(@victim@), signal.SIGKILL)
        """,
        "wrong tampered",
        stopped_by="user, namespaces, seccomp",
        through="wrong",
    ),
    hostile(
        "shared memory",
        "leaves a segment of shared memory in the kernel",
        "import _posixshmem; _posixshmem.shm_open('/' + @mark@, 66, mode=0o600)",
        "wrong tampered",
        stopped_by="landlock",
        through="wrong",
    ),
)
