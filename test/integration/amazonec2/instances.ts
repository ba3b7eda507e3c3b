/** Servers behind the addresses that EC2 gives: what an instance boots into, with what cloud-init does there. */
import { parseXml, type XmlElement } from '../../../drivers/amazonec2/src/xml.ts';
import type { AwsCall, FakeAws } from '../../support/moto.ts';
import { bootServer, type Server } from '../../support/server.ts';

export interface Instances {
  readonly servers: ReadonlyMap<string, Server>;
  dispose(): Promise<void>;
}

/** From now on each instance that is launched is a server with a user `admin` that the imported key lets in. */
export function runInstances(aws: FakeAws): Instances {
  const keys = new Map<string, string>();
  const servers = new Map<string, Server>();
  const consoles = new Map<string, string>();
  const fromHere: Promise<unknown>[] = [];
  const boot = async (item: XmlElement, key: string) => {
    const id = item.value('instanceId');
    const server = await bootServer({ address: item.value('ipAddress') });
    servers.set(id, server);
    const login = `usermod -aG sudo admin && echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin && cat >/home/admin/.ssh/authorized_keys`;
    await server.must(login, { input: key });
    const hostKey = await server.must('cat /etc/ssh/ssh_host_ed25519_key.pub');
    consoles.set(id, `[   12.3] cloud-init\n-----BEGIN SSH HOST KEY KEYS-----\r\n${hostKey}\r\n-----END SSH HOST KEY KEYS-----\r\n`);
  };
  const answered = async ({ action, form }: AwsCall, answer: string) => {
    if (action === 'ImportKeyPair')
      keys.set(form.get('KeyName') ?? '', Buffer.from(form.get('PublicKeyMaterial') ?? '', 'base64').toString());
    if (action === 'RunInstances')
      for (const item of parseXml(answer).list('instancesSet'))
        fromHere.push(boot(await described(aws, item), keys.get(form.get('KeyName') ?? '') ?? ''));
    if (action === 'TerminateInstances')
      for (const item of parseXml(answer).list('instancesSet')) await servers.get(item.value('instanceId'))?.dispose();
    if (action === 'StopInstances')
      for (const item of parseXml(answer).list('instancesSet')) await servers.get(item.value('instanceId'))?.powerOff();
    if (action === 'StartInstances')
      for (const item of parseXml(answer).list('instancesSet')) {
        const server = servers.get(item.value('instanceId'));
        const now = await described(aws, item);
        if (server) fromHere.push(server.boot(now.value('ipAddress')).then(() => server.must('rc-service docker start'))); // as its init would
      }
  };
  Object.assign(aws, { answered, console: (id: string) => consoles.get(id) ?? '' });
  return {
    servers,
    async dispose() {
      await Promise.allSettled(fromHere);
      for (const server of servers.values()) await server.dispose();
    },
  };
}

/** The address is known after the launch. */
async function described(aws: FakeAws, launched: XmlElement): Promise<XmlElement> {
  const answer = parseXml(await aws.ask('DescribeInstances', { 'InstanceId.1': launched.value('instanceId') }));
  return answer.find('reservationSet/item/instancesSet/item') ?? launched;
}
