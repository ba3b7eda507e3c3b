/** Templates rendered by Go's own text/template (1.26), data by encoding/json: output and error text must be the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonFunctions, renderTemplate, TemplateError } from '../../../../src/cli/go-template/index.ts';
import { ROWS } from './rows.ts';

/** Name of the data, template, what Go wrote, phase of the error and its text. */
type Vector = [string, string, string | null, string | null, string | null];

const FOLDER = join(import.meta.dirname, '../../../data/go-template');
const vectors = readFileSync(join(FOLDER, 'vectors.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Vector => JSON.parse(line));
const data: Readonly<Record<string, unknown>> = { ...JSON.parse(readFileSync(join(FOLDER, 'data.json'), 'utf8')), ...ROWS };

function render(name: string, template: string): Vector {
  try {
    return [name, template, renderTemplate(template, data[name], { functions: jsonFunctions }), null, null];
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return [name, template, error.phase === 'parse' ? null : error.output, error.phase, error.message];
  }
}

describe('what Go renders', () => {
  it('has vectors of every kind', () => {
    expect(vectors.length).toBeGreaterThan(2000);
    for (const phase of [null, 'parse', 'execute']) expect(vectors.filter((vector) => vector[3] === phase).length).toBeGreaterThan(250);
    for (const vector of vectors) expect(data).toHaveProperty([vector[0]]);
  });

  it('is rendered alike, with the same errors', () => {
    expect(vectors.map(([name, template]) => render(name, template))).toEqual(vectors);
  });
});
