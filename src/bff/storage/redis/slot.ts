const SLOTS = 16_384;

/** CRC-16/XMODEM, as the cluster specification of Redis has it: polynomial 0x1021, begins with 0. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** The slot of a key: that of what stands between its first `{` and the next `}`, unless that's nothing. */
export function slotOf(key: string): number {
  const begin = key.indexOf('{') + 1;
  const end = begin > 0 ? key.indexOf('}', begin) : -1;
  const hashed = Buffer.from(end > begin ? key.slice(begin, end) : key);
  return hashed.reduce((crc, byte) => ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ byte] ?? 0), 0) % SLOTS;
}
