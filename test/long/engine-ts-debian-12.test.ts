import { engineTsLife } from './support/engine-ts-life.ts';

engineTsLife({ guest: 'debian-12', user: 'root', init: 'systemd' });
