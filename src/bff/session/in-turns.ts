/**
 * Of many, so many at the same time: who is through makes room for the next, and the first are through long before the last begin. Else nobody's end would be
 * known before everybody's is.
 */
export async function inTurns<T, R>(all: readonly T[], atOnce: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  const queue = all.entries();
  const worker = async () => {
    for (const [at, one] of queue) done[at] = await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker));
  return done;
}
