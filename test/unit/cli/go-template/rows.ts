import { goInt, goPointer, goSlice, goStruct } from '../../../../src/cli/go-template/index.ts';

/** Rows of `ls` with the Go types docker-machine has for them; the vectors were made with the same structs in Go. */
export const ROWS: Readonly<Record<string, unknown>> = {
  row: row({
    Name: 'm1',
    Active: '*',
    ActiveHost: true,
    DriverName: 'qemu',
    State: goInt(1, 'state.State', { String: () => 'Running' }),
    URL: 'tcp://127.0.0.1:2376',
    SwarmOptions: goPointer('swarm.Options', {
      IsSwarm: false,
      Discovery: '',
      Heartbeat: goInt(5),
      ArbitraryFlags: goSlice('string', []),
    }),
    EngineOptions: goPointer('engine.Options', {
      Labels: goSlice('string', ['a=b', 'c=d']),
      StorageDriver: 'overlay2',
      TLSVerify: true,
    }),
    DockerVersion: 'v28.5.1',
    ResponseTime: goInt(3_000_000, 'time.Duration', { String: () => '3ms' }),
  }),
  timeout: row({ Name: 'hang', DriverName: 'none', State: goInt(8, 'state.State', { String: () => 'Timeout' }) }),
};

function row(fields: Record<string, unknown>): unknown {
  return goStruct('commands.HostListItem', {
    Name: '',
    Active: '',
    ActiveHost: false,
    ActiveSwarm: false,
    DriverName: '',
    State: goInt(0, 'state.State', { String: () => '' }),
    URL: '',
    SwarmOptions: goPointer('swarm.Options', null),
    Swarm: '',
    EngineOptions: goPointer('engine.Options', null),
    Error: '',
    DockerVersion: '',
    ResponseTime: goInt(0, 'time.Duration', { String: () => '0s' }),
    ...fields,
  });
}
