const tests = 'test/authlete-native-app.e2e-spec.ts';
const file = 'examples/native-app.mjs';

export default [
  {
    rule: 'A1',
    what: 'a native app compares the state',
    file,
    find: 'expectedState: state',
    replace: 'expectedState: client.skipStateCheck',
    tests,
  },
  {
    rule: 'P6',
    what: 'a native app pushes its request',
    file,
    find: 'client.buildAuthorizationUrlWithPAR(',
    replace: 'client.buildAuthorizationUrl(',
    tests,
  },
  {
    rule: 'P1',
    what: 'a native app speaks plain http to its own machine alone',
    file,
    find: 'isLoopback ? [client.allowInsecureRequests] : []',
    replace: '[client.allowInsecureRequests]',
    tests,
  },
];
