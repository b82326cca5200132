/** Joins messages that were too long for one socket message and came in pieces. */

export interface Piece {
  id: string;
  n: number;
  of: number;
  text: string;
}

export class Pieces {
  #open = new Map<string, Map<number, string>>();

  /** The whole text once its last piece is there, else null. Pieces may come twice and in any order. */
  join(piece: Piece): string | null {
    const parts = this.#open.get(piece.id) ?? new Map<number, string>();
    parts.set(piece.n, piece.text);
    this.#open.set(piece.id, parts);
    if (parts.size < piece.of) return null;
    this.#open.delete(piece.id);
    return [...parts].sort(([a], [b]) => a - b).map(([, text]) => text).join('');
  }

  /** Forgets what a lost connection left unfinished. */
  clear(): void {
    this.#open.clear();
  }
}
