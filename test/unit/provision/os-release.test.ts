import { describe, expect, it } from 'vitest';
import { familyOf, provisionerName } from '../../../src/provision/families.ts';
import { distributionOf, parseOsRelease } from '../../../src/provision/os-release.ts';

/** /etc/os-release as the distributions ship it (support and bug addresses left out of some). */
const FILES: Readonly<Record<string, string>> = {
  debian: `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
`,
  ubuntu: `PRETTY_NAME="Ubuntu 24.04.1 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
LOGO=ubuntu-logo
`,
  raspbian: `PRETTY_NAME="Raspbian GNU/Linux 12 (bookworm)"
NAME="Raspbian GNU/Linux"
VERSION_ID="12"
ID=raspbian
ID_LIKE=debian
`,
  rhel: `NAME="Red Hat Enterprise Linux"
VERSION="9.4 (Plow)"
ID="rhel"
ID_LIKE="fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"
CPE_NAME="cpe:/o:redhat:enterprise_linux:9::baseos"
REDHAT_BUGZILLA_PRODUCT="Red Hat Enterprise Linux 9"
`,
  centos: `NAME="CentOS Stream"
VERSION="9"
ID="centos"
ID_LIKE="rhel fedora"
VERSION_ID="9"
PRETTY_NAME="CentOS Stream 9"
`,
  rocky: `NAME="Rocky Linux"
VERSION="9.4 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
`,
  almalinux: `NAME="AlmaLinux"
VERSION="9.4 (Seafoam Ocelot)"
ID="almalinux"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
`,
  fedora: `NAME="Fedora Linux"
VERSION="41 (Server Edition)"
ID=fedora
VERSION_ID=41
PRETTY_NAME="Fedora Linux 41 (Server Edition)"
ANSI_COLOR="0;38;2;60;110;180"
`,
  'amzn 2023': `NAME="Amazon Linux"
VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PRETTY_NAME="Amazon Linux 2023.6.20241121"
`,
  'opensuse-leap': `NAME="openSUSE Leap"
VERSION="15.6"
ID="opensuse-leap"
ID_LIKE="suse opensuse"
VERSION_ID="15.6"
PRETTY_NAME="openSUSE Leap 15.6"
`,
  sles: `NAME="SLES"
VERSION="15-SP6"
VERSION_ID="15.6"
PRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"
ID="sles"
ID_LIKE="suse"
`,
  arch: `NAME="Arch Linux"
PRETTY_NAME="Arch Linux"
ID=arch
BUILD_ID=rolling
ANSI_COLOR="38;2;23;147;209"
`,
  manjaro: `NAME="Manjaro Linux"
ID=manjaro
ID_LIKE=arch
`,
  alpine: `NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.20.3
PRETTY_NAME="Alpine Linux v3.20"
`,
  flatcar: `NAME="Flatcar Container Linux by Kinvolk"
ID=flatcar
ID_LIKE=coreos
VERSION=3975.2.2
VERSION_ID=3975.2.2
PRETTY_NAME="Flatcar Container Linux by Kinvolk 3975.2.2 (Oklo)"
`,
};

const found = (name: string) => {
  const distribution = distributionOf(FILES[name] ?? '');
  return `${familyOf(distribution).manager} ${provisionerName(distribution)}`;
};

describe('detection', () => {
  it.each([
    ['debian', 'apt debian'],
    ['ubuntu', 'apt ubuntu(systemd)'],
    ['raspbian', 'apt raspbian'],
    ['rhel', 'dnf redhat'],
    ['centos', 'dnf centos'],
    ['rocky', 'dnf rocky'],
    ['almalinux', 'dnf almalinux'],
    ['fedora', 'dnf fedora'],
    ['amzn 2023', 'dnf amzn'],
    ['opensuse-leap', 'zypper SUSE'],
    ['sles', 'zypper SUSE'],
    ['arch', 'pacman arch'],
    ['manjaro', 'pacman manjaro'],
    ['alpine', 'apk alpine'],
    ['flatcar', 'none flatcar'],
  ])('knows %s', (name, expected) => expect(found(name)).toBe(expected));

  it('gives each of the Red Hat kin the packages that are made for it', () => {
    const repository = (name: string) => familyOf(distributionOf(FILES[name] ?? '')).repository?.lines.join('\n') ?? 'none';
    expect(repository('rhel')).toContain('/linux/rhel/');
    expect(repository('rocky')).toContain('/linux/centos/');
    expect(repository('fedora')).toBe('none');
    expect(repository('amzn 2023')).toBe('none');
  });

  it('tells what it found when it knows neither ID nor ID_LIKE', () => {
    const distribution = distributionOf('ID=plan9\nID_LIKE="unix v10"\nPRETTY_NAME=\'Plan 9\'\n');
    expect(() => familyOf(distribution)).toThrow('OS type not recognized');
    expect(() => familyOf(distribution)).toThrow(
      expect.objectContaining({
        code: 'OS_NOT_RECOGNIZED',
        hint: expect.stringContaining('found "Plan 9" (ID plan9, ID_LIKE unix v10); known: debian'),
      }),
    );
    expect(() => familyOf(distributionOf(''))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('no os-release with an ID') }),
    );
  });
});

describe('parseOsRelease', () => {
  it('reads quotes of both kinds and none, equal signs, comments and blank lines', () => {
    const text = [
      '# a comment = not a value',
      '',
      'A=plain',
      'B="in \\"double\\" \\$quotes\\\\"',
      "C='in single $quotes'",
      'D="https://bugs.example/?a=b&c=d"',
      'E=',
      'F=a\\ b',
      '  G = no',
      '1H=no',
    ].join('\r\n');
    expect([...parseOsRelease(text.replaceAll('\r', ''))]).toEqual([
      ['A', 'plain'],
      ['B', 'in "double" $quotes\\'],
      ['C', 'in single $quotes'],
      ['D', 'https://bugs.example/?a=b&c=d'],
      ['E', ''],
      ['F', 'a b'],
    ]);
    expect(parseOsRelease(text).get('A')).toBe('plain'); // line ends of Windows are no part of a value
  });
});
