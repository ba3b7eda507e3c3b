import { MachineError } from '../../core/errors.ts';
import type { CheckResult } from '../../driver/kit/index.ts';
import { boolFlag, stringsFlag } from '../arguments/cli-flag.ts';
import { usageError } from '../arguments/usage-error.ts';
import type { Call } from '../call.ts';
import { jsonText } from '../json/json-text.ts';
import { MachineCommand } from '../machine-command.ts';

const MARKS = { passed: 'ok     ', failed: 'FAILED ', 'left out': 'left out' } as const;

export default class DriverTest extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    const [source, ...extra] = args.names;
    if (source === undefined || extra.length > 0) throw usageError('Expected one driver: its folder, a package or a tarball');
    const { testDriver } = await import('../../plugins/installed/test-driver.ts');
    const asJson = boolFlag(args.values, 'json');
    const results: CheckResult[] = [];
    const { log } = session;
    const quiet = { warn: log.warn, debug: log.debug, info: log.debug }; // stdout is JSON then
    const host = asJson ? { ...session.plugins, log: quiet } : session.plugins;
    await testDriver(source, stringsFlag(args.values, 'flag'), host, session.input.signal, (result) => {
      results.push(result);
      if (!asJson) session.print(`${MARKS[result.outcome]} ${result.name}: ${result.reason ?? result.rule}`);
    });
    if (asJson) session.print(jsonText(results));
    const count = (outcome: CheckResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
    const summary = `${count('passed')} passed, ${count('failed')} failed, ${count('left out')} left out`;
    if (count('passed') === results.length) {
      if (!asJson) session.print(summary);
      return;
    }
    throw new MachineError('NOT_CONFORMING', `Driver ${source}: ${summary}`, {
      ...(count('left out') > 0 && { hint: 'package.json names, as "tsmachine": { "subject": FILE }, what the checks left out need' }),
    });
  }
}
