import { speak } from './api-proxy-application.js';

// the same sentences of an API that speaks HTTP/2
speak('2');
await import('./api-proxy-bodies.spec.js');
