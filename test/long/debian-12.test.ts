import { dockerLife } from './support/docker-life.ts';

dockerLife({ guest: 'debian-12', user: 'root', provisioner: 'debian' });
