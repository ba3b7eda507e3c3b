import { killTenTimes } from './support/kill-part.ts';

killTenTimes(['regenerate-certs', 'upgrade', 'rm', 'create']);
