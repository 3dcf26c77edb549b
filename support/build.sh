#!/bin/sh
# Builds the installable tree out/: bin/carafe, the native client, beside lib/ with the jars, the command lines that
# start Java, for one call and as the daemon, and its ahead-of-time caches, and share/man with a page for each command.
set -eu
cd "$(dirname "$0")/.."
. support/machine.sh

# shellcheck disable=SC2086
need_packages $BUILD_PACKAGES $RUN_PACKAGES
find_jdk

say "building; Maven may download its plugins and libraries the first time"
rm -rf out.new
mkdir -p out.new/bin out.new/lib native/build
for module in */pom.xml; do
  mkdir -p "${module%/pom.xml}/target" # now, as a folder made in another changes that
done
touch out.new/.built # what changes from here on is newer
make -s -C native
rm -rf daemon/target/lib # it may hold libraries that are not used any more
mvn -B -q -Dstyle.color=never -Dspotless.check.skip=true -DskipTests -Dmaven.test.skip=true -pl daemon -am package

cp native/build/carafe out.new/bin/
ln -s carafe out.new/bin/carafe-oci # what engines are given as their OCI runtime
cp native/build/libcarafe.so native/build/init out.new/lib/
cp daemon/target/lib/*.jar daemon/target/daemon-*.jar out.new/lib/

# One jar, not compressed, of all modules of ours: without an ahead-of-time cache Java begins a tenth sooner with it.
mkdir out.new/classes
(cd out.new/classes && for jar in ../lib/*-SNAPSHOT.jar; do "$JAVA_HOME/bin/jar" xf "$jar" && rm "$jar"; done &&
  rm -r META-INF/MANIFEST.MF META-INF/maven && find . -type f | LC_ALL=C sort >../list &&
  "$JAVA_HOME/bin/jar" --create --no-compress --date=2026-01-01T00:00:00Z --file ../lib/carafe.jar @../list)
rm -r out.new/classes out.new/list

# SQLite's library, which Java would take out of its archive anew in every process.
cp "image/target/sqlite/org/sqlite/native/Linux/$(uname -m)/libsqlitejdbc.so" out.new/lib/

# The cache runs stale classes without a word if a jar changes under it, so its name carries what it was made from.
classpath=$(cd out.new && echo lib/*.jar | tr ' ' ':')
hash=$( (cat out.new/lib/*.jar "$JAVA_HOME/release"; echo "$JAVA_HOME") | sha256sum | cut -c1-16)
version=$(git describe --always --dirty 2>/dev/null || echo unknown)
# By this a client tells a daemon that would do what it would have done itself.
(cat out.new/bin/carafe out.new/lib/libcarafe.so out.new/lib/init; echo "$hash $version") | sha256sum | cut -c1-32 | tr -d '\n' >out.new/lib/build
options="-XX:+UseSerialGC -XX:-UsePerfData -Xss512k -Xmx256m -Xlog:disable -Xlog:all=error:stderr
--enable-native-access=ALL-UNNAMED -Dcarafe.library=lib/libcarafe.so -Dcarafe.version=$version
-Dorg.sqlite.lib.path=lib -Dorg.sqlite.tmpdir=lib
-Djdk.httpclient.bufsize=262144" # 16 times the usual: each read of a connection wakes three threads
# No option of ours is of these types, and what picocli would make of them is loaded whether one is or not.
options="$options -Dpicocli.converters.excludes=java.(sql|time).*"
# Compiling at once what the run before compiled would keep the first calls waiting.
options="$options -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining -XX:+IgnoreUnrecognizedVMOptions" # not all have it
# One short command a JVM: little is worth compiling, and it is not worth the time to move the cache to a random address.
short="-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=20 -XX:ArchiveRelocationMode=0"
# The daemon: C2 would take more time and memory, for hundreds of calls, than its code gives back for thousands. What is
# not used goes back to the machine.
long="-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=0.25 -XX:ReservedCodeCacheSize=16m -Xms8m
-XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=25 -XX:-ShrinkHeapInSteps -XX:TrimNativeHeapInterval=60000"
# What is installed is as it was built: Java verifies it when it makes the caches, and its own classes not even then.
installed="-XX:-BytecodeVerificationRemote"
launch() {
  class=$1
  shift
  echo "$JAVA_HOME/bin/java"
  # shellcheck disable=SC2086
  printf '%s\n' $options "$@" -cp "$classpath" "dev.carafe.daemon.$class"
}

# Runs of the most usual work show Java which classes that takes: one for containers, one for images as well, as every
# class in a cache makes each call a little slower, and one for the daemon. Containers hold a program that ends at once
# or, with an argument, when it is told to.
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
mkdir "$trial/rootfs"
printf '%s\n' '#include <signal.h>' '#include <unistd.h>' \
  'int main(int n, char **words) { signal(SIGTERM, _exit); while (n > 1 && words) pause(); return 0; }' |
  musl-gcc -static -Os -x c - -o "$trial/rootfs/program"
carafe() { CARAFE_DATA="$trial/data" CARAFE_STATE="$trial/state" CARAFE_DAEMON=no out.new/bin/carafe "$@"; }
launch Main $short >out.new/lib/launch
carafe oci spec --bundle "$trial"
sed -i 's|"terminal": true|"terminal": false|; s|"sh"|"/program"|' "$trial/config.json"
(cd "$trial" && tar -C rootfs -cf layer.tar . && diff=$(sha256sum layer.tar | cut -d' ' -f1) && gzip -n layer.tar &&
  echo "{\"architecture\":\"\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:$diff\"]}}" >image.json &&
  echo '[{"Config":"image.json","RepoTags":["build:1"],"Layers":["layer.tar.gz"]}]' >manifest.json &&
  tar -cf image.tar manifest.json image.json layer.tar.gz)

# Makes a cache of what some calls take, which follow its name with "," between them; says how Java uses it. The first
# call is one that lib/launch is for.
train() {
  cache=lib/carafe-$hash$1.aot
  shift
  launch Training $short -XX:AOTMode=record "-XX:AOTConfiguration=$cache.seen" >out.new/lib/launch
  carafe "$@" 2>"$trial/errors" >/dev/null </dev/null || :
  make_cache $short
}

# Likewise, of what a daemon is asked by clients in a network of their own. They do what they may here.
train_daemon() {
  cache=lib/carafe-$hash-daemon.aot
  launch Main $long -XX:AOTMode=record "-XX:AOTConfiguration=$cache.seen" >out.new/lib/launch-daemon
  alone=
  unshare --net true 2>/dev/null && alone="unshare --net"
  CARAFE_DATA="$trial/data" CARAFE_STATE="$trial/state" $alone sh support/usual-calls.sh out.new/bin/carafe build:1 \
    2>>"$trial/errors" >/dev/null </dev/null || :
  make_cache $long
}

# Makes it of the record, which is written when Java ends, and a client does not wait for that.
make_cache() {
  while grep -qsF "AOTConfiguration=$cache.seen" /proc/[0-9]*/cmdline; do sleep 0.1; done
  # shellcheck disable=SC2086
  (cd out.new && "$JAVA_HOME/bin/java" -XX:AOTMode=create "-XX:AOTConfiguration=$cache.seen" "-XX:AOTCache=$cache" \
    $options "$@" -cp "$classpath") >/dev/null 2>&1 || :
  rm -f "out.new/$cache.seen"
  if [ -s "out.new/$cache" ]; then
    echo "-XX:AOTCache=$cache"
  else
    say "this JDK makes no ahead-of-time cache; Carafe starts more slowly without"
  fi
}
one=build-$$-1
two=build-$$-2
calls=$(train "" version , oci --help , oci create --bundle "$trial" --pid-file "$trial/pid" $one , oci state $one , \
  oci list , oci exec $one /program , oci ps $one , oci update --pids-limit 100 $one , oci start $one , \
  oci kill $one KILL , oci delete --force $one , oci run --bundle "$trial" $two)
images=$(train -images version , image load --progress none "$trial/image.tar" , image list , \
  pull 127.0.0.1:1/build , run --rm --network none build:1 /program)
launch Main $short $installed $calls >out.new/lib/launch
launch Main $short $installed $images >out.new/lib/launch-images
resident=$(train_daemon)
launch Main $long $installed $resident >out.new/lib/launch-daemon

carafe manual out.new/share/man/man1

rm -rf out.old
[ ! -e out ] || mv out out.old
mv out.new out
rm -rf out.old
