import type { MachineState } from '../../driver/index.ts';
import { compileTemplate, goDuration, goInt, goPointer, goSlice, goStruct, TemplateError } from '../go-template/index.ts';
import { tabwriter } from '../render/tabwriter.ts';
import { LIST_TABLE } from './list-table.ts';
import type { MachineRow } from './machine-rows.ts';

const HEADERS: Readonly<Record<string, string>> = {
  Name: 'NAME',
  Active: 'ACTIVE',
  ActiveHost: 'ACTIVE_HOST',
  ActiveSwarm: 'ACTIVE_SWARM',
  DriverName: 'DRIVER',
  State: 'STATE',
  URL: 'URL',
  SwarmOptions: 'SWARM_OPTIONS',
  Swarm: 'SWARM',
  EngineOptions: 'ENGINE_OPTIONS',
  Error: 'ERRORS',
  DockerVersion: 'DOCKER',
  ResponseTime: 'RESPONSE',
};

/**
 * Rows through a Go template; with the word `table` in front also a header, aligned. Throws TemplateError, with what had been
 * written in `output`.
 */
export function formatRows(format: string, rows: readonly MachineRow[]): string {
  const table = format.startsWith('table');
  const text = (table ? format.slice('table'.length) : format).replace(/^ +| +$/g, '');
  const render = compileTemplate(`${text.replaceAll('\\t', '\t').replaceAll('\\n', '\n')}\n`);
  const data = [...(table ? [HEADERS] : []), ...rows.map(listItem)];
  let written = '';
  const layOut = () => (table ? tabwriter(written.split('\n'), LIST_TABLE).join('\n') : written);
  try {
    for (const item of data) written += render(item);
    return layOut();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    written += error.output;
    throw new TemplateError(error.phase, error.message, layOut());
  }
}

/** The row as docker-machine's struct, whose type and fields its error texts name. */
function listItem(row: MachineRow) {
  const options = row.machine?.config.hostOptions;
  return goStruct('commands.HostListItem', {
    Name: row.name,
    Active: row.active,
    ActiveHost: row.activeHost,
    ActiveSwarm: row.activeSwarm,
    DriverName: row.driverName,
    State: goInt(STATES.indexOf(row.state), 'state.State', { String: () => (row.state === 'None' ? '' : row.state) }),
    URL: row.url,
    SwarmOptions: goPointer('swarm.Options', options ? goFields(options.SwarmOptions) : null),
    Swarm: row.swarm,
    EngineOptions: goPointer('engine.Options', options ? goFields(options.EngineOptions) : null),
    Error: row.error,
    DockerVersion: row.dockerVersion,
    ResponseTime: goDuration(row.responseTime),
  });
}

/** Values of docker-machine's state type. */
const STATES: readonly MachineState[] = ['None', 'Running', 'Paused', 'Saved', 'Stopped', 'Stopping', 'Starting', 'Error', 'Timeout'];

/** Fields that config.json calls otherwise than docker-machine's structs. */
const FIELD_NAMES: Readonly<Record<string, string>> = { Dns: 'DNS', TlsVerify: 'TLSVerify' };

/** Every list in these structs is one of strings, every whole number an int but Overcommit. */
function goFields(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      const name = FIELD_NAMES[key] ?? key;
      if (Array.isArray(value) || value === null) return [name, goSlice('string', value ?? [])];
      return [name, typeof value === 'number' && key !== 'Overcommit' ? goInt(value) : value];
    }),
  );
}
