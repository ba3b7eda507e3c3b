/** What the supervisor does for the engine of a guest that is up: its socket on this computer, and its containers' ports. */
import { messageOf } from '../core/errors.ts';
import { followPublishedPorts } from '../forward/index.ts';
import type { Platform } from '../host/platform.ts';
import type { EngineCredentials, GuestEngine, LocalPorts } from '../host/virtual-machine.ts';
import { dialEngine } from './engine-connection.ts';
import { EngineSocket } from './engine-socket.ts';
import { PortForwards } from './port-forwards.ts';
import type { RunningVm } from './running-vm.ts';

export interface EngineSideOptions {
  readonly vm: RunningVm;
  readonly engine: GuestEngine;
  readonly credentials: EngineCredentials;
  /** The machine's folder as its callers name it. */
  readonly dir: string;
  readonly platform: Platform;
  /** A line for the supervisor's log. */
  readonly tell: (line: string) => void;
}

export class EngineSide {
  private readonly options: EngineSideOptions;
  private readonly forwards: PortForwards | undefined;
  private socket: EngineSocket | undefined;
  private following: AbortController | undefined;
  private trouble: string | undefined = 'the engine has not been reached yet';

  private constructor(options: EngineSideOptions) {
    this.options = options;
    const { vm, engine, tell } = options;
    const monitor = async (command: string) =>
      String(await vm.connections.qmp.execute('human-monitor-command', { 'command-line': command }));
    this.forwards = engine.forwarding && new PortForwards(engine.forwarding, monitor, tell);
  }

  /** Begins with the guest's first boot that is ready, and anew with each. */
  static async begin(options: EngineSideOptions): Promise<EngineSide> {
    const side = new EngineSide(options);
    const { dir, platform } = options;
    side.socket = await EngineSocket.listen(dir, platform, () => side.dial());
    options.vm.onBoot = (ready) => side.guestIs(ready);
    return side;
  }

  async list(): Promise<LocalPorts> {
    const trouble = this.trouble === undefined ? {} : { trouble: this.trouble };
    return { socket: this.socket?.path ?? '', ports: (await this.forwards?.list()) ?? [], ...trouble };
  }

  close(): void {
    this.following?.abort();
    this.forwards?.close();
    this.socket?.close();
  }

  private dial() {
    const { engine, credentials } = this.options;
    return dialEngine(engine.port, credentials);
  }

  private guestIs(ready: boolean): void {
    this.following?.abort();
    this.following = undefined;
    const { forwards } = this;
    if (!ready) forwards?.want([]); // its containers went with it
    if (!ready || forwards === undefined) return;
    this.following = new AbortController();
    void followPublishedPorts({
      dial: () => this.dial(),
      onPorts: (ports) => forwards.want(ports),
      onTrouble: (error) => {
        this.trouble = error === undefined ? undefined : `the engine does not answer: ${messageOf(error)}`;
      },
      signal: this.following.signal,
    });
  }
}
