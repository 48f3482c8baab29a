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
AWS_REQUIREMENTS = REPOSITORY / "dev" / "aws" / "requirements.txt"

HEARTBEAT_SECONDS = 30


class ToolchainError(Exception):
    """A program cannot be found or made; the text says what to do."""


@dataclass(frozen=True)
class Release:
    """A version of Kubernetes, built from a Go module that pins it."""

    module: Path
    #: Program name to Go package, in the order in which they are built: the first ones compile what the later ones share.
    packages: dict[str, str]
    #: The environment variable that names a folder with the programs, where they need not be built.
    assets: str

    def version(self) -> str:
        """As `go.mod` pins it, for example `v1.36.3`."""
        go_mod = self.module / "go.mod"
        return _pinned_version(go_mod.read_text(), r"^(?:require)?\s*k8s\.io/kubernetes (v\S+)", go_mod)

    def programs(self) -> dict[str, Path]:
        """Those of the folder that `assets` names; the others from the cache folder, into which they are built once."""
        found: dict[str, Path] = {}
        folder = os.environ.get(self.assets)
        if folder:
            if not Path(folder).is_dir():
                raise ToolchainError(f"{self.assets} is {folder}, which is no folder. Correct it, or unset it to use the programs of this project.")
            found = {name: Path(folder) / name for name in self.packages if _is_program(Path(folder) / name)}
            # Release archives for tests come without kubectl at times; any kubectl serves.
            on_path = shutil.which("kubectl")
            if "kubectl" in self.packages and "kubectl" not in found and on_path:
                found["kubectl"] = Path(on_path)
        missing = [name for name in self.packages if name not in found]
        if missing:
            built = self._built()
            found.update({name: built / name for name in missing})
        return found

    def _built(self) -> Path:
        digest = hashlib.sha256((self.module / "go.sum").read_bytes()).hexdigest()[:12]
        return _provided(cache_folder() / "control-plane" / f"{self.version()}-{digest}", lambda target: _build(self, target))


_KUBERNETES = {
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
}
_CONTROL_PLANE = REPOSITORY / "dev" / "control-plane"

RELEASES = {
    "newest": Release(
        _CONTROL_PLANE,
        {"etcd": "go.etcd.io/etcd/server/v3", **_KUBERNETES, "kubectl": "k8s.io/kubernetes/cmd/kubectl"},
        "KUBEBUILDER_ASSETS",
    ),
    "oldest": Release(_CONTROL_PLANE / "oldest", _KUBERNETES, "KUBEBUILDER_ASSETS_OLDEST"),
}


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


def control_plane(release: str) -> ControlPlane:
    """The programs of a release; etcd and kubectl are always those of the newest."""
    programs = RELEASES["newest"].programs()
    if release != "newest":
        programs |= RELEASES[release].programs()
    return ControlPlane(programs["etcd"], programs["kube-apiserver"], programs["kube-controller-manager"], programs["kubectl"])


def aws_python() -> Path:
    """The Python interpreter of the virtual environment that holds MiniStack and `cryptography`."""
    digest = hashlib.sha256(AWS_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    version = _pinned_version(AWS_REQUIREMENTS.read_text(), r"^ministack==(\S+)", AWS_REQUIREMENTS)
    python = f"py{sys.version_info.major}.{sys.version_info.minor}"
    return _provided(cache_folder() / "aws" / f"{version}-{python}-{digest}", _install_aws) / "bin" / "python"


def _build(release: Release, target: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise ToolchainError(
            "The local Kubernetes control plane is built with Go, and `go` is not on the PATH. Run dev/prerequisites to see how to install it,"
            f" or point {release.assets} at a folder with {', '.join(release.packages)}."
        )
    version = release.version()
    say(f"Building the local Kubernetes control plane {version} with Go, once: 5 to 7 minutes on 2 cores. It is kept in {target.parent}.")
    # Cross-compilation settings of the caller would give programs that do not run here.
    environment = {name: value for name, value in os.environ.items() if name not in ("GOOS", "GOARCH", "GOBIN")}
    environment |= {"CGO_ENABLED": "0", "GOWORK": "off"}
    started = time.monotonic()
    for number, (name, package) in enumerate(release.packages.items(), start=1):
        step = f"  [{number}/{len(release.packages)}] {name}"
        say(f"{step}: compiling")
        command = [go, "build", "-trimpath", "-ldflags", _linker_flags(version), "-o", str(target / name), package]
        took = _run(command, step, cwd=release.module, env=environment)
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
        case ["control-plane", release] if release in RELEASES:
            print(control_plane(release).kube_apiserver.parent)
        case _:
            sys.exit("usage: toolchain.py aws-python | control-plane (newest | oldest)")
