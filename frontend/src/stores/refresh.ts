/** Reads a snapshot again and again without two reads crossing: one at a time, and once more if asked meanwhile. */

export function refresher(read: () => Promise<void>): () => Promise<void> {
  let underway: Promise<void> | null = null;
  let again = false;

  async function run(): Promise<void> {
    do {
      again = false;
      await read();
    } while (again);
  }

  return () => {
    if (underway) {
      again = true;
      return underway;
    }
    underway = run().finally(() => (underway = null));
    return underway;
  };
}
