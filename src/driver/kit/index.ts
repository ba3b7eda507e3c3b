/** "tsmachine/driver/kit": the driver contract as tests. */
export { type CheckResult, conformance } from './run.ts';
export type { Subject } from './subject.ts';
export { conformanceTests, type TestRunner } from './suite.ts';
