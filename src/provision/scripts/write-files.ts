/**
 * POSIX sh as root: `TOPIC (MODE PATH SIZE)…`, the contents one after the other on stdin. They are compared before anything is
 * written beside the files. A file appears whole or not at all, with its mode from the first byte, and only where it differs;
 * then it is named, and /run/tsmachine/TOPIC says that the engine does not use it yet, should this be the last thing that happens.
 */
export const WRITE_FILES_SCRIPT = `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 077
topic=$1; shift
come=/run/tsmachine/incoming
mkdir -p /run/tsmachine || exit 1
trap 'rm -f $come' EXIT
while [ $# -gt 0 ]; do
  mode=$1 path=$2 size=$3; shift 3
  said=$(dd bs=1 count="$size" of=$come 2>&1) && [ "$(wc -c <$come)" -eq "$size" ] || { echo "$path: $said" >&2; exit 1; }
  if [ -f "$path" ] && [ "$(stat -c '%a %u' "$path")" = "$mode 0" ] && [ "$(sha256sum <$come)" = "$(sha256sum <"$path")" ]; then continue; fi
  folder=\${path%/*}
  case $folder in
    /etc/docker) mkdir -p "$folder" || exit 1;;
    *) (umask 022; mkdir -p "$folder") || exit 1;;
  esac
  rm -f "$folder"/.tsmachine.*
  new=$(mktemp "$folder/.tsmachine.XXXXXX") || exit 1
  cat $come >"$new" && chmod "$mode" "$new" && { sync "$new" 2>/dev/null || sync; } && : >"/run/tsmachine/$topic" && mv -f "$new" "$path" ||
    { rm -f "$new"; exit 1; }
  echo "$path"
done
`;
