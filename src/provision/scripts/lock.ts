/** POSIX sh as root: says `locked` when nobody else sets this machine up, and holds the lock until its stdin ends. */
export const LOCK_SCRIPT = `
command -v flock >/dev/null || { echo locked; exec cat >/dev/null; }
umask 077
exec 9>/run/tsmachine.lock || exit 1
flock -n 9 || { echo waiting; flock 9 || exit 1; }
echo locked
exec cat >/dev/null
`;
