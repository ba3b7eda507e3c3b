import type { DriverDefinition } from '../../src/driver/index.ts';
import type { CreateRequest } from '../../src/machine/api.ts';

export function createRequest(name: string, driver: DriverDefinition, driverFlags: CreateRequest['driverFlags']): CreateRequest {
  const engine = {
    opts: [],
    insecureRegistries: [],
    registryMirrors: [],
    labels: [],
    storageDriver: '',
    env: [],
    installUrl: 'https://get.docker.com',
  };
  return { name, driver, driverFlags, engine, tlsSan: [] };
}
