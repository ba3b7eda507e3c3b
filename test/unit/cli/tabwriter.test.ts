import { describe, expect, it } from 'vitest';
import { tabwriter } from '../../../src/cli/render/tabwriter.ts';

describe('tabwriter', () => {
  it('lays out a table as docker-machine ls', () => {
    const lines = [
      'NAME\tACTIVE\tDRIVER\tSTATE\tURL\tSWARM\tDOCKER\tERRORS',
      'c1\t\tnot found\tError\t\t\t\tError getting migrated host: unexpected end of JSON input',
      'm1\t*\tgeneric\tRunning\ttcp://127.0.0.1:12376\t\tv20.10.24+dfsg1\t',
      'm2\t-\tgeneric\tStopped\t\t\tUnknown\t',
    ];
    expect(tabwriter(lines, { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' })).toEqual([
      'NAME   ACTIVE   DRIVER      STATE     URL                     SWARM   DOCKER            ERRORS',
      'c1              not found   Error                                                       Error getting migrated host: unexpected end of JSON input',
      'm1     *        generic     Running   tcp://127.0.0.1:12376           v20.10.24+dfsg1   ',
      'm2     -        generic     Stopped                                   Unknown           ',
    ]);
  });

  it('lays out help with tabs', () => {
    const lines = ['', '   --force, -f\tRemove', '   -y\tYes', '', 'a\tb'];
    expect(tabwriter(lines, { minWidth: 0, tabWidth: 8, padding: 1, pad: '\t' })).toEqual([
      '',
      '   --force, -f\tRemove',
      '   -y\t\tYes',
      '',
      'a\tb',
    ]);
  });

  it('ends a column where a line has no cell in it', () => {
    expect(tabwriter(['aaaa\tb', 'x', 'a\tb'], { minWidth: 0, tabWidth: 8, padding: 1, pad: ' ' })).toEqual(['aaaa b', 'x', 'a b']);
  });
});
