/** The driver as the conformance kit tests it: `tsmachine driver test .` and driver.test.ts. */
import type { Subject } from 'tsmachine/driver/kit';
import driver from '../src/index.ts';
import { fakeProvider, TOKEN } from './fake-provider.ts';

const provider = await fakeProvider();

const subject: Subject = {
  driver,
  flags: { '__name__-endpoint': provider.url, '__name__-token': TOKEN },
  leftovers: () => provider.names(),
  close: () => provider.close(),
};

export default subject;
