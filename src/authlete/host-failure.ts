/** What the host has brought along, its accounts or its session store, can't be asked at the moment. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure';

  /** Class and code of the host's own error alone: its words may well hold what it was given, and that is a password. */
  get reason(): string {
    const { constructor, code }: { constructor?: unknown; code?: unknown } = Object(this.cause ?? this);
    const kind = typeof constructor === 'function' ? constructor.name : 'nothing';
    return [this.message, kind, ...(typeof code === 'string' && /^\w{1,40}$/.test(code) ? [code] : [])].join(', ');
  }
}

/** An answer of the host's, whichever way it fails. */
export async function askHost<T>(what: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    throw new HostFailure(`The ${what} can’t be asked`, { cause });
  }
}
