#!/usr/bin/env python3
"""A web application that is easy to supervise: it needs nothing but Python.

usage: webapp PORT

It stays in the foreground, logs to standard error, reports by sd_notify(3) that
it is listening, sends watchdog messages, and at SIGTERM answers the current
requests and ends.
"""

import os
import signal
import socket
import sys
import threading
import time
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server


def notify(message):
    """Tell the supervisor, if there is one that listens."""
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(message.encode(), path)


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, all of which are waited for at the end."""

    # Twice in the time that the watchdog allows.
    period = int(os.environ.get("WATCHDOG_USEC", 0)) / 2e6
    due = 0.0

    def service_actions(self):
        """Called all the time by the loop that accepts requests."""
        now = time.monotonic()
        if self.period > 0 and now >= self.due:
            notify("WATCHDOG=1")
            self.due = now + self.period


def application(environ, respond):
    """Greet, and be well."""
    pages = {"/": "hello from pid %d\n" % os.getpid(), "/health": "well\n"}
    page = pages.get(environ["PATH_INFO"])
    respond(
        "200 OK" if page else "404 Not Found",
        [("Content-Type", "text/plain; charset=utf-8")],
    )
    return [(page or "no such page\n").encode()]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: webapp PORT")
    with make_server("127.0.0.1", int(sys.argv[1]), application, Server) as s:
        # From another thread, for it waits for the one that serves.
        end = lambda *_: threading.Thread(target=s.shutdown).start()
        signal.signal(signal.SIGTERM, end)
        notify("READY=1\nSTATUS=listens on port %d" % s.server_port)
        s.serve_forever()
        notify("STOPPING=1")


if __name__ == "__main__":
    main()
