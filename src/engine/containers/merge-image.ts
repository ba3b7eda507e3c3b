import type { ImageRunConfig } from '../contracts.ts';
import type { ContainerConfig } from './types.ts';

const keyOf = (line: string): string => line.split('=', 1)[0] ?? '';

/** Completes a container's config from its image's, as dockerd does (moby daemon/commit.go, merge). */
export function mergeImageConfig(user: ContainerConfig, image: ImageRunConfig): ContainerConfig {
  const merged: ContainerConfig = { ...user };
  if (!merged.User) merged.User = image.User ?? '';
  if (image.ExposedPorts) merged.ExposedPorts = { ...image.ExposedPorts, ...user.ExposedPorts };
  const own = user.Env ?? [];
  const keys = new Set(own.map(keyOf));
  merged.Env = own.length === 0 ? (image.Env ?? []) : [...own, ...(image.Env ?? []).filter((line) => !keys.has(keyOf(line)))];
  merged.Labels = { ...image.Labels, ...user.Labels };
  if ((user.Entrypoint ?? []).length === 0) {
    if ((user.Cmd ?? []).length === 0) {
      merged.Cmd = image.Cmd ?? null;
      if (image.ArgsEscaped) merged.ArgsEscaped = true;
    }
    // A null entrypoint asks for the image's; an empty list or [""] clears it.
    if (user.Entrypoint === undefined || user.Entrypoint === null) merged.Entrypoint = image.Entrypoint ?? null;
  }
  if (image.Healthcheck !== undefined && user.Healthcheck === undefined) merged.Healthcheck = image.Healthcheck;
  if (!merged.WorkingDir) merged.WorkingDir = image.WorkingDir ?? '';
  if (image.Volumes) merged.Volumes = { ...image.Volumes, ...user.Volumes };
  if (!merged.StopSignal && image.StopSignal) merged.StopSignal = image.StopSignal;
  if (image.Shell && !user.Shell) merged.Shell = image.Shell;
  return merged;
}

/** The words to run: entrypoint and command; `[""]` as entrypoint means none. */
export function commandLine(config: ContainerConfig): string[] {
  const entrypoint = config.Entrypoint ?? [];
  const clean = entrypoint.length === 1 && entrypoint[0] === '' ? [] : entrypoint;
  return [...clean, ...(config.Cmd ?? [])];
}
