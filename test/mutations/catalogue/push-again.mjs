export default [
  {
    rule: 'P5',
    what: 'only a call that met nobody is sent again',
    file: 'src/bff/oauth-client/retry.ts',
    find: '!metNobody(failure) || ',
    replace: '',
    tests: 'test/par.e2e-spec.ts',
  },
  {
    rule: 'P5',
    what: 'a gateway’s answer is one of nobody’s',
    file: 'src/bff/oauth-client/retry.ts',
    find: ' || GATEWAY.has(status)',
    replace: '',
    tests: 'test/par.e2e-spec.ts',
  },
];
