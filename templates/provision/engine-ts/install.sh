# POSIX sh, as root: makes our engine the service `docker`. Idempotent. $1: systemd or openrc
set -e
umask 022
PATH=$PATH:/usr/sbin:/sbin
engine=/usr/lib/tsmachine/engine
getent group docker >/dev/null || groupadd -r docker
# what a package of Docker's brings to the same path goes aside, now and at its next upgrade
divert() {
  command -v dpkg-divert >/dev/null || return 0
  dpkg-divert --quiet --local --rename --divert "$1.docker" --add "$1"
}
put() {
  cmp -s "$engine/$1" "$2" && return 0
  cp -p "$engine/$1" "$2.tsmachine-new"
  mv "$2.tsmachine-new" "$2"
}
divert /usr/bin/dockerd
put dockerd /usr/bin/dockerd
if [ "$1" = systemd ]; then
  put docker.service /etc/systemd/system/docker.service
  put docker.socket /etc/systemd/system/docker.socket
  systemctl daemon-reload
  systemctl enable --quiet docker.socket docker.service
else
  divert /etc/init.d/docker
  put docker.openrc /etc/init.d/docker
fi
