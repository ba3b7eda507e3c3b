import { engineTsLife } from './support/engine-ts-life.ts';

engineTsLife({ guest: 'debian-13', user: 'deploy', init: 'systemd' });
