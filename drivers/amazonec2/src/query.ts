/** AWS's EC2 query protocol: nested parameters as flat ones, lists counted from 1. */

export type Parameter = string | number | boolean | undefined | readonly Parameter[] | { readonly [name: string]: Parameter };

export type Parameters = Readonly<Record<string, Parameter>>;

/** `{ Filter: [{ Name: 'x', Value: ['y'] }] }` → `Filter.1.Name=x&Filter.1.Value.1=y`. What is undefined is left out. */
export function queryBody(action: string, version: string, parameters: Parameters): string {
  const flat = new URLSearchParams({ Action: action, Version: version });
  const add = (path: string, value: Parameter): void => {
    if (value === undefined) return;
    if (Array.isArray(value)) for (const [at, item] of (value as Parameter[]).entries()) add(`${path}.${at + 1}`, item);
    else if (typeof value === 'object') for (const [name, inner] of Object.entries(value)) add(`${path}.${name}`, inner);
    else flat.append(path, String(value));
  };
  for (const [name, value] of Object.entries(parameters)) add(name, value);
  return flat.toString();
}

export const filter = (name: string, ...values: string[]): Parameter => ({ Name: name, Value: values });
