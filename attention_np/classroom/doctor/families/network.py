"""The network, and sockets of this machine."""

from __future__ import annotations

from ..case import hostile

CASES = (
    hostile(
        "TCP",
        "connects to a server on this machine, as it would to one outside",
        "import socket; socket.create_connection(('127.0.0.1', @tcp@), 1).send(b'answers?')",
        "tampered",
        stopped_by="audit, landlock, namespaces, seccomp",
        through="wrong",
    ),
    hostile(
        "UDP",
        "sends what it learned in a packet that needs no connection",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'answers!', ('127.0.0.1', @udp@))",
        "tampered",
        stopped_by="audit, namespaces, seccomp",
        through="wrong",
    ),
    hostile(
        "local sockets",
        "connects to a service of this machine by a file, and by a name",
        """
        import socket
        for name in (@unix@, @abstract@):
            try:
                socket.socket(socket.AF_UNIX).connect(name)
            except OSError as problem:
                print(problem)
        """,
        "tampered",
        stopped_by="audit, seccomp",
        through="wrong",
    ),
    hostile(
        "a server",
        "waits for others to connect to it",
        "import socket; socket.create_server(('127.0.0.1', 0)); return weights @ values",
        "tampered",
        stopped_by="audit, landlock, seccomp",
        through="pass",
    ),
    hostile(
        "names of hosts",
        "asks for the address of a host, a question that can carry what it learned",
        "import socket; socket.getaddrinfo('localhost', 80); return weights @ values",
        "tampered",
        stopped_by="audit",
        through="pass",
    ),
)
