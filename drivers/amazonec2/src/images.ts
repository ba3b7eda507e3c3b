import { MachineError } from 'tsmachine/driver';
import { allPages } from 'tsmachine/driver/cloud';
import type { Ec2 } from './instances.ts';
import { filter } from './query.ts';
import type { XmlElement } from './xml.ts';

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly rootDevice: string;
  /** Who logs in. */
  readonly user: string;
}

export interface InstanceType {
  /** EC2's word: `x86_64`, `arm64`; also `i386`. */
  readonly architectures: readonly string[];
  /** Its console can be read while it runs. */
  readonly nitro: boolean;
}

interface Publisher {
  /** Account ids by partition: AWS's own, China, US government. */
  readonly owners: Readonly<Record<'aws' | 'cn' | 'gov', string>>;
  readonly user: string;
  readonly release: RegExp;
  name(release: string, arch: string): string;
}

/** `debian-13` and the like; the publishers document these accounts and names. */
const PUBLISHERS: readonly Publisher[] = [
  {
    release: /^ubuntu-(\d\d\.\d\d)$/,
    user: 'ubuntu',
    owners: { aws: '099720109477', cn: '837727238323', gov: '513442679011' },
    name: (release, arch) => `ubuntu/images/hvm-ssd*/ubuntu-*-${release}-${arch}-server-*`,
  },
  {
    release: /^debian-(\d+)$/,
    user: 'admin',
    owners: { aws: '136693071363', cn: '135280364854', gov: '045324592363' },
    name: (release, arch) => `debian-${release}-${arch}-*`,
  },
];

export const DEFAULT_IMAGE = 'ubuntu-24.04';

/** Throws DRIVER_FLAG for a type that this region does not have. */
export async function instanceType(ec2: Ec2, name: string, region: string): Promise<InstanceType> {
  const refuse = () => new MachineError('DRIVER_FLAG', `--amazonec2-instance-type: there is no type ${name} in ${region}`);
  const answer = await ec2('DescribeInstanceTypes', { InstanceType: [name] }, ['InvalidInstanceType']).catch((error: unknown) => {
    throw (error as { awsCode?: string }).awsCode === 'InvalidInstanceType' ? refuse() : error;
  });
  const [found] = answer.list('instanceTypeSet');
  if (!found) throw refuse();
  const architectures = found.list('processorInfo/supportedArchitectures').map(({ text }) => text.trim());
  return { architectures, nitro: found.value('hypervisor') !== 'xen' };
}

/** The image of an id, or the newest of a release for this type of instance. Throws DRIVER_FLAG. */
export async function findImage(ec2: Ec2, wish: string, type: InstanceType, region: string): Promise<Image> {
  const arch = type.architectures.includes('arm64') ? 'arm64' : 'x86_64';
  if (/^ami-[0-9a-f]{8,17}$/.test(wish)) return imageById(ec2, wish, arch);
  const publisher = PUBLISHERS.find(({ release }) => release.test(wish));
  if (!publisher)
    throw new MachineError(
      'DRIVER_FLAG',
      `--amazonec2-ami: expected an id such as ami-0123456789abcdef0, ubuntu-24.04 or debian-13, found ${JSON.stringify(wish)}`,
    );
  const release = publisher.release.exec(wish)?.[1] ?? '';
  const owner = publisher.owners[region.startsWith('cn-') ? 'cn' : region.startsWith('us-gov-') ? 'gov' : 'aws'];
  const filters = [
    filter('name', publisher.name(release, arch === 'arm64' ? 'arm64' : 'amd64')),
    filter('architecture', arch),
    filter('state', 'available'),
    filter('root-device-type', 'ebs'),
    filter('virtualization-type', 'hvm'),
  ];
  const found = await allPages(async (NextToken) => {
    const answer = await ec2('DescribeImages', { Owner: [owner], Filter: filters, NextToken });
    return { items: answer.list('imagesSet'), next: answer.value('nextToken') };
  });
  const newest = found.toSorted((a, b) => (a.value('creationDate') < b.value('creationDate') ? 1 : -1))[0];
  if (!newest)
    throw new MachineError('DRIVER_FLAG', `--amazonec2-ami: ${region} has no image of ${wish} for ${arch}`, {
      hint: 'give the id of an image',
    });
  return imageOf(newest, publisher.user);
}

async function imageById(ec2: Ec2, id: string, arch: string): Promise<Image> {
  const refuse = (why: string) => new MachineError('DRIVER_FLAG', `--amazonec2-ami: ${id} ${why}`);
  const missing = ['InvalidAMIID.NotFound', 'InvalidAMIID.Malformed', 'InvalidAMIID.Unavailable'];
  const answer = await ec2('DescribeImages', { ImageId: [id] }, missing).catch((error: unknown) => {
    throw missing.includes((error as { awsCode?: string }).awsCode ?? '') ? refuse('is not in this region') : error;
  });
  const [found] = answer.list('imagesSet');
  if (!found) throw refuse('is not in this region');
  const built = found.value('architecture');
  if (built !== arch && !(arch === 'x86_64' && built === 'i386')) throw refuse(`is for ${built}, and the instance type for ${arch}`);
  return imageOf(found, /debian/i.test(found.value('name')) ? 'admin' : 'ubuntu');
}

const imageOf = (item: XmlElement, user: string): Image => ({
  id: item.value('imageId'),
  name: item.value('name'),
  rootDevice: item.value('rootDeviceName') || '/dev/sda1',
  user,
});
