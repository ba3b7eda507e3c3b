import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configText } from '../../src/store/config.ts';
import { defaultHostOptions } from '../../src/store/host-options.ts';
import { emptyRecord } from '../../src/store/record.ts';
import type { TestSshd } from './sshd.ts';

/** A complete machine of driver generic in a store, whose server is this one: reached by SSH, with an engine that is not there. */
export function genericMachine(store: string, name: string, { port, user, keyPath, hostKeys }: TestSshd, enginePort = 2376): void {
  const dir = join(store, 'machines', name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const SSHKeyPath = join(dir, 'id_rsa');
  copyFileSync(keyPath, SSHKeyPath);
  const driver = {
    IPAddress: '127.0.0.1',
    MachineName: name,
    SSHUser: user,
    SSHPort: port,
    SSHKeyPath,
    StorePath: store,
    SwarmMaster: false,
    SwarmHost: '',
    SwarmDiscovery: '',
    EnginePort: enginePort,
    SSHKey: keyPath,
  };
  const hostOptions = defaultHostOptions();
  const certs = { CaCertPath: 'ca.pem', ClientCertPath: 'cert.pem', ClientKeyPath: 'key.pem', CaPrivateKeyPath: 'ca-key.pem' };
  for (const [key, file] of Object.entries(certs)) Object.assign(hostOptions.AuthOptions, { [key]: join(store, 'certs', file) });
  Object.assign(hostOptions.AuthOptions, {
    StorePath: dir,
    ServerCertPath: join(dir, 'server.pem'),
    ServerKeyPath: join(dir, 'server-key.pem'),
  });
  const config = { name, driverName: 'generic', driver: JSON.stringify(driver), hostOptions };
  writeFileSync(join(dir, 'config.json'), configText(config), { mode: 0o600 });
  writeFileSync(join(dir, 'tsmachine.json'), JSON.stringify({ ...emptyRecord, hostKeys }), { mode: 0o600 });
}
