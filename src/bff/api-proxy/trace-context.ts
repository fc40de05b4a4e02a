import { type Field, isNamed } from './fields.js';

const IDS = String.raw`-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}`;

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values: version 00 ends after its flags, later ones may go on after a dash. */
const TRACEPARENT = new RegExp(String.raw`^(?:00${IDS}|(?!00|ff)[\da-f]{2}${IDS}(?:-.*)?)$`);

/**
 * A trace goes on as it came. One that doesn't say which it is ends here, with the state that hangs on it, and the API begins its own
 * (https://www.w3.org/TR/trace-context/#a-traceparent-is-received).
 */
export function withoutBrokenTrace(fields: Field[]): Field[] {
  const trace = fields.filter(field => isNamed(field, 'traceparent', 'tracestate'));
  const [parent, second] = trace.filter(field => isNamed(field, 'traceparent'));
  if (trace.length === 0 || (parent && !second && TRACEPARENT.test(parent[1]))) return fields;
  return fields.filter(field => !trace.includes(field));
}
