# POSIX sh, as root: takes our engine's files, a gzipped tar on stdin, and moves them into place when all are right.
# $1: digest, which is the SHA-256 of the list SHA256SUMS
set -e
umask 022
base=/usr/lib/tsmachine
mkdir -p $base
rm -rf $base/.incoming.* # of a transfer that was cut
incoming=$(mktemp -d $base/.incoming.XXXXXX)
trap 'rm -rf "$incoming"' EXIT
cd "$incoming"
tar -xzf - --no-same-owner
echo "$1  SHA256SUMS" | sha256sum -c --quiet -
sha256sum -c --quiet SHA256SUMS
chmod 755 . node dockerd docker.openrc service-stop
chmod 644 dockerd.cjs koffi.node docker.service docker.socket SHA256SUMS
./node dockerd.cjs --version
sync -f . 2>/dev/null || sync
rm -rf "$base/engine-$1"
cd $base
mv -T "$incoming" "$base/engine-$1"
ln -sfn "engine-$1" .engine.new
mv -T .engine.new engine
for old in engine-*; do [ "$old" = "engine-$1" ] || rm -rf "$old"; done
