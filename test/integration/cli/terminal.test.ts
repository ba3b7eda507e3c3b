/** Commands on a terminal (util-linux's `script` gives one) and elsewhere. */
import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../shells/real-shells.ts';
import { BuiltCli } from './built-cli.ts';

let cli: BuiltCli;
beforeAll(() => {
  requireProgram('script', 'bsdutils');
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

/** Runs the program on a terminal of so many columns; what it showed, and its exit code. */
function onTerminal(columns: number, words: string): { shown: string; code: number | null } {
  const command = `stty cols ${columns} rows 40; exec "${process.execPath}" "${cli.launcher}" ${words}`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    env: { ...cli.environment(), TERM: 'xterm' },
    cwd: cli.folder,
    encoding: 'utf8',
    input: '',
  });
  return { shown: stdout.replaceAll('\r', ''), code: status };
}

const CREATE = 'create -d none --url tcp://127.0.0.1:9';

describe('create', () => {
  it('shows its steps with their times on a terminal', () => {
    const { shown, code } = onTerminal(100, `${CREATE} shown`);
    expect(code).toBe(0);
    const text = stripVTControlCharacters(shown);
    const steps = text.split('\n').filter((line) => /^✔ .+ \[\d+\.\d s\]$/.test(line));
    expect(steps.length).toBeGreaterThan(3);
    expect(text).toContain('\nTo see how to connect your Docker Client to the Docker Engine');
    expect(shown).not.toContain('Running pre-create checks...');
  });

  it('shows which step failed, gives the cursor back and tells why', () => {
    const { shown, code } = onTerminal(100, 'create -d none --url bogus failed');
    expect(code).toBe(1);
    const text = stripVTControlCharacters(shown);
    expect(text).toMatch(/^✖ /m);
    expect(text).toContain('Error setting machine configuration from flags provided: --url: expected a URL');
    expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
  });

  it.each([
    ['is too narrow for a line', 30, ''],
    ['shows every command', 100, '--debug '],
  ])('writes plain lines where the terminal %s', (what, columns, flag) => {
    const { shown, code } = onTerminal(columns, `${flag}${CREATE} ${what.split(' ').join('-')}`);
    expect(code).toBe(0);
    expect(shown).toContain('Running pre-create checks...\n');
    for (const drawn of ['✔', '\u001b']) expect(shown).not.toContain(drawn);
  });

  it("writes docker-machine's lines elsewhere", async () => {
    const printed = await cli.run([...CREATE.split(' '), 'plain']);
    expect(printed).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Running pre-create checks\.\.\.\nCreating machine\.\.\.\nTo see how to connect .*: .* env plain\n$/),
    });
  });
});

describe('what a command does to a machine', () => {
  const shownLines = (words: string) => stripVTControlCharacters(onTerminal(100, words).shown).split('\n');

  it('is shown as steps', () => {
    expect(shownLines('regenerate-certs -f shown')).toContainEqual(
      expect.stringMatching(/^✔ Copying certs to the local machine directory \[\d+\.\d s\]$/),
    );
    const refused = shownLines('start shown');
    expect(refused).toContainEqual(expect.stringMatching(/^✖ Starting "shown"/));
    expect(refused).toContain('Machine "shown" is already running.');
  });

  it('is told in lines of several machines, which work at the same time', () => {
    onTerminal(100, `${CREATE} other`);
    const lines = shownLines('start shown other');
    expect(lines).toEqual(expect.arrayContaining(['Starting "shown"...', 'Starting "other"...']));
    expect(lines.join('')).not.toMatch(/[✔✖]/);
  });
});

describe('a terminal', () => {
  it('shows no colours or codes in what people copy', () => {
    for (const words of ['ls', 'ip shown', 'env -u', 'inspect shown', 'help']) {
      expect(onTerminal(80, words).shown, words).not.toContain('\u001b');
    }
  });

  it('shows errors in red, other streams do not', async () => {
    for (const words of ['status nosuch', 'lss']) {
      const { shown, code } = onTerminal(80, words);
      expect(code).toBe(1);
      expect(shown.startsWith('\u001b[31m')).toBe(true);
      const { stderr } = await cli.run(words.split(' '));
      expect(stripVTControlCharacters(shown)).toBe(stderr);
      expect(stderr).not.toContain('\u001b');
    }
  });
});
