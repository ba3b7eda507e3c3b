/** Driver `generic`: a server that exists already, reached over SSH. */
import { CONTRACT_VERSION, type DriverContext, type DriverDefinition } from 'tsmachine/driver';
import { GenericDriver } from './generic-driver.ts';

const definition: DriverDefinition = {
  contract: CONTRACT_VERSION,
  name: 'generic',
  description: 'a server that exists already, over SSH',
  capabilities: { guest: 'distribution', hostKey: 'first-contact', power: false, sharedAddress: false },
  flags: [
    { name: 'generic-engine-port', type: 'int', env: 'GENERIC_ENGINE_PORT', default: 2376, help: 'Docker engine port' },
    { name: 'generic-ip-address', type: 'string', env: 'GENERIC_IP_ADDRESS', help: 'IP Address of machine' },
    {
      name: 'generic-ssh-key',
      type: 'string',
      env: 'GENERIC_SSH_KEY',
      help: 'SSH private key path (if not provided, default SSH key will be used)',
    },
    { name: 'generic-ssh-port', type: 'int', env: 'GENERIC_SSH_PORT', help: 'SSH port (default: what ssh_config says, else 22)' },
    { name: 'generic-ssh-user', type: 'string', env: 'GENERIC_SSH_USER', help: 'SSH user (default: what ssh_config says, else root)' },
  ],
  open: (context: DriverContext, state) => new GenericDriver(context, state),
};

export default definition;
