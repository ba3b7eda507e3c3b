import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Starts OCI runtime processes that outlive the engine.
 *
 * One small resident shell forks a subshell per process (a fork of ~1 MB instead of a fork of Node and an exec of sh, 46 ms
 * in a VM without hardware virtualisation). The subshell runs crun in the foreground in the process's run directory:
 *
 * - `live`: a FIFO the subshell holds for writing as long as the process lives; its end of file is the exit, for the engine
 *   that started it and for any later one alike. One byte at the beginning says that all FIFOs are open.
 * - `in`, `out`, `err`: FIFOs of the process. It has `out` and `err` for reading too, so that it gets no SIGPIPE when the
 *   engine is gone; the subshell keeps a reader, so that what was written last waits for the next engine.
 * - `pid` is written by crun once the process runs; `exit` holds the exit code; `log` crun's own errors.
 * - `ack`: the subshell ends when the engine has written a line here, that is when all was read.
 */
const script = `
while read -r kind directory id stdin tty; do
  (
    cd "$directory" || exit
    exec 3<>live 7<>ack </dev/null >/dev/null 2>&1
    case $stdin in
      keep) exec 4<>in 0<in ;;
      once) exec 4<>in 0<in 4>&- ;;
    esac
    case $kind in
      run) set -- run --bundle . --pid-file pid ;;
      exec) set -- exec --process process.json --pid-file pid ;;
    esac
    if [ "$tty" = tty ]; then
      printf s >&3
      crun --root "$root" --log log --log-format json "$@" --console-socket console.sock "$id" 3>&- 4>&- 7>&-
    else
      exec 8<>out 5<out 8>&- 8<>err 6<err 8>&-
      printf s >&3
      crun --root "$root" --log log --log-format json "$@" "$id" 1<>out 2<>err 3>&- 4>&- 5>&- 6>&- 7>&-
    fi
    echo $? >exit
    exec 3>&- 4>&-
    read -r _ <&7
  ) &
done`;

export interface Launch {
  kind: 'run' | 'exec';
  /** Below the launcher's directory, without spaces. */
  directory: string;
  containerId: string;
  /** `keep`: stays open until the process ends; `once`: ends with the engine's own writer. */
  stdin: 'none' | 'once' | 'keep';
  tty: boolean;
}

export class Launcher {
  readonly #directory: string;
  readonly #stateRoot: string;
  #shell: ChildProcess | undefined;

  /** `directory`: parent of all run directories; `stateRoot`: crun's `--root`. */
  constructor(directory: string, stateRoot: string) {
    this.#directory = directory;
    this.#stateRoot = stateRoot;
  }

  /** Throws Error when the resident shell cannot be reached. */
  launch({ kind, directory, containerId, stdin, tty }: Launch): Promise<void> {
    const line = `${kind} ${directory} ${containerId} ${stdin} ${tty ? 'tty' : 'pipes'}\n`;
    return new Promise((done, failed) => {
      this.#running().stdin?.write(line, (error) => (error ? failed(error) : done()));
    });
  }

  /** Starts the resident shell ahead of its first use. */
  warm(): void {
    this.#running();
  }

  close(): void {
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }

  #running(): ChildProcess {
    if (this.#shell !== undefined && this.#shell.exitCode === null && this.#shell.signalCode === null) return this.#shell;
    const shell = spawn('sh', ['-c', script], {
      cwd: this.#directory,
      // Its own session: a signal to the engine's group is not for the containers.
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', root: this.#stateRoot },
    });
    shell.unref();
    shell.on('error', () => undefined);
    shell.stdin?.on('error', () => undefined);
    this.#shell = shell;
    return shell;
  }
}
