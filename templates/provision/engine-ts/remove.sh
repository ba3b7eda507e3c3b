# POSIX sh, as root: gives the service `docker` back. Files of the engine, images and containers stay. $1: systemd or openrc
set -e
PATH=$PATH:/usr/sbin:/sbin
ours() { cmp -s "/usr/lib/tsmachine/engine/$1" "$2"; }
give_back() {
  rm -f "$1"
  if command -v dpkg-divert >/dev/null; then dpkg-divert --quiet --local --rename --remove "$1"; fi
}
ours dockerd /usr/bin/dockerd || exit 0
# has the service's stop end the containers too: nobody would look after them
mkdir -p /run/tsmachine
: >/run/tsmachine/leaving
trap 'rm -f /run/tsmachine/leaving' EXIT
if [ "$1" = systemd ]; then
  systemctl stop docker.socket docker.service
  systemctl --quiet disable docker.socket docker.service
  rm -f /etc/systemd/system/docker.service /etc/systemd/system/docker.socket
  give_back /usr/bin/dockerd
  systemctl daemon-reload
  systemctl --quiet enable docker.socket 2>/dev/null || : # where Docker's package has it
else
  rc-service --ifstarted docker stop
  ours docker.openrc /etc/init.d/docker && give_back /etc/init.d/docker
  give_back /usr/bin/dockerd
fi
nft delete table ip docker-docker0 2>/dev/null || :
