/**
 * How a variable's text says a value that isn't a text. What can't be read stays the text that it is: the option's own rule then refuses
 * it, so there is one place that says what an option must be.
 */
export type Syntax = (text: string) => unknown;

export const plain: Syntax = text => text;

export const number: Syntax = text => (/^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text);

export const flag: Syntax = text => (text === 'true' || text === 'false' ? text === 'true' : text);

export const words: Syntax = text => text.trim().split(/\s+/);

/** NO_PROXY has commas everywhere else. */
export const hosts: Syntax = text => text.split(/[\s,]+/).filter(host => host !== '');

/** `prompt=login&audience=x`. A repeated name stays text, as an option holds one value for each. */
export const query: Syntax = text => {
  const pairs = [...new URLSearchParams(text)];
  return new Set(pairs.map(([name]) => name)).size === pairs.length ? Object.fromEntries(pairs) : text;
};

/** An object or a list. */
export const json: Syntax = text => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** `/api=https://api.example.org /api/other=https://other.example.org` */
export const routes: Syntax = text => text.trim().split(/\s+/).map(route);

function route(pair: string): Record<string, string> {
  const at = pair.indexOf('=');
  return at < 0 ? { path: pair } : { path: pair.slice(0, at), upstream: pair.slice(at + 1) };
}

/** A misspelt mode would turn development's conveniences on, so it has to be one of these, or absent. */
export const mode: Syntax = text => {
  if (text === 'production') return true;
  return text === 'development' || text === 'test' ? false : text;
};
