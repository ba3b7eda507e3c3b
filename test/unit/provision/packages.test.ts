/** What package managers are asked, and what is made of their answers (real texts, scripted here; the real programs: test/long). */
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/core/clock.ts';
import { dockerEngine } from '../../../src/provision/docker-engine.ts';
import type { EngineFacts } from '../../../src/provision/facts.ts';
import { familyOf } from '../../../src/provision/families.ts';
import type { Guest } from '../../../src/provision/guest.ts';
import { PACKAGES_SCRIPT } from '../../../src/provision/scripts/packages.ts';

type Answer = string | { exitCode: number; stdout: string };

/** A machine of this ID whose commands are answered by what their line begins with; others fail. */
function machine(id: string, tool: string, answers: Record<string, Answer | Answer[]>, engine: Partial<EngineFacts> = {}) {
  const asked: string[] = [];
  const told: string[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    async sleep(milliseconds) {
      now += milliseconds;
    },
  };
  const answerTo = (line: string): Answer | undefined => {
    const found = Object.keys(answers).find((start) => line.startsWith(start));
    const answer = found === undefined ? undefined : answers[found];
    return Array.isArray(answer) ? (answer.length > 1 ? answer.shift() : answer[0]) : answer;
  };
  const facts = {
    distribution: { id, like: [], version: '', title: id },
    arch: 'x86_64',
    kernel: '6',
    user: 'root',
    init: 'systemd',
  } as const;
  const guest = {
    root: {
      async run(words: readonly string[]) {
        const line = (words[2] === PACKAGES_SCRIPT ? words.slice(4) : words).join(' ');
        asked.push(line);
        const answer = answerTo(line);
        if (answer === undefined) return { exitCode: 1, stdout: '', stderr: '' };
        return typeof answer === 'string' ? { exitCode: 0, stdout: answer, stderr: '' } : { ...answer, stderr: '' };
      },
    },
    facts: { ...facts, privilege: 'root', libc: 'glibc' },
    family: familyOf(facts.distribution),
    engine: {
      program: undefined,
      version: '',
      tools: [tool],
      fileSystem: 'ext2/ext3',
      daemonJson: undefined,
      dropIns: [],
      initScript: undefined,
      optionsFile: '',
      ...engine,
    },
    log: { info: (line: string) => told.push(line), warn: () => {}, debug: () => {} },
    clock,
    signal: new AbortController().signal,
  } satisfies Guest;
  return { guest, asked, told, seconds: () => now / 1000 };
}

const NEWEST = { version: '', installUrl: 'https://get.docker.com' };
const APT =
  'env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold';
const MADISON = ` docker-ce | 5:27.3.10-1~debian | https://download.docker.com/linux/debian bookworm/stable amd64 Packages
 docker-ce | 5:27.3.1-1~debian.12~bookworm | https://download.docker.com/linux/debian bookworm/stable amd64 Packages
 docker-ce | 5:26.1.4-1~debian.12~bookworm | https://download.docker.com/linux/debian bookworm/stable amd64 Packages
`;

