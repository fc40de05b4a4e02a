import { readFileSync } from 'node:fs';
import { isObject } from '../environment/option-variables.js';
import { errorCode } from '../environment/variables.js';

/** The options in a config file, as they stand there. `problem`: there are none to be had. */
export interface ConfigFile {
  options: Record<string, unknown>;
  problem?: string;
}

export function readConfigFile(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { options: {}, problem: `can't be read (${errorCode(error)})` };
  }
  return parsed(text);
}

function parsed(text: string): ConfigFile {
  try {
    const content: unknown = JSON.parse(text);
    if (!isObject(content)) return { options: {}, problem: 'must hold a JSON object' };
    const { $schema: _forEditors, ...options } = content;
    return { options };
  } catch (error) {
    return { options: {}, problem: `isn't JSON${position(error)}` };
  }
}

/** The parser's message quotes the text around the mistake, which may be a secret (S3): only the place is taken from it. */
function position(error: unknown): string {
  const place = /\(line \d+ column \d+\)/.exec(error instanceof Error ? error.message : '');
  return place ? ` ${place[0]}` : '';
}

/** `/limits/loginBurst` (RFC 6901) for `limits.loginBurst`. */
export function pointer(path: string): string {
  return `/${path.replaceAll(/\[(\d+)\]/g, '/$1').replaceAll('.', '/')}`;
}
