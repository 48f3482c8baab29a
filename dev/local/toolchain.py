"""The programs behind the local environment: where they are kept, how they are found, how they are made.

Everything lives in one cache folder, `~/.cache/cmek-operator` (or under `XDG_CACHE_HOME`). A folder in it is named after
what went into it, appears complete or not at all, and is never changed afterwards.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CONTROL_PLANE_MODULE = REPOSITORY / "dev" / "control-plane"
AWS_REQUIREMENTS = REPOSITORY / "dev" / "aws" / "requirements.txt"

#: Program name to Go package, in the order in which they are built: the first ones compile what the later ones share.
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}

HEARTBEAT_SECONDS = 30


class ToolchainError(Exception):
    """A program cannot be found or made; the text says what to do."""


@dataclass(frozen=True)
class ControlPlane:
    """The four Kubernetes programs."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kubectl: Path


def say(message: str) -> None:
    """Progress for people goes to standard error: standard output belongs to what scripts read."""
    print(message, file=sys.stderr, flush=True)


def cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "cmek-operator"


def control_plane() -> ControlPlane:
    """Finds the programs in `KUBEBUILDER_ASSETS`, then in the cache folder; builds into the latter what is in neither."""
    found: dict[str, Path] = {}
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        if not Path(assets).is_dir():
            raise ToolchainError(f"KUBEBUILDER_ASSETS is {assets}, which is no folder. Correct it, or unset it to use the programs of this project.")
        found = {name: Path(assets) / name for name in PACKAGES if _is_program(Path(assets) / name)}
        # Release archives for tests come without kubectl at times; any kubectl serves.
        on_path = shutil.which("kubectl")
        if "kubectl" not in found and on_path:
            found["kubectl"] = Path(on_path)
    missing = [name for name in PACKAGES if name not in found]
    if missing:
        built = _built_control_plane()
        found.update({name: built / name for name in missing})
    return ControlPlane(found["etcd"], found["kube-apiserver"], found["kube-controller-manager"], found["kubectl"])


def aws_python() -> Path:
    """The Python interpreter of the virtual environment that holds MiniStack and `cryptography`."""
    digest = hashlib.sha256(AWS_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    version = _pinned_version(AWS_REQUIREMENTS.read_text(), r"^ministack==(\S+)", AWS_REQUIREMENTS)
    python = f"py{sys.version_info.major}.{sys.version_info.minor}"
    return _provided(cache_folder() / "aws" / f"{version}-{python}-{digest}", _install_aws) / "bin" / "python"


def kubernetes_version() -> str:
    """As `go.mod` pins it, for example `v1.36.3`."""
    module = CONTROL_PLANE_MODULE / "go.mod"
    return _pinned_version(module.read_text(), r"^\s*k8s\.io/kubernetes (v\S+)", module)


def _built_control_plane() -> Path:
    digest = hashlib.sha256((CONTROL_PLANE_MODULE / "go.sum").read_bytes()).hexdigest()[:12]
    return _provided(cache_folder() / "control-plane" / f"{kubernetes_version()}-{digest}", _build_control_plane)


def _build_control_plane(target: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise ToolchainError(
            "The local Kubernetes control plane is built with Go, and `go` is not on the PATH. Run dev/prerequisites to see how to install it,"
            " or point KUBEBUILDER_ASSETS at a folder with etcd, kube-apiserver, kube-controller-manager and kubectl."
        )
    version = kubernetes_version()
    say(f"Building the local Kubernetes control plane {version} with Go, once: about 7 minutes on 2 cores. It is kept in {target.parent}.")
    # Cross-compilation settings of the caller would give programs that do not run here.
    environment = {name: value for name, value in os.environ.items() if name not in ("GOOS", "GOARCH", "GOBIN")}
    environment |= {"CGO_ENABLED": "0", "GOWORK": "off"}
    started = time.monotonic()
    for number, (name, package) in enumerate(PACKAGES.items(), start=1):
        step = f"  [{number}/{len(PACKAGES)}] {name}"
        say(f"{step}: compiling")
        command = [go, "build", "-trimpath", "-ldflags", _linker_flags(version), "-o", str(target / name), package]
        took = _run(command, step, cwd=CONTROL_PLANE_MODULE, env=environment)
        say(f"{step}: done in {took:.0f} s")
    say(f"The control plane is built ({time.monotonic() - started:.0f} s).")


def _linker_flags(version: str) -> str:
    major, minor, _ = version.removeprefix("v").split(".", 2)
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    settings = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items()]
    return " ".join(["-s", "-w", *settings])


def _install_aws(target: Path) -> None:
    say(f"Installing the local AWS (MiniStack) into its own virtual environment, once: about 20 seconds. It is kept in {target.parent}.")
    try:
        _run([sys.executable, "-m", "venv", str(target)], "virtual environment")
    except ToolchainError as failure:
        raise ToolchainError(f"{failure}\nOn Debian and Ubuntu the module comes with: apt-get install python3-venv") from failure
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    took = _run([*pip, "--require-hashes", "--only-binary=:all:", "-r", str(AWS_REQUIREMENTS)], "MiniStack")
    say(f"The local AWS is installed ({took:.0f} s).")


def _provided(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder, made first when it is not there; two processes at once make it only once."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(folder.name + ".lock"), folder):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(prefix=".making-", dir=folder.parent) as making:
                made = Path(making) / folder.name
                made.mkdir()
                make(made)
                made.rename(folder)
    return folder


@contextlib.contextmanager
def _locked(path: Path, what: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another process is making {what}: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str], step: str, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> float:
    """Runs the command to its end, with a sign of life now and then; returns the seconds that it took."""
    started = time.monotonic()
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno()) as process:
        while True:
            try:
                code = process.wait(timeout=HEARTBEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say(f"{step}: still at it ({time.monotonic() - started:.0f} s)")
            except BaseException:
                process.kill()
                raise
    if code != 0:
        raise ToolchainError(f"{step}: `{' '.join(command)}` ended with exit code {code}; its own words are above.")
    return time.monotonic() - started


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _pinned_version(text: str, pattern: str, source: Path) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise ToolchainError(f"{source} pins no version that matches {pattern}.")
    return match.group(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["aws-python"]:
            print(aws_python())
        case ["control-plane"]:
            print(control_plane().etcd.parent)
        case _:
            sys.exit("usage: toolchain.py aws-python | control-plane")
