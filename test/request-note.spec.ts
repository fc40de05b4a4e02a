import { describe, expect, it } from '@jest/globals';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { inspect } from 'node:util';
import { RequestNote } from '../src/bff/request-note.js';

describe('what is known of a request', () => {
  it('is what was said last, of this request and by this name', () => {
    const [one, other] = [new RequestNote<string>(), new RequestNote<string>()];
    const [request, next] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
    one.set(request, 'first');
    one.set(request, 'last');
    expect([one.get(request), other.get(request), one.get(next)]).toEqual(['last', undefined, undefined]);
  });

  it('S3: isn’t printed, nor copied, by a host that prints or copies the request', () => {
    const note = new RequestNote<{ secret: string }>();
    const request = new IncomingMessage(new Socket());
    note.set(request, { secret: 'the client’s' });
    expect(inspect(request, { depth: Infinity })).not.toContain('the client’s');
    expect(inspect(Object.assign({}, request), { depth: Infinity })).not.toContain('the client’s');
    expect(note.get(request)).toEqual({ secret: 'the client’s' });
  });
});
