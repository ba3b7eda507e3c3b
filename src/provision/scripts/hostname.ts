/** POSIX sh as root: `NAME PATTERN`, the pattern matching the name. The machine's host name, for good, and known to itself. */
export const HOSTNAME_SCRIPT = String.raw`
name=$1
umask 022
replace() {
  new=$(mktemp "$1.XXXXXX") && cat >"$new" && chmod 644 "$new" && mv -f "$new" "$1" || { rm -f "$new"; exit 1; }
}
[ "$(cat /proc/sys/kernel/hostname)" = "$name" ] || { hostname "$name" 2>/dev/null || printf '%s' "$name" >/proc/sys/kernel/hostname; } || exit 1
[ "$(cat /etc/hostname 2>/dev/null)" = "$name" ] || printf '%s\n' "$name" | replace /etc/hostname || exit 1
if ! grep -q "^[^#]*[[:blank:]]$2\$" /etc/hosts; then
  if grep -q '^127\.0\.1\.1[[:blank:]]' /etc/hosts; then sed "s/^127\.0\.1\.1[[:blank:]].*/127.0.1.1 $name/" /etc/hosts | replace /etc/hosts || exit 1
  else { cat /etc/hosts; [ -z "$(tail -c 1 /etc/hosts)" ] || echo; printf '127.0.1.1 %s\n' "$name"; } | replace /etc/hosts || exit 1
  fi
fi
`;
