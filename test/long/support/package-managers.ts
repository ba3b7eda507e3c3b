/** Other families' package managers in a Debian guest that says it is one of them: their repositories are local. */
import { dockerLife } from './docker-life.ts';

const osRelease = (lines: string) => `rm -f /etc/os-release && printf '${lines}' >/etc/os-release`;
/** One of several repositories that answers no more is no reason to give up. */
const BROKEN = "printf '[gone]\\nname=gone\\nbaseurl=dir:///nowhere\\nenabled=1\\nautorefresh=1\\n' >/etc/zypp/repos.d/gone.repo";
const LIVES = {
  dnf: { provisioner: 'fedora', disguise: osRelease('NAME="Fedora Linux"\\nID=fedora\\nVERSION_ID=40\\n') },
  zypper: {
    provisioner: 'SUSE',
    disguise: `${osRelease('NAME="openSUSE Leap"\\nID="opensuse-leap"\\nID_LIKE="suse opensuse"\\nVERSION_ID="15.6"\\n')} && ${BROKEN}`,
  },
  pacman: { provisioner: 'arch', disguise: osRelease('NAME="Arch Linux"\\nID=arch\\n') },
} as const;

export function packageManagerLife(name: keyof typeof LIVES): void {
  dockerLife({ guest: 'debian-12-packagers', user: 'deploy', publish: '/srv/repositories/publish', ...LIVES[name] });
}
