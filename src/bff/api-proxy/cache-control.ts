import { remembered } from './remembered.js';

/** A directive with an optional argument, which may be quoted and hold commas (RFC 9111 §5.2). */
const DIRECTIVE = /([\w!#$%&'*+.^`|~-]+)(?:=("(?:[^"\\]|\\.)*"|[^\s,"]+))?/y;
const BETWEEN = /[\s,]*/y;

/** Replaced by one plain `private`: a qualified `private="x"` lets shared caches keep all but x (RFC 9111 §5.2.2.7). */
const WHOSE = new Set(['public', 'private', 's-maxage']);

/**
 * What a proxied answer says to caches (B26): the API's own rules where they're stricter than `public`, but never a word for a cache that several
 * people share, since one user's token fetched it. An API that says nothing, or nothing legible, gets `no-store`.
 */
export function privateCacheControl(values: readonly string[]): string {
  return madePrivate(values.join(','));
}

const madePrivate = remembered(said => {
  const directives = directivesOf(said);
  if (!directives || directives.length === 0) return 'no-store';
  const kept = directives.filter(directive => !WHOSE.has(nameOf(directive)));
  const onlyForSharedCaches = directives.every(directive => nameOf(directive) === 's-maxage');
  if (onlyForSharedCaches || kept.some(directive => nameOf(directive) === 'no-store')) return 'no-store';
  return ['private', ...kept].join(', ');
});

/** `undefined`: illegible. */
function directivesOf(text: string): string[] | undefined {
  const found: string[] = [];
  for (let at = skip(BETWEEN, text, 0); at < text.length;) {
    const end = skip(DIRECTIVE, text, at);
    if (end === at || !/^[\s,]?$/.test(text.charAt(end))) return undefined;
    found.push(text.slice(at, end));
    at = skip(BETWEEN, text, end);
  }
  return found;
}

/** The position after what the sticky pattern matches here, or the same position. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function nameOf(directive: string): string {
  return directive.replace(/=.*$/s, '').toLowerCase();
}
