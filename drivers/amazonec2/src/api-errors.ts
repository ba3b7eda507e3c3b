import { MachineError } from 'tsmachine/driver';
import { type CredentialSource, NoAnswer, refusedCredentials, type Verdict } from 'tsmachine/driver/cloud';
import type { AwsCredentials } from './credentials/chain.ts';

/** An error that AWS answered with. */
export class AwsError extends Error {
  readonly awsCode: string;
  readonly status: number;
  /** Milliseconds that AWS told to wait. */
  readonly wait: number | undefined;

  constructor(awsCode: string, message: string, status: number, wait?: number) {
    super(message);
    this.awsCode = awsCode;
    this.status = status;
    this.wait = wait;
  }
}

export const hasCode = (error: unknown, ...codes: string[]): boolean => error instanceof AwsError && codes.includes(error.awsCode);

/** The zone has no such instance to give now; another may. */
export const lacksCapacity = (error: unknown): boolean =>
  hasCode(error, 'InsufficientInstanceCapacity', 'InsufficientHostCapacity', 'SpotMaxPriceTooLow', 'InsufficientFreeAddressesInSubnet') ||
  (hasCode(error, 'Unsupported') && /availability zone/i.test((error as Error).message));

const THROTTLED = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'EC2ThrottledException',
  'SlowDown',
  'BandwidthLimitExceeded',
  'PriorRequestNotComplete',
]);
const PASSING = new Set([
  'InternalError',
  'InternalFailure',
  'Unavailable',
  'ServiceUnavailable',
  'RequestTimeout',
  'RequestTimeoutException',
]);

/** AWS's own rules ("standard" retry mode): throttling from a second on, what passes by itself from a tenth of one. */
export function judge(error: unknown): Verdict {
  if (error instanceof NoAnswer) return { again: true, base: 100 };
  if (!(error instanceof AwsError) || lacksCapacity(error)) return { again: false };
  const told = error.wait === undefined ? {} : { told: error.wait };
  if (THROTTLED.has(error.awsCode) || error.status === 429) return { again: true, base: 1000, ...told };
  if (PASSING.has(error.awsCode) || [500, 502, 503, 504].includes(error.status)) return { again: true, base: 100, ...told };
  return { again: false };
}

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'];
const UNKNOWN = ['AuthFailure', 'InvalidClientTokenId', 'UnrecognizedClientException', 'InvalidAccessKeyId'];

/** In the user's words: credentials by where they come from, everything else by the call and AWS's code. */
export function explained(action: string, error: unknown, source: CredentialSource<AwsCredentials> | undefined): unknown {
  if (error instanceof NoAnswer)
    return new MachineError('CLOUD_UNREACHABLE', `AWS ${action}: ${error.message}`, { cause: error, hint: 'the same command tries again' });
  if (!(error instanceof AwsError)) return error;
  if (source && EXPIRED.includes(error.awsCode)) return refusedCredentials('AWS', 'they have expired', source, error);
  if (source && UNKNOWN.includes(error.awsCode))
    return refusedCredentials('AWS', `they are not known or were revoked (${error.awsCode})`, source, error);
  if (source && error.awsCode === 'SignatureDoesNotMatch')
    return refusedCredentials('AWS', 'the secret key is not that of the access key, or the clock of this computer is wrong', source, error);
  const hint = error.awsCode === 'UnauthorizedOperation' ? { hint: `the policy of these credentials has to allow ec2:${action}` } : {};
  return new MachineError('CLOUD_REFUSED', `AWS ${action}: ${error.awsCode}: ${firstWords(error.message)}`, { cause: error, ...hint });
}

/** AWS adds an encoded message of kilobytes to what it does not allow. */
const firstWords = (message: string): string => message.replace(/ *Encoded authorization failure message:.*$/s, '').slice(0, 500);
