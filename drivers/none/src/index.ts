/** Driver `none`: a name for an engine that already exists somewhere, known by its URL. */
import {
  type BaseState,
  CONTRACT_VERSION,
  type Driver,
  type DriverContext,
  type DriverDefinition,
  type FlagValues,
  MachineError,
  newBaseState,
  stringFlag,
} from 'tsmachine/driver';

interface NoneState extends BaseState {
  URL: string;
}

const definition: DriverDefinition = {
  contract: CONTRACT_VERSION,
  name: 'none',
  description: 'an engine that already exists, by its URL',
  capabilities: { guest: 'none', hostKey: 'none', power: false, sharedAddress: false },
  flags: [{ name: 'url', type: 'string', help: 'URL of host when no driver is selected' }],
  open: (context, state) => new NoneDriver(context, state),
};

export default definition;

class NoneDriver implements Driver {
  private text: string;

  constructor(context: DriverContext, text: string | undefined) {
    this.text = text ?? JSON.stringify({ ...newBaseState(context), URL: '' } satisfies NoneState);
  }

  /** What is not ours to know in it stays as it was. */
  serialize(): string {
    return this.text;
  }

  async configure(flags: FlagValues): Promise<void> {
    const url = stringFlag(flags, 'url');
    if (url === '') throw new MachineError('DRIVER_FLAG', '--url option is required when no driver is selected');
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || !URL.canParse(url)) {
      throw new MachineError('DRIVER_FLAG', `--url: expected a URL such as tcp://10.0.0.1:2376, found ${JSON.stringify(url)}`);
    }
    this.text = JSON.stringify({ ...this.parsed(), IPAddress: new URL(url).host, URL: url });
  }

  async preCreateCheck(): Promise<void> {}
  async create(): Promise<void> {}
  async remove(): Promise<void> {}
  async close(): Promise<void> {}

  start = () => refuse('started');
  stop = () => refuse('stopped');
  restart = () => refuse('restarted');
  kill = () => refuse('killed');

  async state() {
    return 'Running' as const;
  }

  async url(): Promise<string> {
    return this.parsed().URL;
  }

  async ip(): Promise<string> {
    return this.parsed().IPAddress;
  }

  async ssh(): Promise<undefined> {
    return undefined;
  }

  private parsed(): NoneState {
    return JSON.parse(this.text) as NoneState;
  }
}

async function refuse(verb: string): Promise<never> {
  throw new MachineError('NO_POWER', `hosts without a driver cannot be ${verb}`);
}
