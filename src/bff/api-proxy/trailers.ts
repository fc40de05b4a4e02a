import { type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http';
import type { ApiAnswer } from './exchange.js';
import { type Field, fieldsOf, flatList, isNamed, membersOf, valuesOf } from './fields.js';
import { mayTrail } from './headers.js';

const NONE: Field[] = [];

/**
 * Has the API's trailers go on after its body, as far as it announces them (https://www.rfc-editor.org/rfc/rfc9110#section-6.6.2) and they pass; and gives
 * the field that announces them to the browser. `secrets`: what the browser mustn't see.
 */
export function passTrailers(request: IncomingMessage, answer: ApiAnswer, secrets: readonly string[]): Field[] {
  if (!announces(answer.rawHeaders) || !takesTrailers(request, answer)) return NONE;
  const announced = membersOf(valuesOf(fieldsOf(answer.rawHeaders), 'trailer')).filter(mayTrail);
  const names = announced.map(name => name.toLowerCase());
  const passes = (field: Field): boolean =>
    isNamed(field, ...names) && !secrets.some(secret => field[1].includes(secret)) && isAllowed(field);
  answer.body.trailers = raw => fieldsOf(flatList(raw)).filter(passes);
  return names.length === 0 ? NONE : [['Trailer', announced.join(', ')]];
}

/** Most don't, and pay nothing for it. */
function announces(rawHeaders: readonly string[]): boolean {
  return rawHeaders.some((name, index) => index % 2 === 0 && name.length === 7 && /^trailer$/i.test(name));
}

/** The browser's side has to be chunked, which neither an answer of a said length is nor one without content. */
function takesTrailers({ method, httpVersion }: IncomingMessage, { status, rawHeaders }: ApiAnswer): boolean {
  const hasContent = method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
  return hasContent && httpVersion === '1.1' && valuesOf(fieldsOf(rawHeaders), 'content-length').length === 0;
}

function isAllowed([name, value]: Field): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
