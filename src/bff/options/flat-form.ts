import { isRecord } from './rules.js';
import { FrontendOptions } from './frontend.options.js';

export const FRONTEND_KEYS = Object.keys(new FrontendOptions());

/** The flat form made into the full one. */
export function withFrontends(input: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const defaults = Object.fromEntries(given.filter(([key]) => FRONTEND_KEYS.includes(key)));
  const { frontends = [{}], ...shared } = Object.fromEntries(given.filter(([key]) => !FRONTEND_KEYS.includes(key)));
  if (!Array.isArray(frontends)) return { ...shared, frontends };
  return { ...shared, frontends: frontends.map(own => (isRecord(own) ? { ...defaults, ...withoutUnset(own) } : own)) };
}

function withoutUnset(own: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

/** A problem is reported where the option was written: beside the others, or in its frontend. */
export function whereGiven(path: string, input: Record<string, unknown>): string {
  const [, index, option = '', rest = ''] = /^frontends\[(\d+)\]\.([^.[]+)(.*)$/s.exec(path) ?? [];
  if (index === undefined) return path;
  if (!Array.isArray(input['frontends'])) return `${option}${rest}`;
  const own: unknown = input['frontends'][Number(index)];
  return isRecord(own) && own[option] === undefined && input[option] !== undefined ? `${option}${rest}` : path;
}
