import { MachineError } from '../../core/errors.ts';

/** A template that cannot be parsed or evaluated; the message is the one Go's text/template gives. */
export class TemplateError extends MachineError {
  /** `parse` errors are known before any data is seen; docker-machine words the two differently. */
  readonly phase: 'parse' | 'execute';
  /** What had been written when evaluation failed: Go writes as it goes, so its callers show this before the error. */
  readonly output: string;

  constructor(phase: 'parse' | 'execute', message: string, output = '') {
    super('template', message);
    this.name = 'TemplateError';
    this.phase = phase;
    this.output = output;
  }
}

/** What a template function throws to fail as Go's do: the evaluator adds the place and the function's name. */
export class FunctionError extends Error {}
