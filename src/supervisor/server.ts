import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { isMachineError, MachineError, messageOf } from '../core/errors.ts';
import type { LocalPorts } from '../host/virtual-machine.ts';
import { onLines } from './lines.ts';
import { type Answer, type Call, type Failure, type Request, UNKNOWN_CALL } from './protocol.ts';
import type { RunningVm } from './running-vm.ts';

/** What calls are answered from. */
export interface Served {
  readonly vm: RunningVm;
  localPorts(): Promise<LocalPorts>;
  /** Ends this process once the answer is on its way; the VM goes on. */
  leave(): void;
}

type Method = (served: Served, tell: (answer: Answer) => void) => Promise<string | null>;

const nothing = async (done: Promise<unknown>): Promise<null> => {
  await done;
  return null;
};

const METHODS: Record<Call, Method> = {
  awaitSign: ({ vm }) => nothing(vm.awaitSign()),
  awaitReady: ({ vm }, tell) => nothing(vm.awaitReady((name, seconds) => tell({ phase: [name, seconds] }))),
  vmStatus: ({ vm }) => vm.status(),
  powerButton: ({ vm }) => nothing(vm.connections.qmp.execute('system_powerdown')),
  kill: ({ vm }) => nothing(vm.kill()),
  awaitExit: ({ vm }) => nothing(vm.ended),
  localPorts: async (served) => JSON.stringify(await served.localPorts()),
  leave: async (served) => {
    served.leave();
    return null;
  },
};

/** Answers on `address`, replacing a dead supervisor's socket: only the holder of the machine's lock calls this. */
export async function serve(served: Served, address: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // the asker went away
    onLines(socket, (line) => void answer(served, line, socket), 4096);
  });
  if (!address.startsWith('\\\\')) rmSync(address, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => resolve());
  });
  return server;
}

async function answer(served: Served, line: string, socket: Socket): Promise<void> {
  const tell = (message: Answer) => socket.write(`${JSON.stringify(message)}\n`);
  try {
    const { call } = JSON.parse(line) as Request;
    if (!Object.hasOwn(METHODS, call))
      throw new MachineError(UNKNOWN_CALL, `expected a call of this version, found ${JSON.stringify(call)}`);
    tell({ result: await METHODS[call](served, tell) });
  } catch (error) {
    tell({ error: failureOf(error) });
  }
  socket.end();
}

export function failureOf(error: unknown): Failure {
  return { code: isMachineError(error) ? error.code : 'SUPERVISOR', message: messageOf(error) };
}
