/** The provider. Names are ours, so that what was asked for can be found again when the answer was lost. */
import { type DriverContext, MachineError } from 'tsmachine/driver';

export interface Server {
  readonly name: string;
  readonly address: string;
  readonly power: 'on' | 'off';
}

export class Api {
  private readonly endpoint: string;
  private readonly context: DriverContext;

  constructor(endpoint: string, context: DriverContext) {
    this.endpoint = endpoint;
    this.context = context;
  }

  async makeKey(name: string, publicKey: string): Promise<void> {
    await this.call('PUT', `keys/${name}`, { publicKey });
  }

  async makeServer(name: string, key: string, size: string): Promise<void> {
    await this.call('PUT', `servers/${name}`, { key, size });
  }

  async power(name: string, power: Server['power']): Promise<void> {
    await this.call('POST', `servers/${name}/power`, { power });
  }

  /** Undefined when there is none of that name. */
  async server(name: string): Promise<Server | undefined> {
    return (await this.call('GET', `servers/${name}`)) as Server | undefined;
  }

  async remove(kind: 'servers' | 'keys', name: string): Promise<void> {
    await this.call('DELETE', `${kind}/${name}`);
  }

  /** What is not there is undefined. */
  private async call(method: string, path: string, body?: object): Promise<unknown> {
    const { fetch, signal } = this.context;
    const token = await this.context.secret('__name__-token');
    const response = await fetch(`${this.endpoint}/${path}`, {
      method,
      signal,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 404) return undefined;
    const text = await response.text();
    if (response.ok) return text === '' ? undefined : JSON.parse(text);
    throw new MachineError('__NAME___API', `${method} ${path}: expected success, found ${response.status}: ${text.slice(0, 200)}`, {
      ...(response.status === 401 ? { hint: 'set $__NAME___TOKEN or --__name__-token' } : {}),
    });
  }
}