describe('installing', () => {
  it.each([
    [
      'debian',
      'apt-get',
      ['apt-cache show --no-all-versions docker.io', 'apt-cache show --no-all-versions iptables'],
      `${APT} --allow-downgrades install docker.io iptables`,
    ],
    [
      'ubuntu',
      'apt-get',
      ['apt-cache show --no-all-versions docker-ce'],
      `${APT} --allow-downgrades install docker-ce docker-ce-cli containerd.io`,
    ],
    [
      'rocky',
      'dnf',
      ['dnf -q --setopt=exit_on_lock=1 list docker-ce'],
      'dnf -y --setopt=exit_on_lock=1 install docker-ce docker-ce-cli containerd.io',
    ],
    ['fedora', 'dnf', ['dnf -q --setopt=exit_on_lock=1 list moby-engine'], 'dnf -y --setopt=exit_on_lock=1 install moby-engine'],
    ['amzn', 'yum', ['yum -q --setopt=exit_on_lock=1 list docker'], 'yum -y --setopt=exit_on_lock=1 install docker'],
    ['sles', 'zypper', ['zypper -n --no-refresh search --match-exact -t package docker'], 'zypper -n install docker'],
    ['arch', 'pacman', ['pacman -Si docker'], 'pacman -S --noconfirm --noprogressbar --needed docker'],
    ['alpine', 'apk', ['apk search -x docker'], 'apk add docker'],
  ])('asks %s for what it has', async (id, tool, has, install) => {
    const answers = Object.fromEntries(has.map((line) => [line, 'a package']));
    const refresh = {
      'apt-get -q update': '',
      'dnf -q -y': '',
      'yum -q -y': '',
      'zypper -n refresh': '',
      'pacman -Sy': '',
      'apk update': '',
    };
    const { guest, asked } = machine(id, tool, { ...answers, ...refresh, [install]: '' });
    // amzn knows docker-ce by a name that begins like docker's
    if (id === 'amzn') guest.family = { ...guest.family, engines: guest.family.engines.slice(1) };
    expect(await dockerEngine.install(guest, NEWEST)).toBe(true);
    expect(asked.at(-1)).toBe(install);
  });

  it('goes on where one of several repositories is broken', async () => {
    const skipped = 'Some of the repositories have not been refreshed because of an error.';
    const answers = {
      'zypper -n refresh': { exitCode: 4, stdout: `Skipping repository 'gone' because of the above error.\n${skipped}` },
      'zypper -n --no-refresh search': { exitCode: 106, stdout: 'docker' },
      'zypper -n install docker': { exitCode: 106, stdout: `${skipped}\n(1/1) Installing: docker-20.10.24-1.x86_64 [done]` },
    };
    expect(await dockerEngine.install(machine('sles', 'zypper', answers).guest, NEWEST)).toBe(true);
    const failed = { ...answers, 'zypper -n install docker': { exitCode: 4, stdout: `${skipped}\nnothing provides 'runc'` } };
    await expect(dockerEngine.install(machine('sles', 'zypper', failed).guest, NEWEST)).rejects.toThrow('Error running "zypper -n install');
    const none = { ...answers, 'zypper -n refresh': { exitCode: 4, stdout: 'Could not refresh the repositories because of errors.' } };
    await expect(dockerEngine.install(machine('sles', 'zypper', none).guest, NEWEST)).rejects.toThrow('Error running "zypper -n refresh');
  });

  it('leaves an engine alone that is there', async () => {
    const { guest, asked } = machine(
      'debian',
      'apt-get',
      { 'dpkg-query': 'installed 20.10.24+dfsg1-1\n' },
      { program: '/usr/sbin/dockerd', version: '20.10.24+dfsg1' },
    );
    expect(await dockerEngine.install(guest, NEWEST)).toBe(false);
    expect(await dockerEngine.install(guest, { ...NEWEST, version: '20.10' })).toBe(false);
    expect(asked.filter((line) => line.includes('install '))).toEqual([]);
  });

  it('finishes one that was cut off', async () => {
    const install = `${APT} --allow-downgrades install docker.io`;
    const interrupted = {
      exitCode: 100,
      stdout: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.",
    };
    const { guest, asked } = machine(
      'debian',
      'apt-get',
      {
        'dpkg-query -W -f ${db:Status-Status} ${Version}\\n docker.io': 'unpacked 20.10\n',
        'apt-get -q update': '',
        [install]: [interrupted, ''],
        'env DEBIAN': '',
      },
      { program: '/usr/sbin/dockerd', version: '20.10' },
    );
    expect(await dockerEngine.install(guest, NEWEST)).toBe(true);
    expect(asked.slice(-3)).toEqual([install, 'env DEBIAN_FRONTEND=noninteractive dpkg --configure -a', install]);
  });

  it('takes the version that was asked for, of every package that has it', async () => {
    const answers = {
      'apt-get -q update': '',
      'apt-cache show --no-all-versions docker-ce': 'Package: docker-ce',
      'apt-cache madison': MADISON,
      env: '',
    };
    const { guest, asked } = machine('debian', 'apt-get', answers);
    await dockerEngine.install(guest, { ...NEWEST, version: '27.3.1' });
    expect(asked.at(-1)).toBe(
      `${APT} --allow-downgrades install docker-ce=5:27.3.1-1~debian.12~bookworm docker-ce-cli=5:27.3.1-1~debian.12~bookworm containerd.io`,
    );
    await expect(dockerEngine.install(guest, { ...NEWEST, version: '19.03' })).rejects.toMatchObject({
      code: 'PACKAGES',
      message: 'there is no version 19.03 of docker-ce',
      hint: 'there are: 5:27.3.10-1~debian, 5:27.3.1-1~debian.12~bookworm, 5:26.1.4-1~debian.12~bookworm',
    });
  });

  it('tells a distribution that knows no versions, and one that has no package', async () => {
    const arch = machine('arch', 'pacman', { 'pacman -Sy': '', 'pacman -Si': 'docker' });
    await expect(dockerEngine.install(arch.guest, { ...NEWEST, version: '27' })).rejects.toThrow('pacman installs the newest version only');
    const alpine = machine('alpine', 'apk', { 'apk update': '', 'apk search': '' });
    await expect(dockerEngine.install(alpine.guest, NEWEST)).rejects.toThrow('alpine has no package of an engine: looked for docker');
    const bare = machine('fedora', 'apt-get', {});
    await expect(dockerEngine.install(bare.guest, NEWEST)).rejects.toThrow('expected dnf or yum on fedora');
  });

  it("adds Docker's own repository where the distribution has no engine", async () => {
    const list = 'dnf -q --setopt=exit_on_lock=1 list docker-ce';
    const { guest, asked } = machine('rocky', 'dnf', {
      'dnf -q -y': '',
      [list]: [{ exitCode: 1, stdout: '' }, 'docker-ce'],
      'sh -c': '',
      'dnf -y': '',
    });
    await dockerEngine.install(guest, NEWEST);
    expect(asked.filter((line) => line.includes('/etc/yum.repos.d/docker-ce.repo'))).toHaveLength(1);
    expect(asked.at(-1)).toContain('install docker-ce docker-ce-cli containerd.io');
  });
});

