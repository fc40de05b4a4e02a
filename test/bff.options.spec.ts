import { describe, expect, it } from '@jest/globals';
import { minimum, problems, withOption } from './support/options.js';
import { REFUSED } from './support/refused-options.js';

function inGroup(wrong: Map<string, unknown>, group: string): Record<string, unknown> {
  const inside = [...wrong].filter(([path]) => path.startsWith(`${group}.`));
  return Object.fromEntries(inside.map(([path, value]) => [path.slice(group.length + 1), value]));
}

describe('options that are refused', () => {
  it.each(REFUSED)('start-up: %s = %j is refused and named: %s', (option, value, text) => {
    const found = problems(withOption(option, value));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${option} `));
    expect(found[0]).toContain(text);
  });

  it('B1: the client authentication method none is refused by name, with the paragraph', () => {
    expect(problems({ ...minimum, clientAuthMethod: 'none' })[0]).toContain('RFC 10017 §6.1');
  });

  it.each(['storageUrl', 'keys', 'publicUrl', 'issuer', 'clientId', 'clientSecret'])('%s has no default', option => {
    expect(problems({ ...minimum, [option]: undefined })).toEqual([`${option} is missing`]);
  });

  it('start-up: all mistakes are listed at once', () => {
    const alone = REFUSED.filter(([path]) => !['publicUrl', 'frontends', 'outbound'].includes(path));
    // The first value of each: it's wrong by itself, not beside another.
    const wrong = new Map(alone.toReversed().map(([path, value]) => [path, value]));
    const groups = ['outbound', 'limits'].map(group => [group, inGroup(wrong, group)]);
    const flat = [...wrong].filter(([path]) => !path.includes('.'));
    const found = problems({ ...minimum, ...Object.fromEntries([...flat, ...groups]) });
    const named = new Set(found.map(problem => problem.split(' ')[0]));
    expect(named).toEqual(new Set(wrong.keys()));
  });

  it('S3: no message holds a secret', () => {
    const secret = 'hunter2hunter2';
    const wrong = {
      clientSecret: secret,
      keys: [secret],
      publicUrl: `https://u:${secret}@x.example/`,
      outbound: { proxy: secret },
    };
    const issuer = `https://u:${secret}@as.example`;
    const found = problems({
      ...minimum,
      ...wrong,
      issuer,
      backchannelUrl: issuer,
      apiRoutes: [{ path: '/api', upstream: issuer }],
    });
    expect(found).toHaveLength(7);
    expect(found.join('\n')).not.toContain(secret);
  });
});
