# POSIX sh, as root: `key=value` lines about our engine and what it needs
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
say() { printf '%s=%s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
base=/usr/lib/tsmachine
[ "$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ] && say cgroup2 yes
grep -qw overlay /proc/filesystems || modprobe -q overlay 2>/dev/null
grep -qw overlay /proc/filesystems && say overlay yes
for tool in crun nft ps tar gzip sha256sum; do has $tool || say missing $tool; done
has dpkg-divert && say divert yes
say free "$(df -Pk /usr/lib | awk 'END { print $4 }')"
digest=$(readlink $base/engine) && say digest "${digest#engine-}"
ours() { [ -e "$2" ] && cmp -s "$base/engine/$1" "$2"; }
if ours dockerd /usr/bin/dockerd; then say program yes; elif [ -e /usr/bin/dockerd ]; then say foreign yes; fi
if [ -d /run/systemd/system ]; then
  ours docker.service /etc/systemd/system/docker.service && ours docker.socket /etc/systemd/system/docker.socket && say service yes
else
  ours docker.openrc /etc/init.d/docker && say service yes
fi
# which engine runs, and how many containers
pid=$(cat /run/docker.pid 2>/dev/null) && [ -d "/proc/$pid" ] &&
  case $(readlink "/proc/$pid/exe") in $base/*) say running ts ;; *) say running docker ;; esac
say containers "$(ls -d /sys/fs/cgroup/docker/*/ /sys/fs/cgroup/system.slice/docker-*.scope 2>/dev/null | wc -l)"
exit 0
