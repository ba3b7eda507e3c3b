import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { genericMachine } from '../../support/generic-machine.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { BuiltCli } from './built-cli.ts';

const cli = new BuiltCli();
let server: TestSshd;
let other: TestSshd;

beforeAll(async () => {
  server = await startSshd(['Subsystem sftp internal-sftp']);
  other = await startSshd(['Subsystem sftp internal-sftp']);
  genericMachine(cli.store, 'm', server);
  genericMachine(cli.store, 'n', other);
  writeFileSync(join(cli.folder, '-dash'), 'dash');
  mkdirSync(join(cli.folder, 'dir'));
});

afterAll(() => {
  server.stop();
  other.stop();
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

  it("runs the computer's own scp with --native-ssh=false, its exit status told", async () => {
    writeFileSync(join(cli.folder, 'a b'), 'blank');
    expect(await cli.run(['--native-ssh=false', 'scp', 'a b', `m:${cli.folder}/by scp`])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(cli.folder, 'by scp'), 'utf8')).toBe('blank');
    expect(await cli.run(['--native-ssh=false', 'scp', 'n:/none/x', `m:${cli.folder}/two`])).toMatchObject({ code: 1 });
    expect(await cli.run(['--native-ssh=false', 'scp', `n:${cli.folder}/by scp`, `m:${cli.folder}/two`])).toMatchObject({ code: 0 });
    expect(readFileSync(join(cli.folder, 'two'), 'utf8')).toBe('blank');
    const failed = await cli.run(['--native-ssh=false', 'scp', 'none', 'm:/tmp']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/none"?: No such file or directory[\s\S]*exit status \d+/);
  });

  it('sends differences through rsync with -d', async () => {
    mkdirSync(join(cli.folder, 'tree/a b'), { recursive: true });
    writeFileSync(join(cli.folder, "tree/a b/it's"), 'one');
    const words = ['scp', '-r', '-d', '-q', 'tree', `m:${cli.folder}/with blank folder/`];
    expect(await cli.run(words)).toEqual({ code: 0, stdout: '', stderr: '' });
    writeFileSync(join(cli.folder, "tree/a b/it's"), 'other');
    expect(await cli.run(words)).toMatchObject({ code: 0 });
    expect(readFileSync(join(cli.folder, "with blank folder/tree/a b/it's"), 'utf8')).toBe('other');
    expect((await cli.run(['scp', '-d', 'm:/x', 'n:/y'])).stderr).toContain('rsync does not copy between two machines');
    const without = await cli.run(['scp', '-d', 'tree', 'm:/tmp'], { env: { PATH: dirname(process.execPath) } });
    expect(without).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('You must have a copy of the rsync binary locally to use the --delta option'),
    });
  });

  it('refuses an empty word', async () => {
    expect(await cli.run(['scp', '', 'm:'])).toMatchObject({ code: 1, stderr: 'Error: Expected a path, found an empty word\n' });
  });
});

describe('mount', () => {
  it('shows a folder of the machine here, until it is unmounted', async () => {
    const [far, here] = [join(cli.folder, 'far side'), join(cli.folder, 'mount point')];
    mkdirSync(far);
    mkdirSync(here);
    writeFileSync(join(far, 'there'), 'from the machine');
    expect(await cli.run(['mount', `m:${far}`, here])).toMatchObject({ code: 0 });
    try {
      expect(readFileSync(join(here, 'there'), 'utf8')).toBe('from the machine');
      writeFileSync(join(here, 'back'), 'to the machine');
      expect(readFileSync(join(far, 'back'), 'utf8')).toBe('to the machine');
    } finally {
      expect(await cli.run(['mount', '-u', `m:${far}`, here])).toMatchObject({ code: 0 });
    }
    expect(readdirSync(here)).toEqual([]);
  });

  it('tells what fails', async () => {
    const missing = await cli.run(['mount', 'm:/etc', join(cli.folder, 'no folder')]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/no folder.*No such file or directory[\s\S]*exit status \d+/);
    expect((await cli.run(['mount', 'nobody:/x', '/mnt'])).stderr).toContain('Docker machine "nobody" does not exist');
    expect((await cli.run(['mount', '/x', '/mnt'])).stderr).toContain('Docker machine "default" does not exist');
    const without = await cli.run(['mount', 'm:/etc', '/mnt'], { env: { PATH: dirname(process.execPath) } });
    expect(without).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('You must have a copy of the sshfs binary locally to use the mount feature'),
    });
    expect((await cli.run(['mount'])).stderr).toContain('Improper number of arguments');
  });
});
