/** Somebody sent or configured a value of the wrong type. */
export class WrongType extends Error {}

/** JSON in the vendor's own property names (Service, Client, and each API's request), read one property at a time. */
export class Properties {
  constructor(private readonly members: Readonly<Record<string, unknown>>) {}

  /** A number counts as text: `clientId` is one in the API. */
  text(name: string): string | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    throw new WrongType(`${name} is no text`);
  }

  number(name: string): number | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined || typeof value === 'number') return value;
    throw new WrongType(`${name} is no number`);
  }

  flag(name: string): boolean {
    const value = this.members[name] ?? false;
    if (typeof value === 'boolean') return value;
    throw new WrongType(`${name} is neither true nor false`);
  }

  texts(name: string): string[] | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value;
    throw new WrongType(`${name} is no list of texts`);
  }

  list(name: string): Properties[] | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every(isObject)) return value.map(item => new Properties(item));
    throw new WrongType(`${name} is no list of objects`);
  }

  /** The vendor carries JSON inside JSON as text (`jwks`, `claims`); an object is taken as well. */
  json(name: string): Record<string, unknown> | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined || value === '') return undefined;
    const parsed = typeof value === 'string' ? parse(name, value) : value;
    if (isObject(parsed)) return parsed;
    throw new WrongType(`${name} is no JSON object`);
  }
}

function parse(name: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new WrongType(`${name} is no JSON`, { cause });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
