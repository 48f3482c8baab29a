"""The local environment: a real Kubernetes control plane and a local AWS, as processes on free loopback ports. Who asks for AWS meets
the unruly one: an emulator behind a proxy that makes it as untidy as the real AWS.

    python3 dev/local/environment.py FOLDER [--audit] [--without-aws] [--until-stopped]

starts everything below FOLDER, prints one line of JSON when it is ready, and stops everything when its standard input ends
(unless it is to run until it is stopped), when it is told to by SIGTERM or SIGINT, or, should it be killed itself, by the
kernel. While it runs it takes commands on its standard input, one a line: `stop NAME` and `start NAME`, where NAME is etcd,
kube-apiserver, kube-controller-manager, aws or unruly-aws; each is answered with a line of JSON.
"""

from __future__ import annotations

import argparse
import base64
import ctypes
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import toolchain
import unruly

READY_SECONDS = 60
ACCOUNT = "111122223333"

AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users: ["system:serviceaccount:cmek-system:cmek-operator"]
- level: Metadata
  resources:
  - group: cmek.io
  - group: storage.k8s.io
  - group: events.k8s.io
  - group: coordination.k8s.io
- level: None
"""


class StartError(Exception):
    """A program did not come up; the text says which, and where its log is."""


def _die_with_parent() -> None:
    """Runs in the child before exec: the kernel ends it when its parent ends, however that happens (prctl(2))."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Program:
    """One process, with its log."""

    name: str
    command: list[str]
    log: Path
    is_ready: Callable[[], bool]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise StartError(f"{self.name} ended while it started; its log is {self.log}:\n{self.tail()}")
            if self.is_ready():
                return
            time.sleep(0.1)
        raise StartError(f"{self.name} was not ready within {READY_SECONDS} s; its log is {self.log}:\n{self.tail()}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])


def aws_program(folder: Path, python: Path, port: int) -> Program:
    """MiniStack, which enforces signatures, IAM and key policies."""
    return Program(
        "aws",
        [str(python), "-m", "ministack"],
        folder / "aws.log",
        lambda: _answers(f"http://127.0.0.1:{port}/_ministack/health"),
        {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "LOG_LEVEL": "WARNING",
        },
    )


def unruly_program(folder: Path, target: str, port: int) -> Program:
    """What makes an AWS as untidy as the real one; CMEK_UNRULY_SEED repeats what comes by chance."""
    seed = os.environ.get("CMEK_UNRULY_SEED") or str(secrets.randbelow(1_000_000))
    print(f"The local AWS is unruly by the seed {seed}; CMEK_UNRULY_SEED={seed} makes it so again.", file=sys.stderr, flush=True)
    return Program(
        "unruly-aws",
        [sys.executable, str(Path(__file__).with_name("unruly.py")), target, str(port), seed],
        folder / "unruly-aws.log",
        lambda: _answers(f"http://127.0.0.1:{port}{unruly.PRESENCE}"),
    )


class Environment:
    """All programs of one environment, in the order in which they start."""

    def __init__(self, folder: Path, *, audit: bool, aws: bool, kubernetes: str) -> None:
        self.folder = folder
        self.binaries = toolchain.control_plane(kubernetes)
        self.python = toolchain.aws_python()
        self.audit = folder / "audit.log" if audit else None
        self.token = secrets.token_hex(16)
        self.etcd, self.peer, self.api, self.manager, self.aws, self.unruly = (free_port() for _ in range(6))
        self.kubeconfig = folder / "kubeconfig"
        self.certificates = folder / "certificates"
        self._write_files()
        programs = [self._etcd(), self._apiserver(), self._controller_manager()]
        self.programs = {p.name: p for p in ([self._aws(), self._unruly()] if aws else []) + programs}

    def start(self) -> None:
        for program in self.programs.values():
            program.start()
        for program in self.programs.values():
            program.wait_until_ready()

    def stop(self) -> None:
        for program in reversed(self.programs.values()):
            program.stop()

    def facts(self) -> dict[str, str]:
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECTL": str(self.binaries.kubectl),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.unruly}" if "aws" in self.programs else "",
            "API_SERVER": f"https://127.0.0.1:{self.api}",
            "CA": str(self.certificates / "ca.crt"),
            "PYTHON": str(self.python),
            "AUDIT_LOG": str(self.audit or ""),
            "LOGS": str(self.folder),
        }

    # -- the programs -------------------------------------------------------------------------------------------------

    def _etcd(self) -> Program:
        client, peer = f"http://127.0.0.1:{self.etcd}", f"http://127.0.0.1:{self.peer}"
        return self._program(
            "etcd",
            [
                str(self.binaries.etcd),
                f"--data-dir={self.folder / 'etcd'}",
                "--unsafe-no-fsync",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--log-level=warn",
            ],
            lambda: _answers(f"{client}/health"),
        )

    def _apiserver(self) -> Program:
        keys = self.certificates
        command = [
            str(self.binaries.kube_apiserver),
            f"--etcd-servers=http://127.0.0.1:{self.etcd}",
            f"--secure-port={self.api}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--tls-cert-file={keys / 'server.crt'}",
            f"--tls-private-key-file={keys / 'server.key'}",
            f"--client-ca-file={keys / 'ca.crt'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={keys / 'service-accounts.pub'}",
            f"--service-account-signing-key-file={keys / 'service-accounts.key'}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
            "--v=1",
        ]
        if self.audit:
            # The API server starts a new file at 100 MB unless told otherwise; tests count in one file.
            command += [
                f"--audit-policy-file={self.folder / 'audit-policy.yaml'}",
                f"--audit-log-path={self.audit}",
                "--audit-log-maxsize=10000",
            ]
        return self._program("kube-apiserver", command, lambda: self._get("/readyz") and self._get("/api/v1/namespaces/default"))

    def _controller_manager(self) -> Program:
        keys = self.certificates
        return self._program(
            "kube-controller-manager",
            [
                str(self.binaries.kube_controller_manager),
                f"--kubeconfig={self.kubeconfig}",
                "--bind-address=127.0.0.1",
                f"--secure-port={self.manager}",
                f"--cert-dir={self.folder / 'kube-controller-manager'}",
                f"--service-account-private-key-file={keys / 'service-accounts.key'}",
                f"--root-ca-file={keys / 'ca.crt'}",
                "--use-service-account-credentials",
                "--leader-elect=false",
                "--controllers=namespace-controller,garbage-collector-controller,serviceaccount-controller,"
                "serviceaccount-token-controller,root-ca-certificate-publisher-controller,clusterrole-aggregation-controller,"
                "validatingadmissionpolicy-status-controller",
                "--concurrent-namespace-syncs=5",
                "--v=1",
            ],
            lambda: self._get("/api/v1/namespaces/default/serviceaccounts/default"),
        )

    def _aws(self) -> Program:
        return aws_program(self.folder, self.python, self.aws)

    def _unruly(self) -> Program:
        return unruly_program(self.folder, f"http://127.0.0.1:{self.aws}", self.unruly)

    def _program(
        self, name: str, command: list[str], is_ready: Callable[[], bool], environment: dict[str, str] | None = None
    ) -> Program:
        return Program(name, command, self.folder / f"{name}.log", is_ready, environment or {})

    # -- files and questions ------------------------------------------------------------------------------------------

    def _write_files(self) -> None:
        self.certificates.mkdir(mode=0o700)
        subprocess.run([str(self.python), str(Path(__file__).with_name("certificates.py")), str(self.certificates)], check=True)
        tokens = self.folder / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f'{self.token},admin,admin,"system:masters"\n')
        (self.folder / "audit-policy.yaml").write_text(AUDIT_POLICY)
        authority = base64.b64encode((self.certificates / "ca.crt").read_bytes()).decode()
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "cmek-local",
                    "clusters": [
                        {
                            "name": "cmek-local",
                            "cluster": {"server": f"https://127.0.0.1:{self.api}", "certificate-authority-data": authority},
                        }
                    ],
                    "users": [{"name": "admin", "user": {"token": self.token}}],
                    "contexts": [{"name": "cmek-local", "context": {"cluster": "cmek-local", "user": "admin"}}],
                },
                indent=2,
            )
        )

    def _get(self, path: str) -> bool:
        return _answers(
            f"https://127.0.0.1:{self.api}{path}",
            {"Authorization": f"Bearer {self.token}"},
            ssl.create_default_context(cafile=str(self.certificates / "ca.crt")),
        )


