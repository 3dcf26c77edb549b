# What this machine must have, for the scripts that build and test. Sourced, not run.

say() { printf 'carafe: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Installs the Debian packages among the given ones that are missing, and says which. Services in them are not started.
need_packages() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  [ "$(id -u)" = 0 ] || fail "these Debian packages are missing, and only root can install them:$missing"
  say "installing from Debian:$missing"
  policy=/usr/sbin/policy-rc.d
  made=
  [ -e "$policy" ] || { made=$policy; printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; }
  installed=yes
  # shellcheck disable=SC2086
  {
    [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mmin -1440 2>/dev/null | head -n 1)" ] ||
      apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2 || {
      apt-get update -q >&2
      DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2
    }
  } || installed=no
  [ -z "$made" ] || rm -f "$made"
  [ "$installed" = yes ] || fail "could not install$missing"
}

# The major version of the JDK in a folder; nothing if it is no JDK.
jdk_version() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] && sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# Sets JAVA_HOME to a JDK of 25 or newer: the one that it names, one in /usr/lib/jvm, or the distribution's package.
find_jdk() {
  for attempt in present installed; do
    for folder in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
      version=$(jdk_version "$folder") || continue
      if [ -n "$version" ] && [ "$version" -ge 25 ]; then
        export JAVA_HOME="$folder"
        return
      fi
    done
    [ "$attempt" = present ] || break
    apt-cache show openjdk-25-jdk-headless >/dev/null 2>&1 || break
    need_packages openjdk-25-jdk-headless
  done
  fail "needs a JDK of 25 or newer and found none in JAVA_HOME or /usr/lib/jvm, nor does this distribution have the" \
    "package openjdk-25-jdk-headless; install one (for example Eclipse Temurin 25) and set JAVA_HOME to its folder"
}

# What building takes.
BUILD_PACKAGES="gcc make musl-tools maven ca-certificates"
# What running takes: system-call filters, bootstrap: images, layers inflated fast, networks.
RUN_PACKAGES="libseccomp2 mmdebstrap libisal2 libnftables1"
# What the tests take beside: another compiler and its sanitizers, real terminals, real peers, mapped ids, and others
# that read and write layers, a registry with what its users and its certificates take, who kills at any system call,
# and a journal.
TEST_PACKAGES="clang libclang-rt-dev libc6-dev tmux iproute2 nftables procps util-linux jq runc crun busybox-static uidmap
libarchive-tools attr libcap2-bin btrfs-progs e2fsprogs xfsprogs umoci skopeo docker-registry apache2-utils openssl
fish groff-base bsdextrautils curl zstd strace systemd"
# The engines that run containers with us in the tests that need root.
ENGINE_PACKAGES="podman containerd docker.io"
