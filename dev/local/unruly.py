"""Makes an AWS that is tidier than the real one as untidy as that: stands before it and changes its answers.

    python3 dev/local/unruly.py TARGET PORT SEED

serves on the loopback PORT what TARGET answers, until it is killed. Requests pass unchanged, so that their signatures hold. `GET /_unruly`
says that one asks here, and what is done to the answers. SEED decides what comes by chance: the same answers, asked for in the same
order, come out the same way.
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import re
import select
import sys
import time
import urllib.parse
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

PRESENCE = "/_unruly"

#: SQS waits up to 20 s for messages.
TIMEOUT_SECONDS = 120

#: A connection that was idle for longer may be closed by the other side in the moment in which it is used.
LONGEST_IDLE_SECONDS = 2

#: They are about one connection (RFC 9110, 7.6.1), or this proxy says them itself.
OWN_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "proxy-connection", "te", "upgrade"}


@dataclass(frozen=True)
class Asked:
    """A request: `kms:GetKeyPolicy`, say, or an empty text where the operation is not in its X-Amz-Target."""

    operation: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


class Behaviour(Protocol):
    """One way in which the real AWS differs from a tidy one."""

    name: str

    def answer(self, asked: Asked, answer: Answer) -> Answer:
        """What comes back in place of this answer. Called by many threads."""


class ShuffledLists:
    """GetKeyPolicy gives the members of each list in another order each time (aws-cli 9456, terraform-provider-aws 39788)."""

    name = "shuffled-lists"

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._turns = itertools.count()

    def answer(self, asked: Asked, answer: Answer) -> Answer:
        if asked.operation != "kms:GetKeyPolicy" or answer.status != 200:
            return answer
        content = json.loads(answer.body)
        content["Policy"] = shuffled(content["Policy"], random.Random(f"{self._seed}/{next(self._turns)}"))
        return replace(answer, body=json.dumps(content).encode())


#: A string, a mark, or a number or name.
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+)', re.DOTALL)


def shuffled(policy: str, chance: random.Random) -> str:
    """The policy with each list in another order, but for that of its statements. Strings and numbers stay to the letter."""
    try:
        json.loads(policy)
    except ValueError:
        return policy
    tokens = [token[1] for token in _TOKEN.finditer(policy)]
    tokens.reverse()
    return _value(tokens, chance)


def _value(tokens: list[str], chance: random.Random, depth: int = 0, name: str = "") -> str:
    """Takes the next value from the end of the tokens, which are of valid JSON."""
    token = tokens.pop()
    members = []
    if token == "[":
        while tokens[-1] != "]":
            members.append(_value(tokens, chance, depth + 1))
            _take_comma(tokens)
        if (depth, name) != (1, '"Statement"'):
            chance.shuffle(members)
    elif token == "{":
        while tokens[-1] != "}":
            key, _colon = tokens.pop(), tokens.pop()
            members.append(f"{key}:{_value(tokens, chance, depth + 1, key)}")
            _take_comma(tokens)
    else:
        return token
    return f"{token}{','.join(members)}{tokens.pop()}"


def _take_comma(tokens: list[str]) -> None:
    if tokens[-1] == ",":
        tokens.pop()


class Server(ThreadingHTTPServer):
    """Has a thread for each connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, target: str, port: int, seed: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.target = urllib.parse.urlsplit(target)
        self.seed = seed
        self.behaviours: list[Behaviour] = [ShuffledLists(seed)]


class Handler(BaseHTTPRequestHandler):
    """One connection of somebody who asks, and the one to the target that serves it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    server: Server

    def setup(self) -> None:
        super().setup()
        self._upstream: http.client.HTTPConnection | None = None
        self._used = 0.0

    def finish(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
        super().finish()

    def _pass(self) -> None:
        if self.path == PRESENCE:
            facts = {"seed": self.server.seed, "behaviours": [b.name for b in self.server.behaviours]}
            self._say(Answer(200, "OK", [("Content-Type", "application/json")], json.dumps(facts).encode()))
            return
        service, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        body = self._body()
        try:
            answer = self._ask(body)
        except OSError:
            # Who asks sees what it would without this proxy: nobody answers.
            self.close_connection = True
            return
        asked = Asked(f"kms:{operation}" if service == "TrentService" else "", body)
        for behaviour in self.server.behaviours:
            answer = behaviour.answer(asked, answer)
        self._say(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _ask(self, body: bytes) -> Answer:
        upstream = self._connection()
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in OWN_HEADERS:
                upstream.putheader(name, value)
        if body or self.command in ("POST", "PUT", "PATCH"):
            upstream.putheader("Content-Length", str(len(body)))
        try:
            upstream.endheaders(body)
            response = upstream.getresponse()
            answer = Answer(response.status, response.reason, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException) as failure:
            upstream.close()
            self._upstream = None
            raise ConnectionError from failure
        self._used = time.monotonic()
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        """The one at hand, where it is still open; no request is sent twice."""
        if self._upstream is not None:
            idle = time.monotonic() - self._used
            is_open = self._upstream.sock is not None and not select.select([self._upstream.sock], [], [], 0)[0]
            if idle < LONGEST_IDLE_SECONDS and is_open:
                return self._upstream
            self._upstream.close()
        target = self.server.target
        self._upstream = http.client.HTTPConnection(target.hostname, target.port, timeout=TIMEOUT_SECONDS)
        return self._upstream

    def _say(self, answer: Answer) -> None:
        self.send_response_only(answer.status, answer.reason)
        length = str(len(answer.body))
        for name, value in answer.headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in OWN_HEADERS:
                self.send_header(name, value)
        if answer.status >= 200 and answer.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """What is asked is in the logs of those who ask."""


def main() -> int:
    target, port, seed = sys.argv[1:]
    print(f"The answers of {target} come out of order by the seed {seed}.", flush=True)
    Server(target, int(port), int(seed)).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
