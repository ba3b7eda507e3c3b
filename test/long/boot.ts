/** `node test/long/boot.ts debian-12 [cold]`: a guest to look at by hand, until Ctrl-C. */
import { bootGuest } from './support/guest.ts';
import { type GuestName, RECIPES } from './support/recipes.ts';

const [name = '', ...words] = process.argv.slice(2);
if (!Object.hasOwn(RECIPES, name)) throw new Error(`expected one of ${Object.keys(RECIPES).join(', ')}, found '${name}'`);
const guest = await bootGuest(name as GuestName, { cold: words.includes('cold') });
const options = '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';
console.log(`ssh ${options} -i ${guest.keyPath} -p ${guest.sshPort} root@${guest.host}   # or deploy, admin, plain`);
console.log(
  `tsmachine create -d generic --generic-ip-address ${guest.host} --generic-ssh-port ${guest.sshPort} ` +
    `--generic-ssh-key ${guest.keyPath} --generic-engine-port ${guest.enginePort} NAME`,
);
process.once('SIGINT', () => void guest.dispose());
