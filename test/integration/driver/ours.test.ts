/** Our own drivers keep the contract. Where one boots VMs, what needs none is checked here, and all of it in test/long. */
import { connect } from 'node:net';
import generic from '@tsmachine/driver-generic';
import none from '@tsmachine/driver-none';
import qemu from '@tsmachine/driver-qemu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conformanceTests, type Subject } from '../../../src/driver/kit/index.ts';
import { Conformance } from '../../../src/driver/kit/run.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';

conformanceTests({ describe, it }, { driver: none, flags: { url: 'tcp://127.0.0.1:2376' }, leftovers: () => [] });

describe('generic', () => {
  let sshd: TestSshd;
  const flags: Record<string, string | number> = { 'generic-ip-address': '127.0.0.1' };
  beforeAll(async () => {
    sshd = await startSshd();
    Object.assign(flags, { 'generic-ssh-port': sshd.port, 'generic-ssh-user': sshd.user, 'generic-ssh-key': sshd.keyPath });
  });
  afterAll(() => sshd.stop());
  const subject: Subject = {
    driver: generic,
    flags,
    leftovers: () => [],
    context: (own) => ({
      ...own,
      reachable: ({ port, host }) =>
        new Promise((answer) => {
          const socket = connect(port, host, () => answer(socket.destroy() instanceof Object));
          socket.once('error', () => answer(false));
        }),
    }),
  };
  conformanceTests({ describe, it }, subject);
});

describe('qemu', () => {
  it.each(['definition', 'flags', 'open', 'configure', 'pre-create check', 'never made', 'plan', 'silence', 'processes'])(
    'keeps the rule "%s"',
    async (name) => {
      const run = new Conformance({ driver: qemu, leftovers: () => [] });
      const check = run.checks().find((found) => found.name === name);
      expect(check && (await run.run(check))).toMatchObject({ outcome: 'passed' });
      await run.close();
    },
  );
});
