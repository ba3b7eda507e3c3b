#!/bin/sh
# Customize hook of mmdebstrap: makes the new root ($1) a server to log in to, with Docker's packages in a repository of its own.
# PUBLIC_KEY is the line for authorized_keys.
set -eu
root=$1

authorize() {
  mkdir -p -m 700 "$2/.ssh"
  (umask 077 && echo "$PUBLIC_KEY" >"$2/.ssh/authorized_keys")
  chroot "$root" chown -R "$1:$1" "${2#"$root"}/.ssh"
}
authorize root "$root/root"
for user in deploy admin plain; do
  chroot "$root" useradd --create-home --shell /bin/bash "$user"
  authorize "$user" "$root/home/$user"
done
echo "admin:$ADMIN_PASSWORD" | chroot "$root" chpasswd
(umask 337 && echo 'deploy ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/deploy" && echo 'admin ALL=(ALL) ALL' >"$root/etc/sudoers.d/admin")
echo server >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 server\n::1 localhost\n' >"$root/etc/hosts"
# For Docker's init script: cgroups are mounted, and not every computer lets its root raise limits.
echo 'cgroup2 /sys/fs/cgroup cgroup2 defaults 0 0' >"$root/etc/fstab"
echo 'ulimit() { :; }' >"$root/etc/default/docker"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/memory"
rm -f "$root"/etc/ssh/ssh_host_* # each server makes its own

cat >"$root/etc/inittab" <<'TABLE'
id:2:initdefault:
ss:2:respawn:/usr/sbin/sshd -D
l0:0:wait:/sbin/halt -d -f -i -p
l6:6:wait:/sbin/reboot -d -f -i
TABLE

mkdir -p "$root/srv/packages"
chroot "$root" sh -eu <<'INSIDE'
apt-get clean
apt-get -q -y --no-install-recommends --download-only install docker.io apparmor iptables ca-certificates >/dev/null
cd /srv/packages
mv /var/cache/apt/archives/*.deb .
for file in *.deb; do
  apt-cache show --no-all-versions "$(dpkg-deb -f "$file" Package)=$(dpkg-deb -f "$file" Version)" | sed "s#^Filename: .*#Filename: ./$file#"
done >Packages
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list
rm -rf /var/lib/apt/lists/*
INSIDE
rm -f "$root/etc/resolv.conf"
