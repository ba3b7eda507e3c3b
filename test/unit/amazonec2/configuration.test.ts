import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wishesOf } from '../../../drivers/amazonec2/src/configure.ts';
import { wordsOf } from '../../../drivers/amazonec2/src/credentials/profile.ts';
import { readAwsFiles } from '../../../drivers/amazonec2/src/credentials/profile-files.ts';
import { regionOf } from '../../../drivers/amazonec2/src/endpoints.ts';
import { userData } from '../../../drivers/amazonec2/src/user-data.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { flagValues } from '../../integration/amazonec2/flags.ts';
import { temporaryFolder } from '../../support/temporary.ts';

describe('the flags of amazonec2', () => {
  it.each([
    [{ 'amazonec2-keypair-name': 'k' }, '--amazonec2-ssh-keypath'],
    [{ 'amazonec2-insecure-transport': true }, '--amazonec2-endpoint'],
    [{ 'amazonec2-security-group-readonly': true }, '--amazonec2-security-group too'],
    [{ 'amazonec2-ipv6-address-only': true, 'amazonec2-use-private-address': true }, 'found both'],
    [{ 'amazonec2-open-port': ['http'] }, 'found "http"'],
    [{ 'amazonec2-open-port': ['70000'] }, 'found "70000"'],
    [{ 'amazonec2-open-to': '10.0.0.0/33' }, 'found "10.0.0.0/33"'],
    [{ 'amazonec2-root-size': 0 }, 'found 0'],
    [{ 'amazonec2-retries': -2 }, 'found -2'],
    [{ 'amazonec2-spot-price': 'cheap' }, 'found "cheap"'],
    [{ 'amazonec2-region': 'eu west' }, 'found "eu west"'],
  ])('refuse %j', (flags, message) => {
    expect(() => wishesOf(flagValues(flags), () => {})).toThrow(message);
  });

  it('tell which of them have lost their meaning', () => {
    const told: string[] = [];
    wishesOf(flagValues({ 'amazonec2-block-duration-minutes': 60, 'amazonec2-spot-price': '0.1' }), (line) => told.push(line));
    expect(told).toEqual([
      expect.stringContaining('--amazonec2-block-duration-minutes'),
      expect.stringContaining('--amazonec2-spot-price'),
    ]);
  });
});

describe("AWS's files", () => {
  const platformWith = (files: Record<string, string>, env: Record<string, string> = {}) => {
    const home = temporaryFolder();
    mkdirSync(join(home, '.aws'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home, '.aws', name), text);
    return { ...thisPlatform(), home, env };
  };

  it('give profiles of both files, the credentials file first, without comments and nested settings', async () => {
    const config =
      '# c\n[default]\nregion = eu-west-3 ; near\ns3 =\n  max_concurrent_requests = 20\n[profile "my work"]\nregion=us-west-2\n[profile x]\naws_access_key_id = A\n';
    const credentials = '[x]\r\naws_access_key_id = B\r\naws_secret_access_key = k=v==\r\n';
    const { profiles } = await readAwsFiles(platformWith({ config, credentials }));
    expect(profiles['my work']).toEqual({ region: 'us-west-2' });
    expect(profiles.x).toEqual({ aws_access_key_id: 'B', aws_secret_access_key: 'k=v==' });
    expect(profiles.default).toEqual({ region: 'eu-west-3', s3: '' });
  });

  it('give the region after flag and environment', async () => {
    const files = { config: '[default]\nregion = eu-west-3\n[profile p]\nregion = sa-east-1\n' };
    expect(await regionOf(platformWith(files), 'ap-south-1', '')).toBe('ap-south-1');
    expect(await regionOf(platformWith(files, { AWS_REGION: 'eu-north-1' }), '', '')).toBe('eu-north-1');
    expect(await regionOf(platformWith(files), '', 'p')).toBe('sa-east-1');
    expect(await regionOf(platformWith({}), '', '')).toBe('us-east-1');
  });

  it.each([
    ['/opt/x --flag', ['/opt/x', '--flag']],
    [`"/a b/c" 'd e' f\\ g "h\\"i" 'j\\k'`, ['/a b/c', 'd e', 'f g', 'h"i', 'j\\k']],
    [`a"b c"'d'`, ['ab cd']],
    [`x "" y`, ['x', '', 'y']],
  ])('have credential_process %j as words', (command, words) => {
    expect(wordsOf(command)).toEqual(words);
  });
});

describe('user data', () => {
  const key = { privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n', publicLine: 'ssh-ed25519 AAAA' };

  it('is the own one, a host key, or both', () => {
    expect(userData('#!/bin/sh\n', undefined)).toBe('#!/bin/sh\n');
    expect(JSON.parse(userData('', key).replace('#cloud-config\n', '')).ssh_keys.ed25519_private).toBe(key.privateKey);
    const both = userData('#!/bin/sh\n', key);
    expect(both.match(/Content-Type: (text\/[\w-]+)/g)).toEqual(['Content-Type: text/x-shellscript', 'Content-Type: text/cloud-config']);
  });

  it('is refused when EC2 would', () => {
    expect(() => userData('#'.repeat(16_385), undefined)).toThrow('at most 16384 bytes');
  });
});
