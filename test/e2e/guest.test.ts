/** The guest from inside: what a boot image must offer, and what it keeps. */
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestStore } from './store.ts';

const NAME = 'guest';
let store: TestStore;

beforeAll(async () => {
  store = new TestStore();
  await store.must('create', '--driver', 'qemu', '--qemu-disk-size', '30000', NAME);
});
afterAll(() => store?.close());

/** Runs a command line in the guest and gives what it prints. */
const inside = (command: string): Promise<string> => store.must('ssh', NAME, command);
/** The same, with its exit code and stderr. */
const attempt = (command: string) => store.cli('ssh', NAME, command);

async function until(what: string, check: () => Promise<boolean>, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

describe('a user inside', () => {
  it('finds the programs that primers use', async () => {
    const programs =
      'bash busybox tar mount sudo docker curl jq openssl ps pstree killall unshare nsenter lsns ip ss nft mkfs.ext4 crun node dockerd netstat vi less rsync shutdown';
    expect((await attempt(`for p in ${programs}; do command -v $p >/dev/null || echo "no $p"; done`)).stdout).toBe('');
    expect(await inside('tar --version | head -n 1; node --version')).toMatch(/^tar \(GNU tar\)[^\n]*\nv24\./);
  });

  it('is docker, may become root without a password, and has the prompt of the primers', async () => {
    expect(await inside('id -un; id -gn; sudo -n id -u; pwd')).toBe('docker\ndocker\n0\n/home/docker\n');
    expect(await inside(`bash -ic 'echo "\${PS1@P}"' 2>/dev/null`)).toBe(`docker@${NAME}:~$ \n`);
  });

  it('sees processes and namespaces as the primers show them', async () => {
    expect(await inside('ps -e -o pid,ppid,command')).toMatch(/^ *1 +0 init/m);
    expect(await inside('pstree -p')).toMatch(/^init\(1\)/);
    expect(await inside("sudo unshare --fork --pid --mount-proc bash -c 'ps -e -o pid='")).toMatch(/^ *1\n/);
    expect(await inside('ls -l /proc/$$/ns')).toContain('pid:[');
    expect(await inside('ip addr show docker0')).toContain('172.17.0.1/16');
    expect(await inside('ps -ef | grep dockerd')).toContain('/usr/bin/dockerd');
    expect(await inside('dockerd --help')).toMatch(/--tlsverify/);
  });

  it('meets docker’s own error outside the group', async () => {
    expect(await inside('stat -c "%a %U:%G" /var/run/docker.sock')).toBe('660 root:docker\n');
    const { code, stderr } = await attempt('sudo -u nobody docker ps');
    expect(code).not.toBe(0);
    expect(stderr).toContain('permission denied while trying to connect to the');
  });

  it('reaches nothing but ssh and the engine from outside', async () => {
    const ports = (await inside("netstat -tln | awk '/^tcp/ && $4 !~ /^127[.]/ {print $4}' | sed 's/.*://' | sort -un")).trim().split('\n');
    const engine = new URL(await store.must('url', NAME)).port;
    expect(ports.sort()).toEqual(['22', engine].sort());
    expect(await inside("netstat -uln | grep -c '^udp' || true")).toBe('0\n');
  });

  it('offers no password login', async () => {
    const port = JSON.parse(await store.must('inspect', NAME)).Driver.SSHPort;
    const options = [
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'PreferredAuthentications=password',
      '-o',
      'BatchMode=yes',
    ];
    let said = '';
    try {
      execFileSync('ssh', [...options, '-p', String(port), 'docker@127.0.0.1', 'true'], { stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      said = String((error as { stderr?: Buffer }).stderr);
    }
    expect(said).toMatch(/Permission denied \(publickey\)/);
  });
});

describe('docker-machine provisions it as boot2docker', () => {
  it('is told so by os-release, one = a line', async () => {
    const lines = (await inside('cat /etc/os-release')).trim().split('\n');
    expect(lines).toContain('ID=boot2docker');
    for (const line of lines) expect(line.split('=')).toHaveLength(2);
  });

  it('takes a host name, and the engine’s service script stops and starts it by its profile', async () => {
    await inside('sudo /usr/bin/sethostname renamed && echo "renamed" | sudo tee /var/lib/boot2docker/etc/hostname');
    expect(await inside('hostname; grep -c renamed /etc/hosts')).toBe('renamed\n1\n');
    await inside('sudo mkdir -p /var/lib/boot2docker');
    await inside('sudo /etc/init.d/docker stop');
    expect((await attempt('sudo /etc/init.d/docker status')).code).toBe(1);
    expect((await attempt('docker version')).code).not.toBe(0);
    const profile = (await inside('cat /var/lib/boot2docker/profile')).replace("EXTRA_ARGS='", "EXTRA_ARGS='\n--label changed=yes");
    await inside(`echo ${Buffer.from(profile).toString('base64')} | base64 -d | sudo tee /var/lib/boot2docker/profile`);
    await inside('if [ ! -z "$(ip link show docker0)" ]; then sudo ip link delete docker0; fi');
    await inside('sudo /etc/init.d/docker start');
    await until('the engine', async () => (await attempt('docker info')).code === 0);
    expect(await inside("docker info --format '{{.Labels}}'")).toContain('changed=yes');
  });
});

describe('certificates that come over ssh', () => {
  const apply = (generation: number, marker: string) =>
    inside(
      [
        'set -e; d=$(mktemp -d); mkdir $d/tls; sudo cp /var/lib/boot2docker/*.pem $d/tls/; sudo chown -R docker $d',
        `echo ${generation} >$d/tls/generation; echo '${marker}' >>$d/tls/ca.pem`,
        'tar -C $d -c tls | sudo /usr/lib/tsmachine/install-identity; tail -n 1 /var/lib/boot2docker/ca.pem',
      ].join('\n'),
    );

  it('replace those of a lower generation only, and the engine goes on with its process', async () => {
    const pid = await inside('cat /var/run/docker.pid');
    expect(await apply(1000, '# newer')).toBe('# newer\n');
    expect(await apply(999, '# older')).toBe('# newer\n');
    expect(await inside('cat /var/run/docker.pid')).toBe(pid);
    await until('the reload', async () => (await inside('cat /var/log/docker.log')).includes('Reloaded'));
    expect(await inside('stat -c %a /var/lib/boot2docker/server-key.pem')).toBe('600\n');
  });

  it('are refused as a whole when the tar is cut off', async () => {
    const { code, stderr } = await attempt('head -c 700 /dev/urandom | sudo /usr/lib/tsmachine/install-identity');
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be read')]);
    expect(await inside('tail -n 1 /var/lib/boot2docker/ca.pem')).toBe('# newer\n');
  });
});

describe('the system', () => {
  it('starts a crashed engine again', async () => {
    const pid = (await inside('cat /var/run/docker.pid')).trim();
    await inside(`sudo kill -9 ${pid}`);
    await until('another engine', async () => {
      const { stdout } = await attempt('docker version >/dev/null && cat /var/run/docker.pid');
      return stdout.trim() !== '' && stdout.trim() !== pid;
    });
  });

  it('reaps what loses its parent', async () => {
    await inside("sh -c 'for i in 1 2 3 4 5; do (sleep 0.2 &) ; done'; sleep 1");
    const orphans = "ps -e -o ppid=,stat=,comm= | awk '$1 == 1 && $2 ~ /^Z/'";
    await until('no dead child of init', async () => (await inside(orphans)) === '', 20);
  });

  it('corrects its clock', async () => {
    await inside('sudo date -s "2020-01-01 00:00:00"');
    await until('the right time', async () => Math.abs(Number(await inside('date +%s')) - Date.now() / 1000) < 5);
  });

  it('uses at most 160 MB when idle', async () => {
    const [total, available] = (await inside("awk '/^Mem(Total|Available)/ {print $2}' /proc/meminfo")).trim().split('\n').map(Number);
    expect(((total ?? 0) - (available ?? 0)) / 1024).toBeLessThan(160);
  });

  it('has grown its file system to the disk', async () => {
    const kilobytes = Number(await inside("df -k /var/lib/docker | awk 'NR > 1 {print $2}'"));
    expect(kilobytes / 1e6).toBeGreaterThan(28);
  });
});

describe('what lies on the data disk', () => {
  const hooks = 'echo booted >>/home/docker/bootsync',
    later = 'docker version >/home/docker/bootlocal 2>&1; echo $? >>/home/docker/bootlocal';
  let hostKey: string;

  beforeAll(async () => {
    hostKey = await inside('sudo sha256sum /var/lib/tsmachine/ssh/dropbear_ed25519_host_key');
    await inside(
      `echo '${hooks}' | sudo tee /var/lib/boot2docker/bootsync.sh; echo '${later}' | sudo tee /var/lib/boot2docker/bootlocal.sh`,
    );
    await inside('echo \'{"debug": true}\' | sudo tee /etc/docker/daemon.json; sudo touch /var/lib/docker/kept; echo mine >mine');
  });

  const survives = async (lastLine = '# newer') => {
    expect(await inside('cat mine; ls /var/lib/docker/kept; cat /etc/docker/daemon.json')).toBe(
      'mine\n/var/lib/docker/kept\n{"debug": true}\n',
    );
    expect(await inside('sudo sha256sum /var/lib/tsmachine/ssh/dropbear_ed25519_host_key')).toBe(hostKey);
    expect(await inside('tail -n 1 /var/lib/boot2docker/ca.pem; hostname')).toBe(`${lastLine}\nrenamed\n`);
  };

  it('survives the power button, which shuts down cleanly; the boot scripts run', async () => {
    await store.must('stop', NAME);
    await store.must('start', NAME);
    await survives();
    expect(await inside('cat bootsync')).toBe('booted\n');
    expect((await inside('sudo dmesg')).toLowerCase()).not.toContain('recovery complete');
    await until('bootlocal.sh', async () => (await attempt('tail -n 1 bootlocal')).stdout === '0\n');
  });

  it('survives losing power, also between taking certificates and installing them', async () => {
    await inside(
      [
        'set -e; p=/var/lib/tsmachine/pending; sudo mkdir -p $p/tls; sudo cp /var/lib/boot2docker/*.pem $p/tls/',
        "echo '# newest' | sudo tee -a $p/tls/ca.pem; echo 2000 | sudo tee $p/tls/generation; sync",
      ].join('\n'),
    );
    await store.must('kill', NAME);
    await store.must('start', NAME);
    await survives('# newest');
    expect(await inside('sudo ls /var/lib/tsmachine; sudo cat /var/lib/tsmachine/tls.generation')).toMatch(/^(?!.*pending).*\n2000\n$/s);
    expect(await inside('cat bootsync')).toBe('booted\nbooted\n');
  });

  it('still answers over ssh and TLS after that', async () => {
    const url = new URL(await store.must('url', NAME));
    await new Promise<void>((done, failed) => {
      const socket = connect(Number(url.port), url.hostname, () => {
        socket.destroy();
        done();
      });
      socket.once('error', failed);
    });
    expect((await store.on(NAME, 'version')).code).toBe(0);
  });
});

describe('an engine that cannot start', () => {
  it('is told of by `start`, with its own words, and can be mended over ssh', async () => {
    await inside("echo '{' | sudo tee /etc/docker/daemon.json");
    await store.must('stop', NAME);
    const { code, stderr } = await store.cli('start', NAME);
    expect(code).not.toBe(0);
    expect(stderr).toContain('daemon.json');
    await inside("echo '{}' | sudo tee /etc/docker/daemon.json");
    await until('the engine', async () => (await attempt('docker version')).code === 0);
  });
});
