/** Every leaf that is not compared, with the reason. The README's table and test/oracle/README.md repeat this list. */

export interface Ignored {
  /** Calls it applies to; all when left out. */
  call?: RegExp;
  leaf: RegExp;
  reason: string;
}

export const ignored: Ignored[] = [
  { leaf: /^header\.server$/, reason: 'names the version and the kind of engine' },
  { leaf: /\.Pid$/, reason: 'a process id' },
  { call: /^GET info$/, leaf: /^body\.ID$/, reason: 'random, made at the first start' },
];
