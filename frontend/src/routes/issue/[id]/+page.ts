export function load({ params }: { params: { id: string } }): { title: string } {
  return { title: params.id.toUpperCase() };
}
