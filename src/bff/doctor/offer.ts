import type { FrontendOptions } from '../bff.options.js';
import { failure, fine, type Judgement, shown, warning } from './finding.js';

export type RawMetadata = Record<string, unknown>;

/** A member of the metadata (RFC 8414 §2, OpenID Connect Discovery 1.0 §3) beside what will be used of it. */
export interface Offer {
  subject: string;
  member: string;
  /** Left out of the report where the options have no use for it. */
  when?(options: FrontendOptions): boolean;
  used(options: FrontendOptions): string;
  judge(offered: unknown, options: FrontendOptions, metadata: RawMetadata): Judgement;
}

export function endpoint(member: string, needed: boolean, otherwise: string): Offer {
  return {
    subject: member.replaceAll('_', ' '),
    member,
    used: () => '',
    judge: offered => {
      if (offered === undefined)
        return needed ? failure(`it is missing: ${otherwise}`) : warning(`it is missing: ${otherwise}`);
      return URL.parse(shown(offered)) ? fine : failure('that is no URL');
    },
  };
}

export function list(offered: unknown, otherwise: string[]): string[] {
  return Array.isArray(offered) ? offered.map(shown) : otherwise;
}
