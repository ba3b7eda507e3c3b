/**
 * The default bridge with real containers' namespaces, in a network namespace of its own (started by `unshare --net`).
 * Prints one JSON object of what it saw.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Endpoint } from '../../../src/engine/contracts.ts';
import { Bridge } from '../../../src/engine/networks/bridge.ts';

const [runFolder = ''] = process.argv.slice(2);
const options = {
  bridge: 'tsm0',
  bip: '172.17.0.1/16',
  mtu: 1400,
  masquerade: true,
  icc: true,
  forward: true,
  id: 'f'.repeat(64),
  spare: 2,
};
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });

/** What a server in a container's namespace says to one who connects; the server goes when this program does. */
const SERVER = `
  const { createServer } = require('node:net');
  const greet = (socket) => socket.on('error', () => {}).end('hello ' + socket.remoteAddress); // a flush may reset what is closing
  createServer(greet).listen(80, '0.0.0.0', () => console.log('ready'));
  require('node:dgram').createSocket('udp4').on('message', function (data, from) { this.send('udp ' + data, from.port, from.address); }).bind(53);
`;

async function serve({ netns }: Endpoint): Promise<() => void> {
  const child = spawn('nsenter', [`--net=${netns}`, process.execPath, '-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return () => void child.kill();
}

function say(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ host, port, timeout: 3000 });
    socket.on('data', (data) => {
      heard += String(data);
    });
    socket.once('timeout', () => socket.destroy(new Error('timeout')));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('end', () => resolve(heard));
  });
}

function sayUdp(port: number): Promise<string> {
  const socket = createSocket('udp4');
  socket.send('x', port, '127.0.0.1');
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('nothing'), 3000);
    socket.once('message', (data) => {
      clearTimeout(timer);
      socket.close();
      resolve(String(data));
    });
  });
}

const CLIENT = `
  const socket = require('node:net').connect({ host: process.argv[1], port: Number(process.argv[2]), timeout: Number(process.argv[3]) });
  socket.on('data', (data) => console.log(String(data)));
  socket.on('timeout', () => { console.log('timeout'); process.exit(); });
  socket.on('error', (error) => console.log(error.code));
`;
/** `patience` in milliseconds: short only where nothing may answer. */
const sayFrom = ({ netns }: Endpoint, host: string, port: number, patience = 8000): string =>
  run('nsenter', `--net=${netns}`, process.execPath, '-e', CLIENT, host, String(port), String(patience)).trim();

const ports = [
  { containerPort: '80/tcp', hostIp: '', hostPort: 8080 },
  { containerPort: '80/tcp', hostIp: '127.0.0.1', hostPort: 0 },
  { containerPort: '53/udp', hostIp: '0.0.0.0', hostPort: 5353 },
];

run('ip', 'link', 'set', 'lo', 'up');
const seen: Record<string, unknown> = {};
const bridge = await Bridge.open({ ...options, runFolder });
await bridge.restore([]);
seen.bridge = run('ip', '-o', 'addr', 'show', 'tsm0').includes('172.17.0.1/16 brd 172.17.255.255');
const web = await bridge.connect({ id: 'web', name: 'web', ports });
const other = await bridge.connect({ id: 'other', name: 'other', ports: [] });
seen.addresses = [web.ipAddress, other.ipAddress];
seen.ports = web.ports;
seen.inside = run('nsenter', `--net=${web.netns}`, 'ip', '-o', 'addr')
  .split('\n')
  .flatMap((line) => /(lo|eth0)\s+(inet6? \S+)/.exec(line)?.slice(1).join(' ') ?? []);
