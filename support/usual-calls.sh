#!/bin/sh
# What people ask a daemon most, for the ahead-of-time cache of its Java:
#
#   usual-calls.sh CARAFE IMAGE     of the folders that CARAFE_DATA and CARAFE_STATE name; one with /program in it
carafe=$1
image=$2
name=usual-$$

"$carafe" daemon start || exit
export CARAFE_DAEMON=running
for network in none bridge; do
  for _ in 1 2 3; do
    "$carafe" run --rm --network "$network" "$image" /program
  done
  "$carafe" run -d --network "$network" --name "$name" "$image" /program waits
  "$carafe" ps
  "$carafe" ps -a --format json
  "$carafe" exec "$name" /program
  "$carafe" logs "$name"
  "$carafe" inspect "$name"
  "$carafe" stats --no-stream "$name"
  "$carafe" top "$name"
  "$carafe" stop "$name"
  "$carafe" start "$name"
  "$carafe" kill "$name"
  "$carafe" wait "$name"
  "$carafe" rm "$name"
done
"$carafe" pull 127.0.0.1:1/build
"$carafe" image list
"$carafe" volume list
"$carafe" network list
"$carafe" daemon stop
