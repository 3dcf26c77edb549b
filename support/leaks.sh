#!/bin/sh
# Tells whether the tests left anything on the machine: mounts, cgroups, network devices and namespaces, nftables tables,
# loop devices, processes.
#
#   leaks.sh remember   before them
#   leaks.sh check      after them; fails and lists what is new
set -eu
cd "$(dirname "$0")/.."
before=native/build/machine-before
after=native/build/machine-after

list() {
  awk '{print "mount " $5 " " $9}' /proc/self/mountinfo
  find /sys/fs/cgroup -mindepth 2 -type d 2>/dev/null | grep -iE 'carafe|/system-[0-9a-f]{8}-[0-9]+' | sed 's/^/cgroup /' || :
  ls /sys/class/net | sed 's/^/network device /'
  ls /run/netns 2>/dev/null | sed 's/^/network namespace /' || :
  ! command -v nft >/dev/null || nft list tables 2>/dev/null | sed 's/^/nftables /' || :
  ls -d /sys/block/loop*/loop 2>/dev/null | sed 's/^/loop device /' || :
  for process in /proc/[0-9]*; do
    grep -qs '^carafe' "$process/comm" && echo "process $(cat "$process/comm") ${process#/proc/}" || :
  done
}

case $1 in
  remember)
    mkdir -p native/build
    list | sort >"$before"
    ;;
  check)
    # What ends by itself may need a moment for it.
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
      list | sort >"$after"
      left=$(comm -13 "$before" "$after")
      [ -n "$left" ] || exit 0
      sleep 0.5
    done
    printf 'carafe: the tests left this behind:\n%s\n' "$left" >&2
    exit 1
    ;;
esac
