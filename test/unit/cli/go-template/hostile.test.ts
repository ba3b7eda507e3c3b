/** Whatever the template, rendering ends with a text or a TemplateError. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate, jsonFunctions, renderTemplate, TemplateError } from '../../../../src/cli/go-template/index.ts';

const functions = jsonFunctions;

function outcome(template: string, data: unknown): string {
  try {
    return renderTemplate(template, data, { functions });
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

const PIECES =
  '{{|}}|{{- | -}}|{{end}}|{{else}}|{{if |{{range |{{with |{{define "a"}}|{{template "a" .}}|{{block "b" .}}|{{/*|*/|.|.a|.a.b|$|$x|:=|=|,|||' +
  '(|)|"|`|\'|nil|true|1|-1|1.5|0x|index |slice |len |printf |"%v" |"%*d" |eq |lt |and |or |json |join |html |break|continue| |\n|é|𝄞|\\|%';
const hostileTemplate = fc.array(fc.oneof(fc.constantFrom(...PIECES.split('|')), fc.string({ maxLength: 4 })), { maxLength: 24 });

describe('any template', () => {
  it('renders or fails with a TemplateError', () => {
    fc.assert(
      fc.property(hostileTemplate, fc.jsonValue(), (pieces, data) => {
        expect(outcome(pieces.join(''), data)).toBeTypeOf('string');
      }),
      { numRuns: 3000 },
    );
  });

  it('without actions is itself', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('{{')),
        (text) => {
          expect(renderTemplate(text, null)).toBe(text);
        },
      ),
    );
  });

  it('prints a string of the data as it is, and quoted so that it reads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(renderTemplate('{{.x}}', { x: text })).toBe(text);
        expect(renderTemplate(`{{${renderTemplate('{{printf "%q" .x}}', { x: text })}}}`, null)).toBe(text);
        expect(JSON.parse(renderTemplate('{{json .}}', { x: text }, { functions }))).toEqual({ x: text });
      }),
    );
  });

  it('prints a number so that it reads back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        for (const verb of ['%v', '%g', '%.17g', '%e', '%.16e', '%f']) {
          const read = Number(renderTemplate(`{{printf "${verb}" .}}`, number));
          if (verb !== '%e' && verb !== '%f') expect(read).toBe(number);
          else expect(Math.abs(read - number)).toBeLessThanOrEqual(verb === '%f' ? Math.max(5e-7, 0) : Math.abs(number) * 1e-6);
        }
      }),
    );
  });
});

describe('a hostile template', () => {
  it.each([
    ['recursion', '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}', 'exceeded maximum template depth'],
    ['recursion with work', '{{define "a"}}{{range 9}}{{template "a" .}}{{end}}{{end}}{{template "a" .}}', 'exceeded maximum'],
    ['a long loop', '{{range 9000000000000}}{{end}}', 'exceeded maximum number of steps'],
    ['nested loops', '{{range 9999}}{{range 9999}}{{range 9999}}x{{end}}{{end}}{{end}}', 'exceeded maximum number of steps'],
    ['doubling text', '{{$x := "ab"}}{{range 99}}{{$x = print $x $x}}{{end}}', 'exceeded maximum amount of text'],
    ['wide fields', '{{range 999}}{{printf "%999999d" 1}}{{end}}', 'exceeded maximum amount of text'],
    ['deep parentheses', `{{${'('.repeat(100_000)}1${')'.repeat(100_000)}}}`, 'max expression depth exceeded'],
    ['deep ifs', `${'{{if 1}}'.repeat(100_000)}${'{{end}}'.repeat(100_000)}`, 'max expression depth exceeded'],
    ['deep blocks', `${'{{block "a" .}}'.repeat(50_000)}`, 'max expression depth exceeded'],
    ['many else ifs', `{{if 0}}${'{{else if 0}}'.repeat(100_000)}{{end}}`, 'max expression depth exceeded'],
  ])('ends: %s', (_, template, problem) => {
    expect(outcome(template, null)).toContain(problem);
  });

  it('ends on data nested beyond the stack', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = { a: deep };
    expect(outcome('{{.}}', deep)).toContain('nested too deeply');
    expect(outcome('{{json .}}', deep)).toContain('nested too deeply');
  });

  it('takes long plain input in its stride', () => {
    expect(outcome(`${' '.repeat(1_000_000)}{{- "x"}}`, null)).toBe('x');
    expect(outcome('{{.a}}'.repeat(20_000), { a: 'y' })).toBe('y'.repeat(20_000));
  });
});

describe('the options', () => {
  it('compiles once and renders many', () => {
    const render = compileTemplate('{{.n}} of {{len .l}}');
    expect(
      [
        { n: 1, l: [] },
        { n: 2, l: ['x'] },
      ].map(render),
    ).toEqual(['1 of 0', '2 of 1']);
  });

  it('names the template in errors', () => {
    expect(() => renderTemplate('{{', null, { name: 'mine' })).toThrow('template: mine:1: unclosed action');
  });

  it('takes functions of plain TypeScript, counting their arguments', () => {
    const own = { shout: (text: string) => `${text}!`, count: (...items: unknown[]) => items.length };
    expect(renderTemplate('{{shout .}} {{count 1 2 3}}', 'hi', { functions: own })).toBe('hi! 3');
    expect(() => renderTemplate('{{shout 1 2}}', null, { functions: own })).toThrow('wrong number of args for shout: want 1 got 2');
  });

  it('never reaches what objects inherit', () => {
    expect(renderTemplate('{{.constructor}} {{.toString}} {{.__proto__}}', {})).toBe('<no value> <no value> <no value>');
  });
});
