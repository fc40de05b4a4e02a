const stepUp = 'src/bff/api-proxy/step-up.ts';
const challenge = 'src/bff/api-proxy/challenge.ts';
const proxy = 'src/bff/api-proxy/api-proxy.ts';
const tests = 'test/step-up.e2e-spec.ts';

const entry = (rule, what, file, find, replace) => ({ rule, what, file, find, replace, tests });

export default [
  entry('P3', 'a step-up is on the closed list', stepUp, 'mayBeAskedFor(options, name, value) && ', ''),
  entry('P3', 'a step-up is offered whole or not', stepUp, 'asked.every(isOffered)', 'asked.some(isOffered)'),
  entry('P3', 'a step-up asks for something', stepUp, 'asked.length > 0 && ', ''),
  entry('B16', 'no step-up repeats the token', stepUp, ' && !secrets.some(secret => value.includes(secret))', ''),
  entry('B23', 'a step-up is a 401', stepUp, 'if (status !== 401) return undefined;', ''),
  entry('R12', 'only a challenge to our token is a step-up', stepUp, 'SCHEMES.includes(scheme) && ', ''),
  entry('R12', 'a step-up forces no refresh', proxy, ' && !demandsStepUp(answered.answer);', ';'),
  entry(
    'B23',
    'a step-up is said to the app',
    proxy,
    'if (isUsers(checked) && demandsStepUp(answer)) this',
    'if (answer.status === 0) this',
  ),
  {
    rule: 'B23',
    what: 'a login is offered where it makes another token',
    file: 'src/bff/api-proxy/call-token.ts',
    find: "route.options.token.startsWith('user')",
    replace: 'true',
    tests: 'test/api-routes.e2e-spec.ts',
  },
  entry('R12', 'an illegible challenge says nothing', challenge, ' || parameters.has(lower(name))', ''),
];
