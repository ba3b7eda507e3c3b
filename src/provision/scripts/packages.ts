/**
 * POSIX sh as root: runs a package manager to its end even when nobody listens any more, since one that dies halfway leaves a
 * broken system.
 */
export const PACKAGES_SCRIPT = `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH LC_ALL=C
trap '' HUP PIPE
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 </dev/null
code=$?
cat "$log"
exit "$code"
`;

/** The same for a script at a URL ($1), with the wanted version ($2) in VERSION. 127: nothing there that could fetch it. */
export const INSTALL_URL_SCRIPT = `
script=$(mktemp) || exit 1
trap 'rm -f "$script"' EXIT
if command -v curl >/dev/null; then curl -fsSL -o "$script" -- "$1" || exit 1
elif command -v wget >/dev/null; then wget -q -O "$script" -- "$1" || exit 1
else echo 'neither curl nor wget is there'; exit 127
fi
[ -s "$script" ] || { echo "nothing came from $1"; exit 1; }
[ -z "$2" ] || export VERSION="$2"
sh "$script"
`;