describe('a held lock', () => {
  const held = { exitCode: 100, stdout: 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4242 (apt-get)' };

  it('is waited for, and told once', async () => {
    const { guest, told, seconds } = machine('debian', 'apt-get', {
      'apt-get -q update': [held, held, held, ''],
      'apt-cache show --no-all-versions docker.io': 'x',
      env: '',
    });
    await dockerEngine.install(guest, NEWEST);
    expect(told).toEqual(['Installing Docker...', 'Waiting for another package manager on the machine...']);
    expect(seconds()).toBe(9);
  });

  it('is not waited for for ever', async () => {
    const { guest, seconds } = machine('debian', 'apt-get', { 'apt-get -q update': held });
    await expect(dockerEngine.install(guest, NEWEST)).rejects.toMatchObject({
      code: 'PACKAGES',
      message: expect.stringMatching(/^Failed to obtain lock: .*4242/),
    });
    expect(seconds()).toBeGreaterThan(590);
  });
});

describe('upgrading', () => {
  it('says whether the package changed', async () => {
    const version = (text: string) => `installed ${text}\n`;
    const ask = (versions: string[]) =>
      machine('debian', 'apt-get', {
        'dpkg-query -W -f ${db:Status-Status} ${Version}\\n docker.io': versions.map(version),
        'apt-get -q update': '',
        env: '',
      });
    expect(await dockerEngine.upgrade(ask(['1', '1', '2']).guest, NEWEST)).toBe(true);
    const same = ask(['1']);
    expect(await dockerEngine.upgrade(same.guest, NEWEST)).toBe(false);
    expect(same.asked).toContain(`${APT} --only-upgrade install docker.io`);
  });

  it('fetches the script again that installed the engine', async () => {
    const { guest, asked } = machine('debian', 'apt-get', { 'sh -c': '' });
    expect(await dockerEngine.upgrade(guest, { version: '27', installUrl: 'https://example.com/a b.sh' })).toBe(true);
    expect(asked.at(-1)).toMatch(/ sh https:\/\/example.com\/a b.sh 27$/);
  });

  it('refuses an engine from elsewhere', async () => {
    await expect(dockerEngine.upgrade(machine('debian', 'apt-get', {}).guest, NEWEST)).rejects.toThrow(
      'not installed from packages known here',
    );
  });
});
