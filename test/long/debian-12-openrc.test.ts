import { dockerLife } from './support/docker-life.ts';

dockerLife({ guest: 'debian-12-openrc', user: 'root', provisioner: 'debian', plainLabel: true });
