import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { builtInDrivers, driverLoader } from '../../../src/plugins/index.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const home = temporaryFolder();
const platform = { os: 'linux', arch: 'x64', env: {}, home, uid: 1000 } as const;
const loadDriver = driverLoader({ platform, runner: processRunner(silentLogger), log: silentLogger, clock: systemClock, atEnd: () => {} });

describe('drivers', () => {
  it('loads each one it names, once', async () => {
    for (const name of builtInDrivers()) expect((await loadDriver(name)).name).toBe(name);
    expect(await loadDriver('none')).toBe(await loadDriver('none'));
  });

  it("refuses an unknown one in docker-machine's words", async () => {
    await expect(loadDriver('bogus')).rejects.toThrow('Driver "bogus" not found. Do you have the plugin binary accessible in your PATH?');
    await expect(loadDriver('bogus')).rejects.toMatchObject({
      code: 'DRIVER_NOT_FOUND',
      hint: expect.stringContaining('Drivers here: amazonec2, generic, none, qemu'),
    });
    await expect(loadDriver('qmeu')).rejects.toMatchObject({ hint: 'Did you mean "qemu"?' });
    await expect(loadDriver('toString')).rejects.toMatchObject({ code: 'DRIVER_NOT_FOUND' });
  });
});
