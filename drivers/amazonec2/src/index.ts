/**
 * Driver `amazonec2`: an instance of Amazon's EC2, with docker-machine's flags.
 *
 * Some twenty calls of EC2's query protocol are made here by `fetch`, signed by aws4fetch (SigV4; 96 KB, 3 ms to import), and not
 * by AWS's SDK (@aws-sdk/client-ec2: 43 MB in 25 packages, 287 ms): what the SDK would spare is a flat form, a small XML reader
 * and the credential chain, which are in this folder.
 */
import { CONTRACT_VERSION, type DriverContext, type DriverDefinition } from 'tsmachine/driver';
import { Amazonec2Driver } from './amazonec2-driver.ts';
import { FLAGS } from './flags.ts';
import { Sightings } from './sightings.ts';
import { statesOf } from './states.ts';

const sightings = new Sightings();

const definition: DriverDefinition = {
  contract: CONTRACT_VERSION,
  name: 'amazonec2',
  description: 'an instance of Amazon EC2',
  capabilities: { guest: 'distribution', hostKey: 'read', power: true, sharedAddress: false },
  flags: FLAGS,
  open: (context: DriverContext, state) => new Amazonec2Driver(context, state, sightings),
  states: (context, machines) => statesOf(context, machines, sightings),
};

export default definition;
