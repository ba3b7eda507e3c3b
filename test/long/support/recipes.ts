/** What the guests of the long suite are made of: Debian's packages, by mmdebstrap. */

export interface Recipe {
  readonly suite: 'bookworm' | 'trixie';
  readonly packages: readonly string[];
  /** Value of QEMU's -cpu. */
  readonly cpu: string;
  /** Says that booting is over: exits 0 when nothing more will be started. */
  readonly booted: string;
  /** Customize hooks of mmdebstrap, files beside this one. */
  readonly hooks: readonly string[];
}

const SERVER = ['udev', 'openssh-server', 'sudo', 'linux-image-cloud-amd64', 'initramfs-tools', 'iproute2', 'ifupdown', 'ca-certificates'];
const SYSTEMD = {
  packages: [...SERVER, 'systemd-sysv', 'dbus'],
  booted: 'systemctl is-system-running --wait || true',
  hooks: ['prepare-guest.sh'],
};
/** PID 1 is sysvinit; OpenRC runs the runlevels. */
const OPENRC = {
  packages: [...SERVER, 'sysvinit-core', 'openrc'],
  booted: 'until rc-status default | grep -q started; do sleep 1; done',
  hooks: ['prepare-guest.sh'],
};
const PACKAGERS = ['dnf', 'zypper', 'pacman-package-manager', 'makepkg', 'rpm', 'createrepo-c', 'libarchive-tools', 'zstd'];
/** What Docker's programs link and call: their packages of other families know no package of Debian. */
const DOCKER_NEEDS = ['libdevmapper1.02.1', 'libseccomp2', 'libsystemd0', 'iptables', 'apparmor'];

export const RECIPES = {
  'debian-12': { suite: 'bookworm', cpu: 'max', ...SYSTEMD },
  // Linux 6.12 double-faults now and then under TCG after cmpxchg16b.
  'debian-13': { suite: 'trixie', cpu: 'max,cx16=off', ...SYSTEMD },
  'debian-12-openrc': { suite: 'bookworm', cpu: 'max', ...OPENRC },
  /** With the package managers of other families, and local repositories for them. */
  'debian-12-packagers': {
    suite: 'bookworm',
    cpu: 'max',
    ...SYSTEMD,
    packages: [...SYSTEMD.packages, ...PACKAGERS, ...DOCKER_NEEDS],
    hooks: ['package-repositories.sh', 'prepare-guest.sh'],
  },
} as const satisfies Record<string, Recipe>;

export type GuestName = keyof typeof RECIPES;
