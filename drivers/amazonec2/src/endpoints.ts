/** Where AWS's services are. `AWS_ENDPOINT_URL_*` and `AWS_ENDPOINT_URL` lead elsewhere, as for AWS's own tools. */
import { MachineError, type Platform } from 'tsmachine/driver';
import type { AwsService } from './api.ts';
import { readAwsFiles } from './credentials/profile-files.ts';

type Env = Platform['env'];

const domainOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

/** `endpoint`: a host name or a URL, as the flag gives it; '' for AWS's own. */
export function ec2Service(env: Env, region: string, endpoint: string, insecure: boolean): AwsService {
  const url = endpoint || env.AWS_ENDPOINT_URL_EC2 || env.AWS_ENDPOINT_URL || `ec2.${region}.${domainOf(region)}`;
  return { name: 'ec2', version: '2016-11-15', region, endpoint: asUrl(url, insecure) };
}

export function stsService(env: Env, region: string): AwsService {
  const url = env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL || `sts.${region}.${domainOf(region)}`;
  return { name: 'sts', version: '2011-06-15', region, endpoint: asUrl(url, false) };
}

function asUrl(text: string, insecure: boolean): string {
  const url = /^https?:\/\//.test(text) ? text : `${insecure ? 'http' : 'https'}://${text}`;
  if (!URL.canParse(url))
    throw new MachineError('DRIVER_FLAG', `--amazonec2-endpoint: expected a host name or a URL, found ${JSON.stringify(text)}`);
  return new URL(url).href;
}

/** What was given, else as AWS's own tools find it, else docker-machine's default. */
export async function regionOf(platform: Platform, given: string, profile: string): Promise<string> {
  if (given !== '') return given;
  if (platform.env.AWS_REGION) return platform.env.AWS_REGION;
  const { profiles } = await readAwsFiles(platform);
  return profiles[profile || 'default']?.region || 'us-east-1';
}