def _answers(url: str, headers: dict[str, str] | None = None, context: ssl.SSLContext | None = None) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=5, context=context) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _obey(environment: Environment, line: str) -> dict[str, str]:
    match line.split():
        case ["stop", name] if name in environment.programs:
            environment.programs[name].stop()
            return {"done": line}
        case ["start", name] if name in environment.programs:
            environment.programs[name].start()
            environment.programs[name].wait_until_ready()
            return {"done": line}
    return {"error": f"'{line}' is neither 'stop NAME' nor 'start NAME', with NAME one of {', '.join(environment.programs)}"}


def _started(folder: Path, *, audit: bool, aws: bool, kubernetes: str) -> Environment:
    """A port that was free a moment ago may be taken meanwhile: then everything starts again with others."""
    for attempt in range(3):
        below = folder / str(attempt) if attempt else folder
        below.mkdir(parents=True, exist_ok=True)
        environment = Environment(below, audit=audit, aws=aws, kubernetes=kubernetes)
        try:
            environment.start()
        except StartError as failure:
            environment.stop()
            if attempt == 2 or "address already in use" not in str(failure):
                raise
        else:
            return environment
    raise AssertionError("not reached")


def main() -> int:
    parser = argparse.ArgumentParser(description="Starts the local environment, and stops it when standard input ends.")
    parser.add_argument("folder", type=Path, help="an empty folder for logs, data and credentials")
    parser.add_argument("--audit", action="store_true", help="write what the API server is asked into audit.log")
    parser.add_argument("--without-aws", action="store_true", help="start the Kubernetes control plane only")
    parser.add_argument("--kubernetes", choices=toolchain.RELEASES, default="newest", help="which version of Kubernetes, of those supported")
    parser.add_argument("--until-stopped", action="store_true", help="go on when standard input ends, until SIGTERM")
    arguments = parser.parse_args()

    def stop(signum: int, _frame: object) -> None:
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    environment = None
    try:
        environment = _started(
            arguments.folder.absolute(), audit=arguments.audit, aws=not arguments.without_aws, kubernetes=arguments.kubernetes
        )
        print(json.dumps(environment.facts()), flush=True)
        for line in sys.stdin:
            print(json.dumps(_obey(environment, line.strip())), flush=True)
        if arguments.until_stopped:
            signal.pause()
    except (StartError, toolchain.ToolchainError) as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        if environment is not None:
            environment.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
