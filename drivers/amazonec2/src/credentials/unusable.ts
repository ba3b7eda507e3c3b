import { MachineError } from 'tsmachine/driver';

export function unusable(place: string, why: string): MachineError {
  return new MachineError('CLOUD_CREDENTIALS', `AWS credentials of ${JSON.stringify(place)}: ${why}`);
}
