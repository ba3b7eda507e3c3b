/**
 * POSIX sh as root: says `locked` when nobody else sets this machine up, and holds the lock until its stdin ends or is silent for a
 * minute and a half: a connection that broke without a word would hold it for hours.
 */
export const LOCK_SCRIPT = `
command -v flock >/dev/null || { echo locked; exec cat >/dev/null; }
umask 077
exec 9>/run/tsmachine.lock || exit 1
flock -n 9 || { echo waiting; flock 9 || exit 1; }
echo locked
timeout 1 true 2>/dev/null || exec cat >/dev/null
while [ -n "$(timeout 90 head -c 1)" ]; do :; done
`;
