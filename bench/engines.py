# SPDX-License-Identifier: Apache-2.0
"""The engines that images are measured with, registries between them, and images to move."""

import atexit
import hashlib
import json
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import time

import lab

PACKAGES = ["docker.io", "containerd", "podman", "skopeo", "docker-registry", "mmdebstrap", "isal", "e2fsprogs", "mount", "runc", "crun"]
PEERS = ("docker", "ctr", "podman")
BLOCK = 1 << 20


def wait_for(what, holds):
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    sys.exit(f"bench: {what} does not come up")


def start(*command, log):
    """A program that runs until it is ended or the measurement is."""
    with open(log, "w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    atexit.register(end, process)
    return process


def end(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def sure(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


class Registry:
    """Debian's docker-registry with files of its own below a folder."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.host = f"127.0.0.1:{port}"
        (folder / "registry.yml").write_text(
            f"version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {folder}/files\n"
            f"http:\n  addr: {self.host}\n")
        self.process = start("docker-registry", "serve", folder / "registry.yml", log=folder / "log")

        def answers():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        wait_for("the registry", answers)

    def add(self, layout, name):
        sure("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}", f"docker://{self.host}/{name}:latest")

    def empty(self):
        """Forgets all that it has; it looks at its files anew for each request."""
        shutil.rmtree(self.folder / "files", ignore_errors=True)


def debian():
    """The archive of a Debian system, made once."""
    cache = pathlib.Path(os.environ.get("CARAFE_BENCH_CACHE", "/var/tmp/carafe-bench")) / "debian.tar"
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        print("making a Debian system, once", file=sys.stderr)
        sure("mmdebstrap", "--format=tar", "--variant=minbase", "--include=perl,python3-minimal,locales,ca-certificates,curl,procps",
             "bookworm", f"{cache}.new")
        os.rename(f"{cache}.new", cache)
    return cache


class Layout:
    """An OCI image layout that is written layer by layer."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)
        self.layers, self.diffs = [], []

    def blob(self, media_type, content):
        digest = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs" / "sha256" / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def layer(self, write):
        """A layer, packed with igzip, of what `write` puts into an archive."""
        packed = self.folder / "packed"
        with open(packed, "wb") as out, subprocess.Popen(["igzip", "-c", "-1"], stdin=subprocess.PIPE, stdout=out) as igzip:
            hashing = Hashing(igzip.stdin)
            with tarfile.open(fileobj=hashing, mode="w|", format=tarfile.PAX_FORMAT, bufsize=BLOCK) as archive:
                write(archive)
            igzip.stdin.close()
        digest = hashlib.sha256()
        with open(packed, "rb") as content:
            while part := content.read(BLOCK):
                digest.update(part)
        self.layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": f"sha256:{digest.hexdigest()}",
                            "size": packed.stat().st_size})
        self.diffs.append(f"sha256:{hashing.digest.hexdigest()}")
        packed.rename(self.folder / "blobs" / "sha256" / digest.hexdigest())

    def finish(self):
        architecture = sure("dpkg", "--print-architecture").strip()
        config = self.blob("application/vnd.oci.image.config.v1+json", json.dumps(
            {"architecture": architecture, "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": self.diffs}}).encode())
        manifest_type = "application/vnd.oci.image.manifest.v1+json"
        manifest = self.blob(manifest_type, json.dumps(
            {"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": self.layers}).encode())
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return self

    def packed(self):
        return [self.folder / "blobs" / "sha256" / layer["digest"].split(":")[1] for layer in self.layers]


class Hashing:
    """Hashes what it passes on."""

    def __init__(self, out):
        self.out, self.digest = out, hashlib.sha256()

    def write(self, part):
        self.digest.update(part)
        return self.out.write(part)


