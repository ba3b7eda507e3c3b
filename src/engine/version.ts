import manifest from '../../package.json' with { type: 'json' };

/** What `docker version` shows for the engine: this package's version. */
export const engineVersion: string = manifest.version;

/** Engine API versions (minor of 1.x): what is answered in full, what is told to clients as the minimum, what is still let in. */
export const api = { maximum: 51, minimum: 24, tolerated: 12 } as const;
export const apiVersion = `1.${api.maximum}`;
export const minimumApiVersion = `1.${api.minimum}`;
