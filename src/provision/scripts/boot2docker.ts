/** POSIX sh as root: `NAME`. The machine's name, now and after the next boot. */
export const BOOT2DOCKER_NAME_SCRIPT = `
PATH=$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin
folder=/var/lib/boot2docker/etc
[ "$(hostname)" = "$1" ] && [ "$(cat $folder/hostname 2>/dev/null)" = "$1" ] && exit 0
sethostname "$1" && mkdir -p $folder && echo "$1" >$folder/hostname
`;

/** POSIX sh as root. Restarts the engine when options or certificates changed or it does not run, and waits until it answers. */
export const BOOT2DOCKER_ENGINE_SCRIPT = `
PATH=$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin
due=/run/tsmachine
[ -e $due/options ] || [ -e $due/certificates ] || ! /etc/init.d/docker status >/dev/null 2>&1 || exit 0
/etc/init.d/docker stop >/dev/null 2>&1
said=$(/etc/init.d/docker start 2>&1) || { printf '%s\\n' "$said" >&2; exit 1; }
tries=0
until docker version >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -le 60 ] || { tail -n 15 /var/log/docker.log >&2 2>/dev/null; exit 1; }
  sleep 1
done
rm -f $due/options $due/certificates
`;
