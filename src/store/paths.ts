import { posix, win32 } from 'node:path';

/** Every file and folder name of the store, docker-machine's own unless said. Nothing else spells one. */
export interface StorePaths {
  /** Absolute. */
  readonly root: string;
  readonly certsDir: string;
  readonly caCert: string;
  readonly caKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** Ours: folders of the CA and client pair that `regenerate-certs --client-certs` is bringing to the machines. */
  readonly rotation: { readonly staging: string; readonly next: string; readonly ready: string };
  readonly machinesDir: string;
  /** Ours: what is on its way into machines/ or out of it. */
  readonly stagingRoot: string;
  readonly leavingRoot: string;
  /** Ours: machines that `rm -f` took out of machines/ although their driver could not remove them. */
  readonly orphansDir: string;
  readonly cacheDir: string;
  /** Ours: boot images by digest. */
  readonly imagesDir: string;
  /** Ours: one file of the store (its id). */
  readonly storeRecord: string;
  /** Ours: locks across processes, one folder entry each while held. */
  readonly locksDir: string;
  lock(name: string): string;
  machine(name: string): MachinePaths;
  /** Of a folder in `orphansDir`. */
  orphan(id: string): MachinePaths;
}

export interface MachinePaths {
  readonly dir: string;
  /** Ours: where an entry is prepared before it appears under its name in one rename. Not under machines/, which others list. */
  readonly stagingDir: string;
  /** Ours: where an entry goes in one rename before its files are deleted. */
  readonly leavingDir: string;
  /** The same two where machines/ is a file system of its own; names with a leading dot are not machines. */
  readonly besideDirs: { readonly staging: string; readonly leaving: string };
  readonly config: string;
  /** Ours: what config.json has no field for. */
  readonly record: string;
  /** Ours: values of the driver's secret flags. */
  readonly secrets: string;
  readonly caCert: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly sshKey: string;
  readonly sshPublicKey: string;
  /** Ours: the SSH host key handed to a boot image, in dropbear's format. */
  readonly hostKey: string;
}

/** `root`: as the user gave it; a relative one is resolved here, so that what we print works in every folder. */
export function storePaths(root: string, os: NodeJS.Platform = process.platform): StorePaths {
  const { join, resolve, sep } = os === 'win32' ? win32 : posix;
  const below = (folder: string, name: string) => folder + sep + name; // join reads both letter by letter, at each start of every command
  const base = resolve(root);
  const certsDir = join(base, 'certs');
  const machinesDir = join(base, 'machines');
  const locksDir = join(base, 'locks');
  const stagingRoot = join(base, 'staging', 'new');
  const leavingRoot = join(base, 'staging', 'old');
  const orphansDir = join(base, 'orphans');
  const machineFiles = (dir: string, name: string): MachinePaths => ({
    dir,
    stagingDir: below(stagingRoot, name),
    leavingDir: below(leavingRoot, name),
    besideDirs: { staging: below(machinesDir, `.${name}.new`), leaving: below(machinesDir, `.${name}.old`) },
    config: below(dir, 'config.json'),
    record: below(dir, 'tsmachine.json'),
    secrets: below(dir, 'secrets.json'),
    caCert: below(dir, 'ca.pem'),
    clientCert: below(dir, 'cert.pem'),
    clientKey: below(dir, 'key.pem'),
    serverCert: below(dir, 'server.pem'),
    serverKey: below(dir, 'server-key.pem'),
    sshKey: below(dir, 'id_rsa'),
    sshPublicKey: below(dir, 'id_rsa.pub'),
    hostKey: below(dir, 'dropbear_ed25519_host_key'),
  });
  return {
    root: base,
    certsDir,
    caCert: below(certsDir, 'ca.pem'),
    caKey: below(certsDir, 'ca-key.pem'),
    clientCert: below(certsDir, 'cert.pem'),
    clientKey: below(certsDir, 'key.pem'),
    rotation: { staging: below(certsDir, 'staging'), next: below(certsDir, 'next'), ready: below(certsDir, 'ready') },
    machinesDir,
    stagingRoot,
    leavingRoot,
    orphansDir,
    cacheDir: join(base, 'cache'),
    imagesDir: join(base, 'images'),
    storeRecord: join(base, 'tsmachine.json'),
    locksDir,
    lock: (name) => below(locksDir, `${encodeURIComponent(name)}.lock`),
    machine: (name) => machineFiles(join(machinesDir, name), name),
    orphan: (id) => machineFiles(join(orphansDir, id), id),
  };
}
