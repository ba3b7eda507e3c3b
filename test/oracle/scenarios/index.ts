/** Calls of one API version, by name. Each runs against one engine and leaves it as it found it, but for pulled images. */

import type { Target } from '../target.ts';
import { cliScenarios } from './cli.ts';
import { controlScenarios } from './control.ts';
import { createScenarios } from './create.ts';
import { execScenarios } from './exec.ts';
import { imageScenarios } from './images.ts';
import { inspectScenarios } from './inspect.ts';
import { laterScenarios } from './later.ts';
import { lifeScenarios } from './life.ts';
import { networkScenarios } from './networks.ts';
import { slowScenarios } from './slow.ts';
import { streamScenarios } from './streams.ts';
import { systemScenarios } from './system.ts';
import { volumeScenarios } from './volumes.ts';

export type Scenario = (target: Target) => Promise<void>;

export const apiScenarios: Record<string, Scenario> = {
  ...systemScenarios,
  ...imageScenarios,
  ...createScenarios,
  ...lifeScenarios,
  ...controlScenarios,
  ...inspectScenarios,
  ...streamScenarios,
  ...execScenarios,
  ...volumeScenarios,
  ...networkScenarios,
};

/** With those where the version is the client's affair, and answers that take long. */
export const scenarios: Record<string, Scenario> = { ...apiScenarios, ...cliScenarios, ...slowScenarios };

/** With those of what is yet to come. */
export const allScenarios: Record<string, Scenario> = { ...scenarios, ...laterScenarios };
