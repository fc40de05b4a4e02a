import { describe, expect, it } from '@jest/globals';
import { BffError, type Problem, PROBLEMS } from '../src/bff/errors.js';
import { page } from '../src/bff/page.js';

describe('an error', () => {
  it.each(Object.entries<Problem>(PROBLEMS))('S3: %s says to people nothing that others wrote', (code, problem) => {
    const error = new BffError(code as keyof typeof PROBLEMS, { reason: 'secret reason', cause: new Error('secret') });
    expect(error.getStatus()).toBe(problem.status);
    expect(JSON.stringify(error.getResponse())).not.toContain('secret');
    expect(error.cause).toEqual(new Error('secret'));
  });

  it('S4: a page escapes whatever it is given, and holds no script', () => {
    const evil = `"><script>alert('1')</script>&`;
    const html = page({ title: evil, text: evil, reference: evil, next: { label: evil, href: evil } });
    expect(html).not.toMatch(/<script|"><s|alert\('/);
    expect(html).toContain('&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;');
  });
});