def debian_in(count, folder):
    """The Debian system in so many layers, which are alike in size as its files go round."""
    layout = Layout(folder)
    with tarfile.open(debian()) as system:
        folders, units = [], {}
        for entry in system.getmembers():
            if entry.isdir():
                folders.append(entry)
            elif entry.islnk():
                units[entry.linkname].append(entry)  # a link leads to what is in its own layer
            elif not entry.name.startswith("./dev/"):
                units[entry.name] = [entry]
        units = list(units.values())
        for part in range(count):
            def write(archive):
                for entry in folders if part == 0 else []:
                    archive.addfile(entry)
                for entry in sum(units[part * len(units) // count:(part + 1) * len(units) // count], []):
                    archive.addfile(entry, system.extractfile(entry) if entry.isfile() else None)
            layout.layer(write)
    return layout.finish()


def files(count, size, folder):
    """One layer of so many files of that size, a hundred in each folder, which pack to about a fifth."""
    source = random.Random(0).randbytes(1 << 16)

    class Content:
        def __init__(self, number):
            self.number, self.left = number, size

        def read(self, most):
            part = min(most, self.left)
            self.left -= part
            begin = self.number * 131 % 50000
            once = source[begin:begin + 200] + b"the same again, " * 50
            return (once * (part // len(once) + 1))[:part]

    def write(archive):
        for number in range(count):
            if number % 100 == 0:
                entry = tarfile.TarInfo(f"d{number // 100}")
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            entry = tarfile.TarInfo(f"d{number // 100}/f{number}")
            entry.size = size
            archive.addfile(entry, Content(number))
    layout = Layout(folder)
    layout.layer(write)
    return layout.finish()


class Docker:
    def __init__(self, storage, networks=False):
        self.command = ["docker", "-H", f"unix://{storage.path}/docker.sock"]
        start("dockerd", "--data-root", storage.path / "docker", "--exec-root", storage.path / "docker-run", "--host", self.command[2],
              *([] if networks else ["--bridge", "none", "--iptables=false"]), "--pidfile", storage.path / "docker.pid", log=storage.path / "docker.log")
        wait_for("dockerd", lambda: not subprocess.run([*self.command, "info"], capture_output=True).returncode)

    def pull(self, name):
        sure(*self.command, "pull", "-q", name)

    def rename(self, name, new):
        sure(*self.command, "tag", name, new)

    def push(self, name):
        sure(*self.command, "push", "-q", name)

    def remove(self):
        sure(*self.command, "image", "prune", "-af")


class Containerd:
    def __init__(self, storage):
        self.command = ["ctr", "-a", f"{storage.path}/containerd.sock", "image"]
        config = storage.path / "containerd.toml"
        config.write_text(f'version = 2\nroot = "{storage.path}/containerd"\nstate = "{storage.path}/containerd-run"\n'
                          f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{self.command[2]}"\n')
        start("containerd", "--config", config, log=storage.path / "containerd.log")
        wait_for("containerd", lambda: not subprocess.run([*self.command[:3], "version"], capture_output=True).returncode)

    def pull(self, name):
        sure(*self.command, "pull", "--plain-http", f"{name}:latest")

    def rename(self, name, new):
        sure(*self.command, "tag", f"{name}:latest", f"{new}:latest")

    def push(self, name):
        sure(*self.command, "push", "--plain-http", f"{name}:latest")

    def remove(self):
        for name in sure(*self.command, "ls", "-q").split():
            sure(*self.command, "rm", "--sync", name)


class Podman:
    def __init__(self, storage):
        self.command = ["podman", "--root", f"{storage.path}/podman", "--runroot", f"{storage.path}/podman-run",
                        "--tmpdir", f"{storage.path}/podman-tmp", "--storage-driver", "overlay"]

    def pull(self, name):
        sure(*self.command, "pull", "-q", "--tls-verify=false", name)

    def rename(self, name, new):
        sure(*self.command, "tag", name, new)

    def push(self, name):
        sure(*self.command, "push", "-q", "--tls-verify=false", name)

    def remove(self):
        sure(*self.command, "rmi", "-af")


class Carafe:
    def __init__(self, storage, daemon):
        self.environment = lab.carafe(storage, {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(storage.path)})
        if not daemon:
            self.environment |= {"CARAFE_DAEMON": "no", "CARAFE_DATA": f"{storage.path}/data-alone"}

    def run(self, *words):
        return sure(lab.CARAFE, *words, env=self.environment)

    def pull(self, name):
        self.run("image", "pull", "--progress=none", name)

    def rename(self, name, new):
        self.run("image", "tag", name, new)

    def push(self, name):
        self.run("image", "push", "--progress=none", name)

    def remove(self):
        self.run("image", "rm", *self.run("image", "list", "--format", "reference").split())


class Floor:
    """What no program that inflates and writes can beat by much: igzip | tar, with the packed layers in memory already."""

    def __init__(self, storage, layouts):
        self.folder, self.layouts = storage.path / "floor", layouts

    def pull(self, name):
        self.folder.mkdir()
        for layer in self.layouts[name].packed():
            sure("sh", "-c", 'igzip -dc <"$0" | tar -xpf - -C "$1"', layer, self.folder)

    def remove(self):
        shutil.rmtree(self.folder)


def engines(storage):
    """All of them; Carafe's daemon is started."""
    lab.Daemon(storage)
    return {
        "docker": Docker(storage),
        "ctr": Containerd(storage),
        "podman": Podman(storage),
        "carafe": Carafe(storage, False),
        "carafe with daemon": Carafe(storage, True),
    }


def prepare():
    if os.getuid():
        sys.exit("bench: needs root")
    lab.need(*PACKAGES)
    lab.build()


def timed(work, *arguments):
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def table(title, taken):
    """Medians, and the medians of the ratios within a round: to the fastest of the others, and to docker."""
    print(f"\n{title:24} {'median s':>9} {'least':>8} {'x fastest of others':>20} {'x docker':>9}")
    others = [taken[it] for it in PEERS if it in taken]
    fastest = min(others, key=statistics.median, default=None)
    for candidate, times in taken.items():
        def ratio(to):
            return f"{statistics.median(a / b for a, b in zip(times, to)):.2f}" if to and all(to) else "-"
        print(f"{candidate:24} {statistics.median(times):9.3f} {min(times):8.3f} {ratio(fastest):>20} {ratio(taken.get('docker')):>9}")
