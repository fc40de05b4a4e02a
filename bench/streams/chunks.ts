/** So many bytes, in pieces. */
export function* chunks(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(65_536, 'parlour');
  for (let left = bytes; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece;
}
