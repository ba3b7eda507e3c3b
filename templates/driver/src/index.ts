import type { DriverDefinition } from 'tsmachine/driver';
import { NameDriver } from './driver.ts';

const driver: DriverDefinition = {
  contract: 1,
  name: '__name__',
  description: 'machines of __name__',
  // A distribution is set up over SSH; its host key is shown at first contact and pinned.
  capabilities: { guest: 'distribution', hostKey: 'first-contact', power: true, sharedAddress: false },
  flags: [
    { name: '__name__-endpoint', type: 'string', env: '__NAME___ENDPOINT', default: 'https://api.example.com', help: 'URL of the API' },
    { name: '__name__-token', type: 'string', env: '__NAME___TOKEN', help: 'Token of the API', secret: true },
    { name: '__name__-size', type: 'string', env: '__NAME___SIZE', default: 'small', help: 'Size of the server' },
  ],
  open: (context, state) => new NameDriver(context, state),
};

export default driver;
