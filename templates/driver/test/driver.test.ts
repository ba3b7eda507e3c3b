import { describe, it } from 'node:test';
import { conformanceTests } from 'tsmachine/driver/kit';
import subject from './subject.ts';

conformanceTests({ describe, it }, subject);
