/** In bytes. LMDB's keys end at 1978, and a member's row has the set's key in it as well. */
export const LONGEST_KEY = 400;
export const LONGEST_MEMBER = 1000;

/** Beforehand: lmdb throws in the middle of writing, and what it has begun then ends the process at `close`. */
export function refuseLong(text: string, longest: number): void {
  const length = Buffer.byteLength(text);
  if (length === 0 || length > longest) throw new RangeError(`${length} bytes where 1 to ${longest} are possible`);
}
