# SPDX-License-Identifier: Apache-2.0
"""What the measurements share: storage that no disk slows, the bundle, and starting processes without overhead."""

import atexit
import ctypes
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HOME = pathlib.Path(__file__).resolve().parent.parent
RESULTS = HOME / "bench" / "results"
CARAFE = HOME / "out" / "bin" / "carafe"
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x20000
UNIFIED = "/sys/fs/cgroup/unified"


def need(*packages):
    """Installs Debian packages that are missing, and says which, as the build does."""
    script = '. support/machine.sh; need_packages "$@"'
    subprocess.run(["sh", "-euc", script, "sh", *packages], cwd=HOME, check=True)


def build():
    """Brings out/ up to date; the measurements then leave the wrapper script out."""
    subprocess.run([HOME / "carafe", "version"], check=True, stdout=subprocess.DEVNULL)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "load": os.getloadavg()[0],
    }


LIBC = ctypes.CDLL(None, use_errno=True)


def sure(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def become_subreaper():
    """Containers that outlive the runtime become our children, so that their end is seen and their time counted."""
    sure(LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def hide_unified():
    """crun refuses hybrid cgroups where v2 has a controller. Without v2 in our namespace, v1 is all that anyone sees."""
    controllers = pathlib.Path(UNIFIED, "cgroup.controllers")
    if not controllers.exists() or not controllers.read_text().strip():
        return False
    subprocess.run(["umount", UNIFIED], check=True)
    return True


class Storage:
    """An ext4 file system in memory, seen by nobody else. Of its own it ends with this process."""

    def __init__(self, megabytes=512):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: sys.exit(128 + number))
        sure(LIBC.unshare(CLONE_NEWNS))
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="carafe-bench-"))
        atexit.register(self.close)
        with tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="carafe-bench-") as image:
            os.truncate(image.name, megabytes << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", image.name], check=True)
            subprocess.run(["mount", "-o", "loop", image.name, self.path], check=True)

    def close(self):
        subprocess.run(["umount", "--lazy", self.path], check=False, stderr=subprocess.DEVNULL)
        self.path.rmdir()


def carafe(storage, environment):
    """The environment of a Carafe with folders of its own."""
    return environment | {"CARAFE_DATA": f"{storage.path}/data", "CARAFE_STATE": f"{storage.path}/run"}


class Daemon:
    """Carafe's daemon, in the mount namespace of its callers; it ends with the measurement."""

    def __init__(self, storage):
        environment = carafe(storage, {"PATH": os.environ["PATH"]})
        subprocess.run([CARAFE, "daemon", "start"], check=True, env=environment)
        atexit.register(subprocess.run, [CARAFE, "daemon", "stop"], check=False, env=environment)
        status = subprocess.run([CARAFE, "daemon", "status", "--format", "json"], check=True, env=environment,
                                capture_output=True, text=True).stdout
        self.threads = pathlib.Path(f"/proc/{json.loads(status)['pid']}/task")

    def used(self):
        """The processor time of its threads, in seconds."""
        used = 0
        for thread in self.threads.iterdir():
            try:
                used += int((thread / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has ended
        return used / 1e9


def bundle(folder, *arguments):
    """The bundle that `runc spec` writes, without a terminal, over busybox."""
    rootfs = folder / "rootfs"
    for name in ("bin", "dev", "proc", "sys", "etc", "tmp"):
        (rootfs / name).mkdir(parents=True)
    shutil.copy2("/bin/busybox", rootfs / "bin" / "busybox")
    for name in ("true", "sh", "sleep"):
        (rootfs / "bin" / name).symlink_to("busybox")
    subprocess.run(["runc", "spec"], cwd=folder, check=True)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["process"]["terminal"] = False
    config["process"]["args"] = list(arguments)
    path.write_text(json.dumps(config, indent=2))
    return folder


NULL = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]


def spawn(command, environment):
    """Runs a command to its end. A failure ends the measurement: its time would mean nothing."""
    pid = os.posix_spawnp(command[0], command, environment, file_actions=NULL)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"bench: {' '.join(map(str, command))}: wait status {status}")
    return usage.ru_utime + usage.ru_stime


def reap():
    """Waits for everything that was left behind. Its processor time."""
    used = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return used
        used += usage.ru_utime + usage.ru_stime


def save(name, result):
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{path.relative_to(HOME)}")
