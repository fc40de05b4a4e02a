const tests = 'test/several-authorization-servers.e2e-spec.ts';
const relations = 'src/bff/options/relations.ts';

export default [
  {
    rule: 'A11',
    what: 'two issuers can’t be given one redirect URI',
    file: relations,
    find: 'earlier.some(other => other.publicUrl === frontend.publicUrl),',
    replace: 'false,',
    tests,
  },
  {
    rule: 'A11',
    what: 'the redirect URI is the frontend’s own',
    file: 'src/bff/frontend.ts',
    find: "return this.origin + this.path('/callback');",
    replace: "return 'http://one.localhost' + this.path('/callback');",
    tests,
  },
  {
    rule: 'A11',
    what: 'a callback at another’s redirect URI finds no attempt',
    file: 'src/bff/login/callback.controller.ts',
    find: 'if (attempt) return attempt;',
    replace: 'if (attempt ?? onlyTransaction(request, frontend)) return attempt ?? onlyTransaction(request, frontend);',
    tests,
  },
  {
    rule: 'B28',
    what: 'every frontend has keys of its own',
    file: 'src/bff/frontend.ts',
    find: 'new KeyRing(bff.keys, name, ',
    replace: "new KeyRing(bff.keys, '', ",
    tests: 'test/login-frontends.e2e-spec.ts',
  },
];
