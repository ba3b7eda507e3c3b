import { engineTsLife } from './support/engine-ts-life.ts';

engineTsLife({ guest: 'debian-12-openrc', user: 'root', init: 'openrc' });
