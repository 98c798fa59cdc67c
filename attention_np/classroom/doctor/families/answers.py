"""Reading or importing the answers: this package, which lies beside NumPy, and the teacher's key."""

from __future__ import annotations

from ..case import Case, hostile

_RUN = "space = {}; exec(text, space); return space['context'](weights, values)"


def _read(name: str, tries: str, road: str, *, through: str = "pass") -> Case:
    """A case that reads the key's text by a road of Python's own, which asks the audit hook, and runs it."""
    attack = f"path = @key@\n{road}\n{_RUN}"
    return hostile(name, tries, attack, "tampered", stopped_by="audit, landlock", through=through)


CASES = (
    hostile(
        "import",
        "imports the package that has the answers",
        "import attention_np; return attention_np.context(weights, values)",
        "wrong",
        own="wrong",
    ),
    hostile(
        "sys.path",
        "adds the folder of the package to the path, and imports it",
        """
        import os, sys
        sys.path.insert(0, os.path.dirname(@package@))
        import attention_np
        return attention_np.context(weights, values)
        """,
        "tampered",
        stopped_by="audit, landlock",
        through="pass",
    ),
    hostile(
        "importlib",
        "imports the teacher's key by its path",
        """
        import importlib.util
        spec = importlib.util.spec_from_file_location("answers", @key@)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.context(weights, values)
        """,
        "tampered",
        stopped_by="audit, landlock",
        through="pass",
    ),
    hostile(
        "runpy",
        "runs the teacher's key as a program",
        "import runpy; return runpy.run_path(@key@)['context'](weights, values)",
        "tampered",
        stopped_by="audit, landlock",
        through="pass",
    ),
    hostile(
        "zipimport",
        "packs the package to an archive of its own, and imports that",
        """
        import sys, zipfile
        with zipfile.ZipFile("answers.zip", "w") as archive: archive.write(@key@, "answers.py")
        sys.path.insert(0, "answers.zip")
        import answers
        return answers.context(weights, values)
        """,
        "tampered",
        stopped_by="audit, landlock",
        through="pass",
    ),
    _read("open", "opens the teacher's key", "text = open(path).read(); print(text)"),
    _read(
        "os.open",
        "opens it by a system call",
        "import os; text = os.read(os.open(path, os.O_RDONLY), 10**4).decode(); print(text)",
    ),
    _read(
        "a path that lies",
        "opens it by a string whose own methods say that it lies elsewhere",
        """
class Path(str):
    def startswith(self, *a): return False
    def __eq__(self, other): return True
    def __getitem__(self, key): return ""
    def __str__(self): return "mine.txt"
    __hash__ = str.__hash__
text = open(Path(path)).read(); print(text)""",
    ),
    _read("np.fromfile", "reads it as numbers", "text = np.fromfile(path, np.uint8).tobytes().decode(); print(text)"),
    _read(
        "np.memmap", "maps it into its memory", "text = np.memmap(path, np.uint8, 'r').tobytes().decode(); print(text)"
    ),
    _read(
        "np.genfromtxt",
        "reads it as a table",
        "text = '\\n'.join(np.genfromtxt(path, str, delimiter='\\0', comments=None)); print(text)",
        through="wrong",
    ),
    _read(
        "np.load",
        "has NumPy load it as a pickle, and then as a table",
        """
try:
    np.load(path, allow_pickle=True)
except Exception:
    text = "\\n".join(np.loadtxt(path, str, delimiter="\\0", comments=None))
print(text)""",
    ),
    _read(
        "linecache",
        "has the interpreter read it, as for a traceback",
        "import linecache; text = ''.join(linecache.getlines(path)); print(text)",
    ),
    _read(
        "/proc/self/root",
        "goes to it by the root of its own process",
        "text = open('/proc/self/root' + path).read(); print(text)",
    ),
    _read(
        "symbolic link",
        "links to it from its own folder",
        "import os; os.symlink(path, 'mine.txt'); text = open('mine.txt').read(); os.remove('mine.txt'); print(text)",
    ),
    _read(
        "hard link",
        "gives it a second name in its own folder",
        "import os; os.link(path, 'mine.txt'); text = open('mine.txt').read(); os.remove('mine.txt'); print(text)",
    ),
    _read(
        "another program",
        "has another program read it",
        "import subprocess; text = subprocess.run(['cat', path], capture_output=True, text=True).stdout; print(text)",
    ),
    _read(
        "another student's file",
        "reads what another student handed in",
        "text = open(@other@).read(); print(text)",
    ),
    hostile(
        "another student's file, written",
        "spoils what another student handed in, and the teacher's key",
        """
        import os
        for path in (@other@, @key@):
            for act in (lambda: open(path, "w").write("spoilt"), lambda: os.remove(path), lambda: os.chmod(path, 0)):
                try:
                    act()
                except OSError as problem:
                    print(problem)
        """,
        "tampered",
        stopped_by="audit, landlock",
        through="wrong",
    ),
    hostile(
        "the grader's memory",
        "reads the memory of the process that grades it",
        """
        spans = [line.split()[0].split("-") for line in open(f"/proc/{@grader@}/maps") if " rw-p " in line]
        with open(f"/proc/{@grader@}/mem", "rb", 0) as memory:
            for first, last in spans:
                memory.seek(int(first, 16))
                found = memory.read(int(last, 16) - int(first, 16)).find(b"doctor-secret-")
                if found >= 0: print(found)
        """,
        "tampered",
        stopped_by="audit, landlock, user",
    ),
    hostile(
        "the grader's descriptors",
        "opens what the process that grades it has open",
        """
        import os
        for number in os.listdir(f"/proc/{@grader@}/fd"):
            print(os.read(os.open(f"/proc/{@grader@}/fd/{number}", os.O_RDONLY | os.O_NONBLOCK), 10**4))
        """,
        "tampered",
        stopped_by="audit, landlock, user",
    ),
    hostile(
        "another process's environment",
        "reads the environment of another process",
        """
        import os
        print(dict(os.environ), open(f"/proc/{@victim@}/environ").read())
        """,
        "tampered",
        stopped_by="audit, landlock, user",
        through="wrong",
    ),
    hostile(
        "inherited descriptors",
        "reads from and asks of every descriptor that it has",
        """
        import os
        for descriptor in range(64):
            try:
                status = os.fstat(descriptor)
                os.set_blocking(descriptor, False)
                print(descriptor, status.st_mode, os.read(descriptor, 10**4))
            except OSError:
                pass
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "all modules",
        "looks among all modules that are loaded for a function of the right name",
        """
        import sys
        for name, module in list(sys.modules.items()):
            found = getattr(module, "context", None)
            if found is not None and found is not context: return found(weights, values)
        """,
        "wrong",
        own="wrong",
    ),
    Case(
        "key handed in",
        "hands in a link that leads to the teacher's key",
        "@key@",
        ("refused",),
        ("refused",),
        link=True,
    ),
)
