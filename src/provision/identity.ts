/** Who a machine is and how its engine shall run, before it is put into any one guest's files. */
export interface MachineIdentity {
  readonly hostname: string;
  /** OpenSSH public key line that may log in; '' where that is the guest's own business. */
  readonly authorizedKey: string;
  /** SSH host key in dropbear's format; a distribution makes its own. */
  readonly hostKey?: Uint8Array;
  /** PEM; `generation` grows with every new server certificate, and a guest never goes back. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string; readonly generation: number };
  readonly engine: EngineSettings & { readonly generation: number; readonly port: number };
}

/** docker-machine's --engine-* flags that reach the engine's command line and environment. */
export interface EngineSettings {
  readonly storageDriver: string;
  readonly labels: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  /** `flag=value` without dashes. */
  readonly opts: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
}

/** Options beyond addresses, storage driver and TLS, in docker-machine's order, one argument each. */
export function engineArguments(engine: EngineSettings): string[] {
  return [
    ...engine.labels.flatMap((label) => ['--label', label]),
    ...engine.insecureRegistries.flatMap((registry) => ['--insecure-registry', registry]),
    ...engine.registryMirrors.flatMap((mirror) => ['--registry-mirror', mirror]),
    ...engine.opts.map((option) => `--${option}`),
  ];
}
