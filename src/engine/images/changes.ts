import type { ImageRunConfig } from '../contracts.ts';
import { badRequest } from '../errors.ts';

type Apply = (config: ImageRunConfig, rest: string) => void;

/** What `--change` of import and commit may say (Dockerfile reference). */
const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  CMD: (config, rest) => {
    config.Cmd = command(rest);
  },
  ENTRYPOINT: (config, rest) => {
    config.Entrypoint = command(rest);
  },
  ENV: (config, rest) => {
    for (const [key, value] of pairs(rest)) {
      config.Env = [...(config.Env ?? []).filter((line) => !line.startsWith(`${key}=`)), `${key}=${value}`];
    }
  },
  LABEL: (config, rest) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairs(rest)) };
  },
  EXPOSE: (config, rest) => {
    const ports = rest.split(/\s+/).map((port) => (port.includes('/') ? port : `${port}/tcp`));
    config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
  },
  VOLUME: (config, rest) => {
    const paths = rest.startsWith('[') ? jsonList(rest) : rest.split(/\s+/);
    config.Volumes = { ...config.Volumes, ...Object.fromEntries((paths ?? []).map((path) => [path, {}])) };
  },
  USER: (config, rest) => {
    config.User = rest;
  },
  WORKDIR: (config, rest) => {
    config.WorkingDir = rest.startsWith('/') ? rest : `${config.WorkingDir ?? ''}/${rest}`;
  },
  ONBUILD: (config, rest) => {
    config.OnBuild = [...(config.OnBuild ?? []), rest];
  },
  STOPSIGNAL: (config, rest) => {
    config.StopSignal = rest;
  },
};

/** Applies one instruction to a config. Throws EngineError 400 for one that is not allowed there. */
export function applyChange(config: ImageRunConfig, change: string): void {
  const match = /^\s*([a-zA-Z]+)\s+(.*\S)\s*$/s.exec(change);
  const name = (match?.[1] ?? change.trim().split(/\s/)[0] ?? '').toUpperCase();
  const apply = INSTRUCTIONS[name];
  if (!apply) throw badRequest(`${name.toLowerCase()} is not a valid change command`);
  if (!match?.[2]) throw badRequest(`${name} requires at least one argument`);
  apply(config, match[2]);
}

function jsonList(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Exec form is a JSON list; anything else goes to the shell. */
const command = (text: string): string[] => jsonList(text) ?? ['/bin/sh', '-c', text];

/** `KEY=value KEY2="two words"`, or the old `KEY the whole rest`. */
function pairs(text: string): [string, string][] {
  const first = /^([^\s=]+)\s+(.*)$/s.exec(text);
  if (first) return [[first[1] ?? '', first[2] ?? '']];
  const found = [...text.matchAll(/([^\s=]+)=((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])*)/g)];
  return found.map((match) => [unquote(match[1] ?? ''), unquote(match[2] ?? '')]);
}

const unquote = (text: string): string =>
  text.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, escaped?: string) =>
    double !== undefined ? double.replace(/\\(["\\$])/g, '$1') : (single ?? escaped ?? ''),
  );
