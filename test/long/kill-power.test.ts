import { killTenTimes } from './support/kill-part.ts';

killTenTimes(['stop', 'start', 'restart', 'kill']);
