/** Answers that are kept: browsers and APIs say the same few names again and again, and somebody who makes names up fills no memory. */
const MOST = 1000;

/** The same predicate of a field's name, which for a name that came before costs a look into a table. */
export function remembered(predicate: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return name => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const answer = predicate(name);
    if (known.size < MOST) known.set(name, answer);
    return answer;
  };
}
