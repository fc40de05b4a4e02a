// A path is as long as a client likes, up to 16 kB: nothing here looks at a character more than a few times.

/** Ends with a hash. A word as in `date-picker` is none. */
const HASH = /[-.](?=[\w-]*[\dA-Z])(?:[\w-]{8}|[\da-f]{16,64})$/;
/** What HASH may take, its separator included. */
const LONGEST_HASH = 65;

/** Bundlers put a content hash into the name: `index-DiwrgTda.js`, `main.0f3c5d7e9b1a2c4d.css`. */
export function isHashed(path: string): boolean {
  if (!path.startsWith('/assets/')) return false;
  const name = fileName(path);
  const dot = name.lastIndexOf('.');
  return dot >= 0 && /^\w+$/.test(name.slice(dot + 1)) && HASH.test(name.slice(0, dot).slice(-LONGEST_HASH));
}

export function hasExtension(path: string): boolean {
  return fileName(path).includes('.');
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
