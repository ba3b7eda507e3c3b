import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-spec.ts';
import { COMPLETION_SHELLS, completionScript } from '../../../src/cli/completion/scripts.ts';
import { TestStore } from './run-cli.ts';

let store: TestStore;
beforeEach(() => {
  store = new TestStore();
  for (const name of ['alpha', 'beta', '$(id)', 'a b', '-y']) mkdirSync(join(store.path, 'machines', name), { recursive: true });
});
afterEach(() => store.remove());

/** What a shell is told for the words of a line, the last one under the cursor; without descriptions. */
async function candidates(...words: string[]): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const printed = await store.run(['completion', `--current=${current}`, ...words.slice(0, -1)], { env: { MACHINE_DRIVER: 'none' } });
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  return printed.stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
}

describe('candidates', () => {
  it('are all commands, and what each does', async () => {
    const words = new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? ''));
    expect((await candidates('')).sort()).toEqual([...words, 'help'].sort());
    const { stdout } = await store.run(['completion', '--current=sta']);
    expect(stdout).toBe('start\tStart a machine\nstatus\tGet the status of a machine\n');
  });

  it.each([
    [['help', 'cre'], ['create']],
    [['h', 'url'], ['url']],
    [['help', 'url', ''], []],
    [['image', 'l'], ['ls']],
    [['image', 'rm', ''], []],
    [
      ['driver', ''],
      ['install', 'ls', 'new', 'rm', 'test'],
    ],
    [['driver', 'rm', ''], []],
    [
      ['image', 'ls', '--'],
      ['--quiet', '--help'],
    ],
    [['nosuch', ''], []],
    [['--nosuch', 'ver'], ['version']],
  ])('of %j are %j', async (words, expected) => {
    expect(await candidates(...words)).toEqual(expected);
  });

  it.each([
    [
      ['start', ''],
      ['alpha', 'beta'],
    ],
    [['start', 'alpha', ''], ['beta']],
    [['start', 'x', 'be'], ['beta']],
    [
      ['status', ''],
      ['alpha', 'beta'],
    ],
    [['status', 'alpha', ''], []],
    [['ssh', 'al'], ['alpha']],
    [['ssh', 'alpha', ''], []],
    [['rm', '--', 'be'], ['beta']],
    [
      ['rm', '-f', '-y', ''],
      ['alpha', 'beta'],
    ],
    [['create', ''], []],
    [['ls', ''], []],
  ])('of machines for %j are %j', async (words, expected) => {
    expect(await candidates(...words)).toEqual(expected);
  });

  it.each([
    [
      ['rm', '-'],
      ['--force', '-f', '-y', '--help', '-h'],
    ],
    [
      ['rm', '--'],
      ['--force', '--help'],
    ],
    [['rm', '-fo'], ['-force']],
    [['rm', '--force', '--'], ['--help']],
    [['rm', '-f', '--'], ['--help']],
    [['rm', '--force=false', '--'], ['--help']],
    [['create', '--engine-env', 'a=b', '--engine-en'], ['--engine-env']],
    [['create', '--ur'], ['--url']],
    [['create', '-d', 'qemu', '--ur'], []],
    [['create', '--driver=qemu', '--qemu-mem'], ['--qemu-memory']],
    [['create', '-d', 'nosuch', '--engine-o'], ['--engine-opt']],
    [['--ver'], ['--version']],
    [['-D', '--deb'], []],
    [['start', '--deb'], []],
    [['rm', '--', '--'], []],
  ])('of flags for %j are %j', async (words, expected) => {
    expect(await candidates(...words)).toEqual(expected);
  });

  it.each([
    [
      ['create', '-d', ''],
      ['amazonec2', 'generic', 'none', 'qemu'],
    ],
    [['create', '--driver=q'], ['--driver=qemu']],
    [['create', '-d=n'], ['-d=none']],
    [['env', '--shell', 'p'], ['powershell']],
    [['env', '--shell=z'], ['--shell=zsh']],
    [['ls', '--filter', 'dr'], ['driver=']],
    [
      ['rm', '--force='],
      ['--force=true', '--force=false'],
    ],
    [['ls', '-t', ''], []],
    [['ls', '-f', ''], []],
    [['rm', '--nosuch='], []],
    [['-s', ''], [':directory']],
    [['--tls-ca-key', '/x'], [':file']],
    [['completion', ''], [...COMPLETION_SHELLS]],
  ])('of values for %j are %j', async (words, expected) => {
    expect(await candidates(...words)).toEqual(expected);
  });

  it('come from the store the line names', async () => {
    const other = join(store.path, 'other');
    mkdirSync(join(other, 'machines/gamma'), { recursive: true });
    expect(await candidates('-s', other, 'ip', '')).toEqual(['gamma']);
    expect(await candidates(`--storage-path=${other}`, 'ip', '')).toEqual(['gamma']);
    expect(await candidates('-s', join(store.path, 'absent'), 'ip', '')).toEqual([]);
    expect(existsSync(join(store.path, 'absent'))).toBe(false);
  });

  it('never fail, whatever the line', async () => {
    const word = fc.oneof(fc.constantFrom('create', 'rm', 'image', '-d', '--driver', '--', '-', '', '=', '--=', '-s', 'help'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 5 }), async (words) => {
        const current = words.at(-1) ?? '';
        for (const value of await candidates(...words)) expect(value.startsWith(current) || value.startsWith(':')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('scripts', () => {
  it.each(['bash', 'fish', 'powershell', 'zsh'])('are named after the program: %s', async (shell) => {
    const ours = await store.run(['completion', shell]);
    expect(ours).toMatchObject({ code: 0, stderr: '', stdout: completionScript(shell, 'tsmachine') });
    const { stdout } = await store.run(['completion', shell], { invocation: ['/usr/bin/docker-machine'] });
    expect(stdout).toBe(completionScript(shell, 'docker-machine'));
    expect(stdout).not.toContain('tsmachine');
    expect(stdout).not.toMatch(/PROGRAM|FUNCTION/);
  });

  it('are those the command list names', () => {
    expect(COMMANDS.find(({ name }) => name === 'completion')?.argument).toEqual(COMPLETION_SHELLS);
  });

  it.each([
    [['completion'], 'Expected one shell: bash, fish, powershell, zsh\n'],
    [['completion', 'bash', 'zsh'], 'Expected one shell: bash, fish, powershell, zsh\n'],
    [['completion', 'ksh'], 'Expected one of bash, fish, powershell, zsh, found "ksh"\n'],
    [['completion', 'constructor'], 'Expected one of bash, fish, powershell, zsh, found "constructor"\n'],
  ])('%j is refused', async (words, stderr) => {
    expect(await store.run(words)).toEqual({ code: 1, stdout: '', stderr });
  });

  it('refuse a program name that a shell would read as more', () => {
    for (const name of ['a b', '$(id)', "it's", '-x', '']) expect(() => completionScript('bash', name)).toThrow('Expected a program name');
  });
});

describe('the PowerShell script', () => {
  const script = completionScript('powershell', 'docker-machine');

  it('registers for the program and asks it with the words before the cursor', () => {
    expect(script).toContain("Register-ArgumentCompleter -Native -CommandName 'docker-machine' -ScriptBlock {\n");
    expect(script).toContain('Where-Object { $_.Extent.EndOffset -lt $cursorPosition }');
    expect(script).toContain(`& 'docker-machine' completion "--current=$wordToComplete" @words 2>$null`);
    expect(script).toContain('[System.Management.Automation.CompletionResult]::new($value, $value, ');
  });

  it('has balanced brackets', () => {
    const stack: string[] = [];
    for (const character of script.replace(/#.*$/gm, '')) {
      if ('({['.includes(character)) stack.push(character);
      if (')}]'.includes(character)) expect(`${stack.pop()}${character}`).toMatch(/^(\(\)|\{\}|\[\])$/);
    }
    expect(stack).toEqual([]);
  });
});
