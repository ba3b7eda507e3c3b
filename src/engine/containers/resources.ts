import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { badRequest } from '../errors.ts';
import type { HostConfig } from './types.ts';

const smallest = 6 * 1024 * 1024;

/** The controllers of the unified hierarchy that can be used here. */
export function cgroupControllers(): ReadonlySet<string> {
  try {
    return new Set(readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim().split(/\s+/).filter(Boolean));
  } catch {
    return new Set();
  }
}

/**
 * Checks limits and drops, with a warning, those this kernel's cgroups cannot hold (moby daemon/daemon_unix.go,
 * verifyPlatformContainerResources). Changes the host config. Throws 400.
 */
export function checkResources(host: HostConfig, controllers: ReadonlySet<string>): string[] {
  return [...checkMemory(host, controllers), ...checkCpu(host, controllers), ...checkPids(host, controllers)];
}

function checkMemory(host: HostConfig, controllers: ReadonlySet<string>): string[] {
  const warnings: string[] = [];
  const memory = host.Memory ?? 0;
  if (memory !== 0 && memory < smallest) throw badRequest('Minimum memory limit allowed is 6MB');
  if (memory > 0 && !controllers.has('memory')) {
    warnings.push('Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.');
    host.Memory = 0;
    host.MemorySwap = -1;
  }
  const swap = host.MemorySwap ?? 0;
  if ((host.Memory ?? 0) > 0 && swap > 0 && swap < memory)
    throw badRequest('Minimum memoryswap limit should be larger than memory limit, see usage');
  if ((host.Memory ?? 0) === 0 && swap > 0)
    throw badRequest('You should always set the Memory limit when using Memoryswap limit, see usage');
  const reservation = host.MemoryReservation ?? 0;
  if (reservation > 0 && !controllers.has('memory')) {
    warnings.push('Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.');
    host.MemoryReservation = 0;
  } else {
    if (reservation > 0 && reservation < smallest) throw badRequest('Minimum memory reservation allowed is 6MB');
    if (memory > 0 && memory < reservation)
      throw badRequest('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
  // The unified hierarchy has neither.
  if (host.MemorySwappiness === -1) host.MemorySwappiness = null;
  if (host.MemorySwappiness !== undefined && host.MemorySwappiness !== null) {
    warnings.push('Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.');
    host.MemorySwappiness = null;
  }
  if (host.OomKillDisable === true) warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
  host.OomKillDisable = null;
  return warnings;
}

function checkCpu(host: HostConfig, controllers: ReadonlySet<string>): string[] {
  const warnings: string[] = [];
  const nano = host.NanoCpus ?? 0;
  if (nano > 0 && (host.CpuPeriod ?? 0) > 0) throw badRequest('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nano > 0 && (host.CpuQuota ?? 0) > 0) throw badRequest('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nano > 0 && !controllers.has('cpu'))
    throw badRequest('NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted');
  const cpus = availableParallelism();
  if (nano < 0 || nano > cpus * 1e9) throw badRequest(`range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`);
  if ((host.CpuShares ?? 0) > 0 && !controllers.has('cpu')) {
    warnings.push('Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.');
    host.CpuShares = 0;
  }
  if (((host.CpuPeriod ?? 0) !== 0 || (host.CpuQuota ?? 0) !== 0) && !controllers.has('cpu')) {
    warnings.push('Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.');
    host.CpuPeriod = 0;
    host.CpuQuota = 0;
  }
  const period = host.CpuPeriod ?? 0;
  if (period !== 0 && (period < 1000 || period > 1_000_000)) {
    throw badRequest('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if ((host.CpuQuota ?? 0) > 0 && (host.CpuQuota ?? 0) < 1000) throw badRequest('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if ((host.CpusetCpus || host.CpusetMems) && !controllers.has('cpuset')) {
    warnings.push('Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.');
    host.CpusetCpus = '';
    host.CpusetMems = '';
  }
  return warnings;
}

function checkPids(host: HostConfig, controllers: ReadonlySet<string>): string[] {
  const limit = host.PidsLimit ?? null;
  if (limit === null) return [];
  host.PidsLimit = limit <= 0 ? null : limit;
  if (limit <= 0 || controllers.has('pids')) return [];
  host.PidsLimit = null;
  return ['Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.'];
}
