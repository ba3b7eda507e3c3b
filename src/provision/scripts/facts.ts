/** POSIX sh, as the login user: `key=value` lines about the machine. */
export const FACTS_SCRIPT = String.raw`
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
say() { printf '%s=%s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
say system "$(uname -s)"
say arch "$(uname -m)"
say kernel "$(uname -r)"
say user "$(id -un)"
if [ "$(id -u)" = 0 ]; then say privilege root
elif ! has sudo; then say privilege none
elif sudo -n true </dev/null >/dev/null 2>&1; then say privilege sudo
else say privilege password
fi
if [ -d /run/systemd/system ]; then say init systemd
elif has rc-service && { [ -d /run/openrc ] || [ -d /lib/rc/init.d ] || [ -d /run/rc ]; }; then say init openrc
else say init "$(cat /proc/1/comm 2>/dev/null)"
fi
for loader in /lib/ld-musl-*; do
  if [ -e "$loader" ]; then say libc musl; else say libc glibc; fi
  break
done
for file in /etc/os-release /usr/lib/os-release; do
  if [ -r "$file" ]; then sed 's/^/os-release=/' "$file"; break; fi
done
`;

/** The same as root: what lies in the engine's places. */
export const ENGINE_FACTS_SCRIPT = String.raw`
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
say() { printf '%s=%s\n' "$1" "$2"; }
engine=$(command -v dockerd 2>/dev/null) && say engine-program "$engine" && say engine-version "$("$engine" --version 2>/dev/null </dev/null | head -n 1)"
for path in apt-get dnf yum zypper pacman apk; do command -v "$path" >/dev/null 2>&1 && say tool "$path"; done
if [ -f /etc/init.d/docker ]; then
  if head -n 2 /etc/init.d/docker | grep -q '^# Installed by tsmachine'; then say init-script tsmachine; options=/etc/conf.d/docker
  elif head -n 1 /etc/init.d/docker | grep -q openrc-run; then say init-script openrc; options=/etc/conf.d/docker
  else say init-script sysv; options=/etc/default/docker
  fi
  [ ! -f $options ] || sed 's/^/options-file=/' $options
fi
say root-filesystem "$(stat -f -c %T /var/lib/docker 2>/dev/null || stat -f -c %T /var/lib)"
if [ -f /etc/docker/daemon.json ]; then say daemon-json-there yes; sed 's/^/daemon-json=/' /etc/docker/daemon.json; fi
for file in /etc/systemd/system/docker.service.d/*.conf /run/systemd/system/docker.service.d/*.conf /usr/lib/systemd/system/docker.service.d/*.conf; do
  [ -f "$file" ] && grep -q '^[[:blank:]]*ExecStart=.' "$file" && say drop-in "$file"
done
exit 0
`;
