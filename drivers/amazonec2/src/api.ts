/** Signed calls of AWS's query protocol, repeated by AWS's rules. */
import { AwsV4Signer } from 'aws4fetch';
import type { HostContext } from 'tsmachine/driver';
import { type Found, httpAnswer, retryAfter, retrying } from 'tsmachine/driver/cloud';
import { AwsError, explained, judge } from './api-errors.ts';
import type { AwsCredentials } from './credentials/chain.ts';
import { type Parameters, queryBody } from './query.ts';
import { parseXml, type XmlElement } from './xml.ts';

export interface AwsService {
  /** As signatures name it. */
  readonly name: 'ec2' | 'sts';
  readonly version: string;
  readonly region: string;
  readonly endpoint: string;
}

export interface AwsCaller {
  readonly context: HostContext;
  readonly service: AwsService;
  /** Calls in all for one that fails for a while. */
  readonly attempts: number;
  credentials(): Promise<Found<AwsCredentials>>;
}

/**
 * The answer's root element. Throws AwsError where `expected` has its code; else `CLOUD_CREDENTIALS`, `CLOUD_REFUSED`,
 * `CLOUD_UNREACHABLE`. A call whose answer was lost is made again, so each must bear that.
 */
export async function call(
  caller: AwsCaller,
  action: string,
  parameters: Parameters,
  expected: readonly string[] = [],
): Promise<XmlElement> {
  const { context, service, attempts } = caller;
  const found = await caller.credentials();
  const body = queryBody(action, service.version, parameters);
  try {
    return await retrying(() => once(context, service, { action, body }, found.value), { attempts, judge }, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof AwsError && expected.includes(error.awsCode)) throw error;
    throw explained(action, error, found.source);
  }
}

async function once(
  context: HostContext,
  service: AwsService,
  { action, body }: { readonly action: string; readonly body: string },
  credentials: AwsCredentials,
): Promise<XmlElement> {
  const begun = performance.now();
  const signed = await new AwsV4Signer({
    method: 'POST',
    url: service.endpoint,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
    service: service.name,
    region: service.region,
    datetime: new Date(context.clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    ...credentials,
  }).sign();
  const answer = await httpAnswer(context, signed.url, { method: signed.method, headers: signed.headers, body });
  context.log.debug(`${service.name} ${action} (${answer.status}, ${Math.round(performance.now() - begun)} ms)`);
  if (answer.status === 200) return document(answer.text, answer.status);
  const errors = /<\w*Error/.test(answer.text) ? document(answer.text, answer.status) : undefined;
  const error = errors?.find('Errors/Error') ?? errors?.find('Error');
  const message = error?.value('Message') || `expected an answer with status 200, found ${answer.status}`;
  throw new AwsError(error?.value('Code') || 'NoCode', message, answer.status, retryAfter(answer.headers, context.clock.now()));
}

function document(text: string, status: number): XmlElement {
  try {
    return parseXml(text);
  } catch (error) {
    throw new AwsError('NoXml', `the answer cannot be read: ${(error as Error).message}`, status === 200 ? 502 : status);
  }
}
