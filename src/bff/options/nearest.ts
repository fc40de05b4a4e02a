/** The name that somebody probably meant: the nearest one, if at most `within` letters have to change (Levenshtein distance). */
export function nearest(name: string, names: readonly string[], within: number): string | undefined {
  const ranked = names
    .map(known => ({ known, distance: distance(name, known) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [first] = ranked;
  return first && first.distance <= within ? first.known : undefined;
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(from).entries()) row = nextRow(row, letter, to, index + 1);
  return row.at(-1) ?? 0;
}

function nextRow(above: number[], letter: string, to: string, first: number): number[] {
  const row = [first];
  for (const [column, other] of Array.from(to).entries()) {
    const replaced = (above[column] ?? 0) + (letter === other ? 0 : 1);
    row.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (row[column] ?? 0) + 1));
  }
  return row;
}
