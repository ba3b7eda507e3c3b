import { describe, expect, it } from 'vitest';
import { driverNames, loadDriver } from '../../../src/plugins/index.ts';

describe('drivers', () => {
  it('loads each one it names', async () => {
    for (const name of driverNames()) expect((await loadDriver(name)).name).toBe(name);
  });

  it("refuses an unknown one in docker-machine's words", async () => {
    await expect(loadDriver('bogus')).rejects.toThrow('Driver "bogus" not found. Do you have the plugin binary accessible in your PATH?');
    await expect(loadDriver('bogus')).rejects.toMatchObject({ code: 'DRIVER_NOT_FOUND', hint: 'Drivers here: generic, none, qemu' });
    await expect(loadDriver('qmeu')).rejects.toMatchObject({ hint: 'Did you mean "qemu"?' });
    await expect(loadDriver('toString')).rejects.toMatchObject({ code: 'DRIVER_NOT_FOUND' });
  });
});
