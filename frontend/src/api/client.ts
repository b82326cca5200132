/**
 * The one way to the HTTP API: typed paths in, shapes out, refusals as `Problem`.
 *
 * Nothing here keeps state; who is signed in is `stores/session`.
 */

/** What the API said no with (RFC 9457), or what kept us from asking it (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly traceId: string | null = null,
  ) {
    super(message);
    this.name = 'Problem';
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

export interface ApiOptions {
  fetch: Fetch;
  /** Called when an answer says that nobody is signed in (any more). */
  onUnauthenticated?: () => void;
}

/** A client for the API at `/api`; every refusal is thrown as `Problem` with the server's own sentence. */
export function createApi({ fetch, onUnauthenticated }: ApiOptions): Api {
  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await send(fetch, method, path, body);
    if (response.ok) return (await read(response)) as T;
    if (response.status === 401 && path !== '/auth') onUnauthenticated?.();
    throw await problemOf(response);
  }

  return {
    get: (path) => ask('GET', path),
    post: (path, body = {}) => ask('POST', path, body),
    put: (path, body) => ask('PUT', path, body),
    patch: (path, body) => ask('PATCH', path, body),
    delete: (path) => ask('DELETE', path),
  };
}

async function send(fetch: Fetch, method: string, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', 'x-requested-with': 'dispatch' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetch(`/api${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body), credentials: 'same-origin' });
  } catch {
    throw new Problem(0, 'unreachable', 'The server cannot be reached. Check that it is running, then try again.');
  }
}

async function read(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  return response.json();
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = `The server answered ${response.status}${response.statusText ? ` ${response.statusText}` : ''}.`;
  try {
    const said = (await response.json()) as { detail?: unknown; title?: unknown; code?: unknown; trace_id?: unknown };
    const detail = [said.detail, said.title].find((text): text is string => typeof text === 'string' && text !== '');
    return new Problem(
      response.status,
      typeof said.code === 'string' ? said.code : 'unknown',
      detail ?? fallback,
      typeof said.trace_id === 'string' ? said.trace_id : null,
    );
  } catch {
    return new Problem(response.status, 'unknown', fallback);
  }
}

/** The sentence to show a person for anything that was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
