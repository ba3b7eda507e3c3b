/** Names of the supervisor's files in a machine's folder. */
export const FILES = {
  /** Which QEMU runs this machine: see record.ts. */
  record: 'vm.json',
  /** Where the supervisor answers (a named pipe on Windows). */
  socket: 'supervisor.sock',
  /** The engine's socket on this computer (a named pipe on Windows). */
  engineSocket: 'docker.sock',
  /** Held by the machine's one supervisor until it ends. A file only where locks are files (macOS). */
  lock: 'supervisor.lock',
  /** What the guest wrote on its serial console; the older half is beside it with `.1`. */
  consoleLog: 'console.log',
  /** QEMU's own messages since its last start. */
  qemuLog: 'qemu.log',
  /** Why a supervisor ended, when it did not mean to, and which ports it could not have. */
  errorLog: 'supervisor.log',
} as const;
