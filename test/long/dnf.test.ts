import { packageManagerLife } from './support/package-managers.ts';

packageManagerLife('dnf');
