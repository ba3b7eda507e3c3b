import { describe, expect, it } from 'vitest';
import { listenAddress, pipeName } from '../../../src/supervisor/address.ts';

describe("a supervisor's address", () => {
  it('is a short relative name, whatever the folder', () => {
    for (const os of ['linux', 'darwin'] as const) expect(listenAddress(`/home/${'x'.repeat(300)}/m`, { os })).toBe('supervisor.sock');
  });

  it('is a named pipe of the folder on Windows, which compares names ignoring case', () => {
    const address = listenAddress('C:\\Users\\U\\.docker\\machine\\machines\\m', { os: 'win32' });
    expect(address).toMatch(/^\\\\\.\\pipe\\tsmachine-[0-9a-f]{32}$/);
    expect(pipeName('c:\\users\\u\\.DOCKER\\machine\\machines\\m')).toBe(address);
    expect(pipeName('C:\\Users\\U\\.docker\\machine\\machines\\n')).not.toBe(address);
  });
});
