import type { SpecHostConfig } from './input.ts';
import type { OciDeviceRule, OciResources } from './oci.ts';

const PERIOD_US = 100_000;

function memoryOf(config: SpecHostConfig): OciResources['memory'] {
  const memory: NonNullable<OciResources['memory']> = {};
  if (config.Memory && config.Memory > 0) memory.limit = config.Memory;
  if (config.MemoryReservation && config.MemoryReservation > 0) memory.reservation = config.MemoryReservation;
  if (config.MemorySwap && config.MemorySwap > 0) memory.swap = config.MemorySwap;
  // -1 is the API's "kernel's default"
  if (typeof config.MemorySwappiness === 'number' && config.MemorySwappiness >= 0) memory.swappiness = config.MemorySwappiness;
  if (config.OomKillDisable) memory.disableOOMKiller = true;
  return Object.keys(memory).length > 0 ? memory : undefined;
}

function cpuOf(config: SpecHostConfig): OciResources['cpu'] {
  const cpu: NonNullable<OciResources['cpu']> = {};
  if (config.CpuShares) cpu.shares = config.CpuShares;
  if (config.CpusetCpus) cpu.cpus = config.CpusetCpus;
  if (config.CpusetMems) cpu.mems = config.CpusetMems;
  if (config.NanoCpus && config.NanoCpus > 0) {
    cpu.period = PERIOD_US;
    cpu.quota = Math.trunc((config.NanoCpus * PERIOD_US) / 1e9);
  }
  if (config.CpuPeriod) cpu.period = config.CpuPeriod;
  if (config.CpuQuota) cpu.quota = config.CpuQuota;
  return Object.keys(cpu).length > 0 ? cpu : undefined;
}

/** Limits of the container's cgroup; the runtime translates them to cgroup v2's files. */
export function containerResources(config: SpecHostConfig, devices: OciDeviceRule[]): OciResources {
  const resources: OciResources = { devices };
  const memory = memoryOf(config);
  const cpu = cpuOf(config);
  if (memory) resources.memory = memory;
  if (cpu) resources.cpu = cpu;
  if (typeof config.PidsLimit === 'number' && config.PidsLimit > 0) resources.pids = { limit: config.PidsLimit };
  if (config.BlkioWeight) resources.blockIO = { weight: config.BlkioWeight };
  return resources;
}
