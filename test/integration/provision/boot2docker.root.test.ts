/** boot2docker, as drivers of virtual machines boot it: here a server with its files, its service script and Docker's own engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootServer, type Server } from '../../support/server.ts';
import { ServerStore } from '../../support/server-store.ts';

/** What boot2docker's own does of it. */
const SERVICE = String.raw`#!/bin/sh
home=/var/lib/boot2docker
pid_file=/var/run/docker.pid
running() { [ -s $pid_file ] && kill -0 "$(cat $pid_file)" 2>/dev/null; }
start() {
  [ ! -f $home/profile ] || . $home/profile
  : "$DOCKER_STORAGE" "$DOCKER_HOST"
  echo started >>/var/log/starts
  dockerd -p $pid_file $DOCKER_HOST -H unix:///var/run/docker.sock --storage-driver "$DOCKER_STORAGE" --tlsverify \
    --tlscacert "$CACERT" --tlscert "$SERVERCERT" --tlskey "$SERVERKEY" $EXTRA_ARGS >>/var/log/docker.log 2>&1 &
}
stop() {
  running || return 0
  pid=$(cat $pid_file)
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}
case $1 in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  status) running ;;
esac
`;
const RELEASE = 'NAME=Boot2Docker\nVERSION=19.03.12\nID=boot2docker\nID_LIKE=tcl\nVERSION_ID=19.03.12\n';

let server: Server;
const store = new ServerStore();
const starts = async () => Number(await server.must('wc -l </var/log/starts'));

beforeAll(async () => {
  server = await bootServer();
  const install = 'apt-get -q update && apt-get -q -y -o Dpkg::Options::=--force-confold install docker.io iptables';
  await server.must(`export DEBIAN_FRONTEND=noninteractive; ${install}`);
  await server.must('service docker stop; pkill -x dockerd; rm -f /etc/os-release /var/run/docker.pid; mkdir -p /var/lib/boot2docker');
  await server.must('cat >/etc/os-release', { input: RELEASE });
  await server.must('cat >/etc/init.d/docker && chmod 755 /etc/init.d/docker', { input: SERVICE });
  await server.must('printf "#!/bin/sh\\nhostname \\"\\$1\\"\\n" >/usr/bin/sethostname && chmod 755 /usr/bin/sethostname');
});
afterAll(() => server?.dispose());

describe('a boot2docker guest', () => {
  it('gets certificates and engine options where they outlive a boot', async () => {
    const said = await store.must(...store.createWords(server, 'b2d', 'deploy', '--engine-label', 'a=b'));
    expect(said).toContain('Provisioning with boot2docker...');
    expect(said).toContain('Docker is up and running!');
    expect(await server.must('hostname; cat /var/lib/boot2docker/etc/hostname')).toBe('b2d\nb2d');
    expect(await server.must('stat -c "%a %n" /var/lib/boot2docker/*.pem /var/lib/boot2docker/profile')).toBe(
      ['644 ca.pem', '600 server-key.pem', '644 server.pem', '644 profile']
        .map((line) => line.replace(' ', ' /var/lib/boot2docker/'))
        .join('\n'),
    );
    expect(await server.must("docker info --format '{{range .Labels}}{{println .}}{{end}}{{.Driver}}' | sort")).toBe(
      'a=b\noverlay2\nprovider=generic',
    );
    expect(await store.must('ls', '-f', '{{.State}} {{.DockerVersion}} {{.Error}}')).toMatch(/^Running v\d+\.\d+\S* \n$/);
  });

  it('is left alone when nothing changed, and takes new certificates', async () => {
    const before = await starts();
    await store.must('provision', 'b2d');
    expect(await starts()).toBe(before);
    await store.must('regenerate-certs', '-f', 'b2d');
    expect(await starts()).toBe(before + 1);
    expect(await store.must('ls', '-f', '{{.DockerVersion}} {{.Error}}')).toMatch(/^v\d+\.\d+\S* \n$/);
  });

  it('keeps its engine', async () => {
    const upgrade = await store.run(['upgrade', 'b2d']);
    expect([upgrade.code, upgrade.stderr]).toEqual([1, expect.stringContaining('a newer one comes with a newer ISO')]);
    const other = await store.run(['provision', '--engine', 'ts', 'b2d']);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('the engine is part of boot2docker')]);
    const older = await store.run(store.createWords(server, 'older', 'deploy', '--engine-version', '1.2.3'));
    expect([older.code, older.stderr]).toEqual([1, expect.stringContaining('version 1.2.3 was asked for')]);
    expect(await starts()).toBe(2);
  });
});
