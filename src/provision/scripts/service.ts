/**
 * POSIX sh as root: `INIT RELOADS`. Has service docker enabled and running with what the files say: a restart is due when
 * options changed or it does not run, a reload or restart when certificates changed. Says `restarted`, `reloaded` or nothing.
 */
export const SERVICE_SCRIPT = String.raw`
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
due=/run/tsmachine
if [ "$1" = systemd ]; then
  [ ! -e $due/options ] || systemctl daemon-reload || exit 1
  systemctl --quiet is-enabled docker 2>/dev/null || systemctl --quiet enable docker || exit 1
  is_running() { systemctl --quiet is-active docker; }
  service() { systemctl reset-failed docker 2>/dev/null; systemctl "$1" docker; }
  why() { journalctl -u docker -n 15 --no-pager -o cat 2>/dev/null; }
else
  rc-update show default 2>/dev/null | grep -qw docker || rc-update -q add docker default || exit 1
  is_running() { rc-service docker status >/dev/null 2>&1; }
  service() { rc-service docker "$1" </dev/null; }
  why() { tail -n 15 /var/log/docker.log 2>/dev/null; }
fi
verb=
if ! is_running; then verb=restart
elif [ -e $due/options ]; then verb=restart
elif [ -e $due/certificates ]; then verb=restart; [ "$2" != yes ] || verb=reload
fi
[ -n "$verb" ] || exit 0
if said=$(service "$verb" 2>&1); then
  rm -f $due/options $due/certificates
  echo "${'$'}{verb}ed"
else
  code=$?
  printf '%s\n' "$said" >&2
  why >&2
  exit "$code"
fi
`;
