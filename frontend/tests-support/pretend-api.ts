/** An API for the stores' tests: answers by method and path, notes what was asked, and can be made to wait. */

import { Problem, type Api } from '#api/client.ts';

type Answer = unknown | ((body: unknown) => unknown);

export class PretendApi implements Api {
  asked: { method: string; path: string; body: unknown }[] = [];
  #answers = new Map<string, Answer>();
  #gates = new Map<string, Promise<void>>();

  /** `answer('GET /chats', {…})`: a function is given the body; a Problem is thrown. */
  answer(what: string, answer: Answer): this {
    this.#answers.set(what, answer);
    return this;
  }

  /** The answer comes only when the returned function is called. */
  hold(what: string): () => void {
    let open = (): void => undefined;
    this.#gates.set(what, new Promise((resolve) => (open = resolve)));
    return () => {
      this.#gates.delete(what);
      open();
    };
  }

  get<T>(path: string): Promise<T> {
    return this.#ask('GET', path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.#ask('POST', path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.#ask('PUT', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#ask('PATCH', path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.#ask('DELETE', path);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const what = `${method} ${path}`;
    this.asked.push({ method, path, body });
    const answer = this.#answers.get(what);
    const said = typeof answer === 'function' ? (answer as (body: unknown) => unknown)(body) : structuredCloneOf(answer);
    await this.#gates.get(what);
    if (said instanceof Problem) throw said;
    if (said === undefined) throw new Problem(404, 'not_found', `Nothing answers ${what}.`);
    return said as T;
  }
}

function structuredCloneOf(answer: unknown): unknown {
  return answer instanceof Problem ? answer : structuredClone(answer);
}