seen.link = /mtu \d+/.exec(run('nsenter', `--net=${web.netns}`, 'ip', 'link', 'show', 'eth0'))?.[0];
seen.route = run('nsenter', `--net=${web.netns}`, 'ip', 'route').split('\n')[0]?.trim();
const stop = await serve(web);
seen.localhost = await say('127.0.0.1', 8080);
seen.second = await say('127.0.0.1', web.ports.find(({ hostIp }) => hostIp === '127.0.0.1')?.hostPort ?? 0);
seen.udp = await sayUdp(5353);
seen.ipv6 = await say('::1', 8080);
seen.fromOther = sayFrom(other, '172.17.0.1', 8080);
seen.direct = sayFrom(other, '172.17.0.2', 80);
seen.fromItself = sayFrom(web, '172.17.0.1', 8080);
seen.loopbackOnly = sayFrom(other, '172.17.0.1', web.ports.find(({ hostIp }) => hostIp === '127.0.0.1')?.hostPort ?? 0);
const secret = createServer((socket) => socket.end('secret')).listen(7777, '127.0.0.1');
run('nsenter', `--net=${other.netns}`, 'ip', 'route', 'add', 'local', '127.0.0.2/32', 'dev', 'lo');
run('nsenter', `--net=${other.netns}`, 'ip', 'route', 'del', 'local', '127.0.0.0/8', 'dev', 'lo', 'table', 'local');
run('nsenter', `--net=${other.netns}`, 'ip', 'route', 'del', 'local', '127.0.0.1', 'dev', 'lo', 'table', 'local');
run('nsenter', `--net=${other.netns}`, 'ip', 'route', 'add', '127.0.0.1/32', 'via', '172.17.0.1');
seen.hostLoopback = sayFrom(other, '127.0.0.1', 7777, 2000);
secret.close();
seen.taken = await bridge
  .connect({ id: 'third', name: 'third', ports: [{ containerPort: '1/tcp', hostIp: '', hostPort: 8080 }] })
  .catch(text);
const foreign = createServer().listen(9090, '127.0.0.1');
await new Promise((resolve) => foreign.once('listening', resolve));
seen.foreign = await bridge
  .connect({ id: 'third', name: 'third', ports: [{ containerPort: '1/tcp', hostIp: '127.0.0.1', hostPort: 9090 }] })
  .catch(text);
foreign.close();
// a new engine takes over: the first container stays reachable, what the other had is cleared away
bridge.close();
const again = await Bridge.open({ ...options, runFolder });
await again.restore([{ containerId: 'web', name: 'web', endpoint: web }]);
seen.afterRestart = await say('127.0.0.1', 8080);
// somebody flushes all rules; then a policy drops what is forwarded, as ufw's and what Docker's engine leaves behind
run('nft', 'flush', 'ruleset');
const extra = await again.connect({ id: 'extra', name: 'extra', ports: [{ containerPort: '80/tcp', hostIp: '', hostPort: 8081 }] });
seen.afterFlush = await say('127.0.0.1', 8080);
run('nft', 'flush', 'ruleset');
await again.refresh();
seen.afterRefresh = await say('127.0.0.1', 8080);
const outside = { ...extra, netns: `${runFolder}/outside` };
writeFileSync(outside.netns, '');
run('unshare', `--net=${outside.netns}`, 'true');
run('ip', 'link', 'add', 'way0', 'type', 'veth', 'peer', 'name', 'way1', 'netns', outside.netns);
run('ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'way0');
run('ip', 'link', 'set', 'way0', 'up');
run('nsenter', `--net=${outside.netns}`, 'ip', 'addr', 'add', '10.9.0.2/24', 'dev', 'way1');
run('nsenter', `--net=${outside.netns}`, 'ip', 'link', 'set', 'way1', 'up');
const stopOutside = await serve(outside);
run('iptables', '-P', 'FORWARD', 'DROP');
seen.dropped = sayFrom(extra, '10.9.0.2', 80, 2000);
await again.refresh();
await again.refresh();
seen.outward = sayFrom(extra, '10.9.0.2', 80);
seen.inward = sayFrom(outside, '10.9.0.1', 8080);
seen.admitted = run('iptables', '-S', 'FORWARD').split('\n').length;
run('iptables', '-P', 'FORWARD', 'ACCEPT');
run('iptables', '-F', 'FORWARD');
stopOutside();
await again.disconnect('extra');
seen.freed = (await again.connect({ id: 'next', name: 'next', ports: [] })).ipAddress;
stop();
await again.disconnect('web');
await again.disconnect('web');
seen.afterDisconnect = await say('127.0.0.1', 8080);
seen.again = (await again.connect({ id: 'web2', name: 'web2', ports })).ipAddress;
await again.disconnect('web2');
await again.disconnect('next');
again.close();
seen.rules = run('nft', 'list', 'ruleset').includes('elements');
process.stdout.write(JSON.stringify(seen));
process.exit(0);
