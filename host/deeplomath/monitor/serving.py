# SPDX-License-Identifier: MIT
"""The page of the monitor, served on this computer; where others reach it, only to who has the token of its link."""

import asyncio
import contextlib
import hmac
import ipaddress
import logging
import secrets
import socket
import threading
import time

from bokeh.server.auth_provider import AuthProvider
from bokeh.server.server import Server
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from ..errors import TransportError
from .mapping import Mapping
from .page import Page
from .shown import ENDED

COOKIE = "deeplomath_token"
REFUSED = "This page needs the whole link, with its token, as `deeplomath monitor` has printed it.\n"
LOOK = 0.2  # seconds


class Refusal(RequestHandler):
    """What is said to who has no token."""

    def get(self):
        self.set_status(403)
        self.set_header("Content-Type", "text/plain")
        self.finish(REFUSED)


class Token(AuthProvider):
    """Lets in who brings the token, in the link or in the cookie that the link has left."""

    def __init__(self, token):
        self.token = token

    @property
    def get_user(self):
        def user(handler):
            for given, new in ((handler.get_argument("token", ""), True), (handler.get_cookie(COOKIE) or "", False)):
                if hmac.compare_digest(given.encode(), self.token.encode()):
                    if new:
                        handler.set_cookie(COOKIE, self.token, httponly=True, samesite="Strict")
                    return "watcher"
            return None

        return user

    get_user_async = get_login_url = logout_url = logout_handler = None
    login_url, login_handler = "/refused", Refusal


class Served:
    """The page of a Feed at host and port, within a `with`; link: where it is, with the token if it needs one.

    TransportError: the address cannot be had.
    """

    def __init__(self, feed, host, port):
        self.feed, self.host, self.port = feed, host, port or _free_port(host)
        self.token = None if is_here(host) else secrets.token_urlsafe(24)
        self._mapping = Mapping(feed)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deeplomath-page", daemon=True)
        self._error = self._loop = None

    def __enter__(self):
        logging.getLogger("bokeh").setLevel(logging.ERROR)
        logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
        self._mapping.__enter__()
        self._thread.start()
        self._ready.wait()
        if self._error:
            self._mapping.__exit__()
            if not isinstance(self._error, OSError):
                raise self._error
            words = f"page: {self.host}:{self.port}: {self._error.strerror or self._error}"
            raise TransportError(words) from self._error
        return self

    def __exit__(self, *_):
        self._loop.add_callback(self._loop.stop)
        self._thread.join()
        self._mapping.__exit__()

    @property
    def link(self):
        """Where the page is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?token={self.token}" if self.token else "")

    def _run(self):
        try:
            asyncio.set_event_loop(asyncio.new_event_loop())
            self._loop = IOLoop.current()
            server = self._server()
            server.start()
        except Exception as error:
            self._error = error
            return
        finally:
            self._ready.set()
        self._loop.start()
        server.stop(wait=False)
        self._loop.close()

    def _server(self):
        """The Bokeh server. Another site's page cannot talk to it: by its origin, or for want of the token's cookie."""
        here = [f"{name}:{self.port}" for name in {"localhost", self.host}]
        options = dict(auth_provider=Token(self.token)) if self.token else {}
        return Server(
            {"/": lambda document: Page(document, self.feed, self._mapping)},
            io_loop=self._loop,
            address=self.host,
            port=self.port,
            allow_websocket_origin=["*"] if self.token else here,
            session_token_expiration=3600,
            check_unused_sessions_milliseconds=5000,
            unused_session_lifetime_milliseconds=20000,
            **options,
        )


def is_here(host):
    """Whether an address is reached by this computer alone. Bokeh knows no IPv6 address as an origin: that has a token."""
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _free_port(host):
    """A port that is free at this address by now."""
    with contextlib.suppress(OSError), socket.create_server((host, 0)) as found:
        return found.getsockname()[1]
    return 0


def serve(feed, host, port, say):
    """Shows the page of a Feed until Ctrl-C, or until the feed has ended; say: told where it is."""
    with Served(feed, host, port) as page:
        say(f"The page: {page.link}   Ctrl-C ends it.")
        while feed.status.line != ENDED:
            time.sleep(LOOK)
