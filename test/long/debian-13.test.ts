import { dockerLife } from './support/docker-life.ts';

dockerLife({ guest: 'debian-13', user: 'deploy', provisioner: 'debian' });
