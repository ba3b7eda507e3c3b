import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { genericMachine } from '../../support/generic-machine.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { BuiltCli } from './built-cli.ts';

const cli = new BuiltCli();
let server: TestSshd;

beforeAll(async () => {
  server = await startSshd(['Subsystem sftp internal-sftp']);
  genericMachine(cli.store, 'm', server);
  writeFileSync(join(cli.folder, '-dash'), 'dash');
  mkdirSync(join(cli.folder, 'dir'));
});

afterAll(() => {
  server.stop();
  cli.remove();
});

describe('scp', () => {
  it('copies without a word, exit code 0', async () => {
    const target = join(cli.folder, 'with blank');
    expect(await cli.run(['scp', '--', '-dash', `m:${target}`])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(target, 'utf8')).toBe('dash');
    expect(await cli.run(['scp', '-r', '-q', `root@m:${cli.folder}/dir`, 'copied'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('tells what was left out, exit code 1', async () => {
    const { code, stdout, stderr } = await cli.run(['scp', 'none\u001b[2J', 'm:/tmp']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('scp: none\\u001b[2J: No such file or directory\n');
  });

  it.each([[['scp']], [['scp', 'a']], [['scp', 'a', 'm:b', 'c']]])('%j shows its help', async (words) => {
    const { code, stdout, stderr } = await cli.run(words);
    expect(code).toBe(1);
    expect(stdout).toContain('Usage: tsmachine scp [OPTIONS] [arg...]');
    expect(stderr).toContain('Improper number of arguments');
  });

  it('names an unknown machine as docker-machine does', async () => {
    const { code, stderr } = await cli.run(['scp', 'x', 'nobody:']);
    expect(code).toBe(1);
    expect(stderr).toContain('Error loading host: Error loading host: Docker machine "nobody" does not exist.');
  });

  it('refuses an empty word', async () => {
    expect(await cli.run(['scp', '', 'm:'])).toMatchObject({ code: 1, stderr: 'Error: Expected a path, found an empty word\n' });
  });
});
