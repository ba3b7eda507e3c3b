/** The three networks every engine has, and what containers see of them. */

import type { Target } from '../target.ts';
import type { Scenario } from './index.ts';

async function nameNetworks(t: Target): Promise<void> {
  const list = JSON.parse((await t.quiet({ path: '/networks' })).body.toString()) as { Id: string; Name: string }[];
  for (const { Id, Name } of list) t.names.add(Id, `network ${Name}`);
}

/** What a container sees, as text. */
async function seen(t: Target, name: string, host: object, script: string): Promise<void> {
  const id = await t.ran('net', {
    Image: 'busybox',
    Cmd: ['sh', '-c', script],
    Hostname: 'NetworkMode' in host ? '' : 'box',
    HostConfig: host,
  });
  await t.call(name, { path: '/containers/net/logs?stdout=1&stderr=1' });
  await t.remove(id);
}

export const networkScenarios: Record<string, Scenario> = {
  networks: async (t) => {
    await nameNetworks(t);
    for (const name of ['bridge', 'host', 'none']) {
      await t.call(`inspect ${name}`, { path: `/networks/${name}` });
      await t.call(`list ${name}`, { path: `/networks?filters={"name":["^${name}$"]}` });
    }
    await t.call('inspect of nothing', { path: '/networks/nosuch' });
    await t.call('list by driver', { path: '/networks?filters={"driver":["host"]}' });
    await t.call('list by type', { path: '/networks?filters={"type":["custom"]}' });
    await t.call('list by an unknown filter', { path: '/networks?filters={"odd":["x"]}' });
    await t.call('remove bridge', { method: 'DELETE', path: '/networks/bridge' });
    await t.call('remove nothing', { method: 'DELETE', path: '/networks/nosuch' });
    const id = await t.running('member', { Image: 'busybox', Cmd: ['sleep', '1000'] });
    await t.call('inspect bridge with a member', { path: '/networks/bridge' });
    await t.remove(id);
  },

  inside: async (t) => {
    const addresses = "ip -o addr | sed 's/@if[0-9]*//; s/^[0-9]*: //'; ip route; cat /etc/resolv.conf /etc/hosts; hostname";
    await seen(t, 'bridge', {}, addresses);
    await seen(t, 'none', { NetworkMode: 'none' }, 'ip -o addr; ip route; cat /etc/hosts');
    await seen(t, 'limits', { Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }] }, 'ulimit -n; ulimit -Hn; ulimit -u >/dev/null');
    await seen(
      t,
      'mounts',
      {},
      // How masked paths are covered is the runtime's own affair: crun binds the host's /dev/null, runc the container's.
      "cut -d' ' -f2-4 /proc/mounts | grep -vE '^(/|/proc/|/sys/firmware)' | sort; cut -d' ' -f2-4 /proc/mounts | grep -E '^/(dev|etc|sys|proc) ' | sort; cut -d' ' -f2 /proc/mounts | grep -E '^/(proc|sys)' | sort",
    );
    await seen(
      t,
      'process',
      {},
      'grep -E "Cap|Seccomp:|NoNewPrivs|Groups" /proc/self/status; cat /proc/1/oom_score_adj; id; umask; env | sort; pwd; ps -o pid,comm',
    );
    await seen(t, 'devices', {}, 'ls -l /dev | grep -v "core ->" | sed "s/  *[A-Z][a-z][a-z]  *[0-9].*:[0-9]* / /"; ls /dev/pts');
    await seen(
      t,
      'masked',
      {},
      'cat /proc/kcore | wc -c; cat /proc/keys | wc -c; ls /proc/acpi /sys/firmware | wc -l; echo x > /proc/sys/kernel/hostname; touch /proc/sysrq-trigger',
    );
    await seen(
      t,
      'extra hosts and dns',
      { ExtraHosts: ['a:1.2.3.4'], Dns: ['9.9.9.9'], DnsSearch: ['example.org'], DnsOptions: ['ndots:2'] },
      'cat /etc/hosts /etc/resolv.conf',
    );
    await seen(t, 'read-only', { ReadonlyRootfs: true, Tmpfs: { '/t': 'size=1m' } }, 'touch /x; touch /t/x && echo made; df /t | tail -1');
    await seen(t, 'privileged', { Privileged: true }, 'grep -E "Cap|Seccomp:" /proc/self/status; mount -t tmpfs t /tmp && echo mounted');
    await seen(t, 'refused by seccomp', {}, 'unshare -U true; mount -t tmpfs t /tmp; chroot / true && echo chroot');
    await seen(
      t,
      'sysctl',
      { Sysctls: { 'net.ipv4.ip_forward': '0' } },
      'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_unprivileged_port_start; cat /proc/sys/net/ipv4/ping_group_range',
    );
    await seen(t, 'groups', { GroupAdd: ['extra', '77'] }, 'id');
    await seen(t, 'init', {}, 'cat /proc/1/cmdline | tr "\\0" " "');
  },

  ports: async (t) => {
    const id = await t.running('port', {
      Image: 'busybox',
      Cmd: ['sleep', '1000'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    });
    const taken = await t.create('taken', {
      Image: 'busybox',
      Cmd: ['true'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    });
    await t.call('taken by a container', { method: 'POST', path: '/containers/taken/start' });
    await t.call('state after that', { path: '/containers/json?all=1&filters={"name":["taken"]}' });
    await t.call('ports of the first', { path: '/containers/json?filters={"name":["port"]}' });
    await t.remove(id, taken);
  },
};
