/** One of `WWW-Authenticate`; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const END = '(?=[ \\t]*(?:,|$))';
const BETWEEN = /[ \t,]*/y;
const PARAMETER = new RegExp(`(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))${END}`, 'sy');
/** With its credentials as one value (`token68`), where it has such. */
const SCHEME = new RegExp(`(${TOKEN})(?: +[\\w.~+/-]+=*${END}|${END}|(?= ))`, 'y');

/** https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1: a field may hold several challenges, and there may be several fields. An illegible one says nothing. */
export function challengesOf(values: readonly string[]): Challenge[] {
  return values.flatMap(value => challengesIn(value) ?? []);
}

function challengesIn(text: string): Challenge[] | undefined {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  for (let at = after(BETWEEN, text, 0); at < text.length; at = after(BETWEEN, text, at)) {
    const parameter = matchAt(PARAMETER, text, at);
    const scheme = parameter ? undefined : matchAt(SCHEME, text, at);
    if (scheme) found.push({ scheme: lower(scheme[1]), parameters: new Map() });
    else if (!parameter || !isAdded(found.at(-1)?.parameters, parameter)) return undefined;
    at += (parameter ?? scheme)?.[0].length ?? 0;
  }
  return found;
}

/** To a challenge that hasn't got one of this name: none may come twice (§11.2). */
function isAdded(parameters: Map<string, string> | undefined, [, name, quoted, token = '']: RegExpExecArray): boolean {
  if (!parameters || parameters.has(lower(name))) return false;
  parameters.set(lower(name), quoted?.replace(/\\(.)/gs, '$1') ?? token);
  return true;
}

function lower(text = ''): string {
  return text.toLowerCase();
}

function after(pattern: RegExp, text: string, at: number): number {
  return at + (matchAt(pattern, text, at)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
