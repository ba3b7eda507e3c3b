/** A person at a terminal: types lines into a shell in tmux and reads the screen. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export class Terminal {
  private readonly session = `tsm-${randomBytes(4).toString('hex')}`;
  private seen = 0;

  constructor(env: Record<string, string | undefined>, cwd: string) {
    const assignments = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : ['-e', `${name}=${value}`]));
    this.tmux('new-session', '-d', '-s', this.session, '-x', '200', '-y', '50', '-c', cwd, ...assignments, 'bash', '--norc', '--noprofile');
    this.tmux('set-option', '-t', this.session, 'history-limit', '50000');
  }

  private tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.session, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: { ...process.env, TERM: 'xterm' },
    });
  }

  /** Everything on the screen and scrolled off it, wrapped lines joined. */
  screen(): string {
    return this.tmux('capture-pane', '-p', '-J', '-S', '-', '-t', this.session);
  }

  /** Types one line; what `expect` looks at begins after it. */
  type(line: string): void {
    this.seen = this.screen().trimEnd().length;
    this.tmux('send-keys', '-t', this.session, '-l', line);
    this.tmux('send-keys', '-t', this.session, 'Enter');
  }

  key(name: string): void {
    this.tmux('send-keys', '-t', this.session, name);
  }

  resize(columns: number, rows: number): void {
    this.tmux('resize-window', '-t', this.session, '-x', String(columns), '-y', String(rows));
  }

  /** Waits until the output since the last typed line matches; gives the match. Throws with the screen. */
  async expect(pattern: RegExp, seconds = 60): Promise<RegExpMatchArray> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const match = this.screen().slice(this.seen).match(pattern);
      if (match) return match;
      if (Date.now() > end) throw new Error(`no ${pattern} within ${seconds} s; the screen:\n${this.screen().trimEnd()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  close(): void {
    try {
      this.tmux('kill-server');
    } catch {
      // gone already
    }
  }
}
