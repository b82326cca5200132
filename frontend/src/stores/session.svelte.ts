/** Who is signed in, and the way in and out. */

import type { Api } from '#api/client.ts';
import type { Person, Session as Answer } from '#api/shapes.ts';

/** What a role may do beyond reading; the server has the last word. */
const RIGHTS: Record<Person['role'], Right[]> = {
  viewer: [],
  operator: ['issues', 'spawn'],
  approver: ['issues', 'spawn', 'plans'],
  admin: ['issues', 'spawn', 'plans', 'admin'],
};
export type Right = 'issues' | 'spawn' | 'plans' | 'admin';

export class Session {
  /** Null until the server has been asked once. */
  isSignedIn = $state<boolean | null>(null);
  person = $state<Person | null>(null);

  constructor(private readonly api: Api) {}

  /** Knows afterwards whether this browser is signed in. */
  async check(): Promise<void> {
    this.#take(await this.api.get<Answer>('/auth'));
  }

  /** Signed in afterwards, or throws the server's sentence. */
  async signIn(password: string): Promise<void> {
    this.#take(await this.api.post<Answer>('/auth', { password }));
  }

  async signOut(): Promise<void> {
    await this.api.delete<Answer>('/auth');
    this.expire();
  }

  /** The server no longer knows us. */
  expire(): void {
    this.isSignedIn = false;
    this.person = null;
  }

  /** Whether it is worth showing what takes this right. */
  may(right: Right): boolean {
    return this.person !== null && RIGHTS[this.person.role].includes(right);
  }

  #take({ authenticated, person }: Answer): void {
    this.isSignedIn = authenticated;
    this.person = person;
  }
}

/** Where to go after signing in: a path of this site, never somebody else's. */
export function safeRedirect(asked: string | null): string {
  if (!asked?.startsWith('/') || /^\/[/\\]/.test(asked) || /[\u0000-\u001f\\]/.test(asked)) return '/';
  const { origin, pathname, search, hash } = new URL(asked, 'http://here.invalid');
  if (origin !== 'http://here.invalid' || pathname.startsWith('//') || pathname === '/sign-in' || pathname.startsWith('/api/')) return '/';
  return pathname + search + hash;
}
