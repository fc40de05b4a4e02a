const body = 'src/bff/api-proxy/request-body.ts';
const proxy = 'src/bff/api-proxy/api-proxy.ts';
const controller = 'src/bff/api-proxy/api-proxy.controller.ts';
const tests = 'test/api-proxy-bodies.spec.ts';

const entry = (rule, what, file, find, replace, name) => ({
  rule,
  what,
  file,
  find,
  replace,
  tests,
  ...(name && { name }),
});

export default [
  entry(
    'R12',
    'a body that is gone isn’t sent twice',
    proxy,
    'if (tokens === undefined || !isRepeatable(call)) return refused;',
    'if (tokens === undefined) return refused;',
  ),
  entry(
    'R12',
    'what was kept is sent anew',
    body,
    'for (const chunk of this.kept) sink.write(chunk);',
    '',
    'R12: is sent anew, of unsaid length',
  ),
  entry(
    'R12',
    'a body that grows large isn’t kept',
    body,
    'return this.size <= this.limits.replayBody;',
    'return true;',
  ),
  entry('R12', 'what may be sent once more waits for that', body, '(this.isSettled || !this.isRepeatable)', 'true'),
  entry(
    'B17',
    'a repeated call has the fresh token alone',
    proxy,
    'return await this.sendWith(tokens, call);',
    'return await this.sendWith(refused.tokens, call);',
  ),
  entry(
    'S4',
    'a body that says to be too large is refused',
    body,
    'if (maxBody !== undefined && ',
    'if (maxBody === 0 && ',
  ),
  entry(
    'S4',
    'a body that turns out to be too large is refused',
    body,
    'if (this.size > (this.limits.maxBody ?? Infinity))',
    'if (this.size < 0)',
  ),
  entry('S4', 'a header has the route’s limit', body, 'if (maxHeader !== undefined && ', 'if (maxHeader === 0 && '),
  entry(
    'S4',
    'limits are looked at before anything is sent',
    controller,
    'refuseTooLarge(request, target.route.options);',
    '',
  ),
  entry('S1', 'a browser that pauses is given up', body, "else this.refuse(new BffError('request_timeout'));", ''),
  entry(
    'S1',
    'a browser that waits for the API isn’t',
    body,
    'if (this.request.isPaused()) this.timer?.refresh();',
    'if (this.size < 0) return;',
  ),
];
