import { text } from './rules.js';

/** RFC 6749 §3.3. */
export const scopeNames = text(value =>
  /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(value)
    ? undefined
    : 'must be scope names with single spaces between them (RFC 6749 §3.3)',
);
