"""The cluster of the demo, and the packaged operator as a process with the ServiceAccount of the chart."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

import aws
from console import DemoFailure, command, good, output, tell

REPOSITORY = Path(__file__).resolve().parents[2]
ENVIRONMENT = REPOSITORY / "dev" / "local" / "environment.py"
MANIFESTS = REPOSITORY / "helm" / "cmek-operator.yaml"
OPERATOR_JAR = REPOSITORY / "target" / "quarkus-app" / "quarkus-run.jar"
NAMESPACE = "cmek-system"


class Cluster:
    """A control plane and a local AWS. Both stop when the context ends."""

    def __init__(self, process: subprocess.Popen[str], facts: dict[str, str], folder: Path) -> None:
        self._process = process
        self._facts = facts
        self.folder = folder

    @classmethod
    def start(cls, folder: Path) -> Self:
        tell("Starting a Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager) and a local AWS with the inconsistencies of the real one, on loopback …")
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, str(ENVIRONMENT), str(folder / "environment")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = process.stdout.readline()
        if not line:
            raise SystemExit("The local environment did not start; the reason is above.")
        good(f"the control plane and AWS are ready ({time.monotonic() - started:.1f} s)")
        return cls(process, json.loads(line), folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)

    @property
    def aws_endpoint(self) -> str:
        return self._facts["AWS_ENDPOINT_URL"]

    def install(self) -> None:
        command("kubectl apply -f helm/cmek-operator.yaml")
        output(self.kubectl("apply", "-f", str(MANIFESTS)))
        tell("These are the objects of the chart. No pod runs here: the operator is a local process with the permissions of its ServiceAccount.")

    def operator_kubeconfig(self) -> Path:
        """The kubeconfig of the ServiceAccount, so that the operator has no more permissions than in a cluster."""
        config = json.loads(Path(self._facts["KUBECONFIG"]).read_text())
        token = self.kubectl("create", "token", "cmek-operator", "-n", NAMESPACE, "--duration=1h").strip()
        config["users"] = [{"name": "admin", "user": {"token": token}}]
        path = self.folder / "operator.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    def kubectl(self, *arguments: str) -> str:
        done = self._kubectl(*arguments)
        if done.returncode != 0:
            raise DemoFailure(done.stderr.strip())
        return done.stdout

    def kubectl_with_warnings(self, *arguments: str) -> str:
        """Runs kubectl; the output includes standard error, where kubectl prints warnings of the API server."""
        done = self._kubectl(*arguments)
        if done.returncode != 0:
            raise DemoFailure(done.stderr.strip())
        return done.stderr + done.stdout

    def apply(self, manifest: str) -> str:
        done = self._kubectl("apply", "-f", "-", stdin=manifest)
        if done.returncode != 0:
            raise DemoFailure(done.stderr.strip())
        return done.stderr + done.stdout

    def exists(self, what: str) -> bool:
        return self._kubectl("get", what).returncode == 0

    def _kubectl(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._facts["KUBECTL"], *arguments],
            env=os.environ | {"KUBECONFIG": self._facts["KUBECONFIG"]},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )


class Operator:
    """The packaged operator, as a process."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        self._log = cluster.folder / "operator.log"
        self.credentials: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def start(self) -> None:
        settings = {
            "CMEK_RESYNC_INTERVAL": "2s",
            "CMEK_AWS_PATH_STYLE_ACCESS": "true",
            "CMEK_TENANTS_DEFAULT_NAMESPACES": "*",
            "CMEK_TENANTS_DEFAULT_KEYS": f"arn:aws:kms:*:{aws.ACCOUNT}:key/*",
            "CMEK_TENANTS_DEFAULT_ROLE_ARN": aws.OPERATOR_ROLE,
            "CMEK_TENANTS_DEFAULT_PRINCIPALS_DATA": aws.DATA_PLANE_ROLE,
        }
        tell("The tenant 'default': every namespace may use the keys of this account, and the role data-plane of the service gets access.")
        for name, value in settings.items():
            output(f"{name}={value}")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [os.environ.get("JAVA", "java"), "-jar", str(OPERATOR_JAR)],
                env=os.environ
                | settings
                | self.credentials
                | {
                    "KUBECONFIG": str(self._cluster.operator_kubeconfig()),
                    "AWS_ENDPOINT_URL": self._cluster.aws_endpoint,
                    "AWS_REGION": "us-east-1",
                    "QUARKUS_HTTP_HOST": "127.0.0.1",
                    "QUARKUS_HTTP_PORT": "0",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def is_ready(self) -> bool:
        if self._process.poll() is not None:
            raise DemoFailure(f"the operator exited with code {self._process.returncode}")
        address = re.search(r"Listening on: (http://\S+)", self._log.read_text(errors="replace"))
        if address is None:
            return False
        try:
            with urllib.request.urlopen(address.group(1) + "/q/health/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log_tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-30:]) if self._log.exists() else ""
