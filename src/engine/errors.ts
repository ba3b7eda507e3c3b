/** An answer of the engine that is not a success: becomes `{"message": …}` with this HTTP status, as dockerd's errdefs do. */
export class EngineError extends Error {
  readonly status: number;
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.status = status;
  }
}

export const notFound = (message: string): EngineError => new EngineError(404, message);
export const conflict = (message: string): EngineError => new EngineError(409, message);
export const badRequest = (message: string): EngineError => new EngineError(400, message);
export const internal = (message: string, cause?: unknown): EngineError => new EngineError(500, message, { cause });
