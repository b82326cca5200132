export function load(): { title: string } {
  return { title: 'Error' };
}
