import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

// Everything the BFF answers. Anchored, so that a client-side path such as /login-help stays with Vite.
const BFF_PATHS = '^/(login|callback|session|sessions|logout|backchannel-logout|jwks|api)(?=[/?]|$)';

export default defineConfig(({ mode }) => {
  const { VITE_PORT = '5173', VITE_PROXY_BFF } = loadEnv(mode, '.', 'VITE_');
  const port = Number(VITE_PORT);
  return {
    plugins: [react()],
    build: {
      // A data: URL or an inline script would need a weaker CSP than default-src 'self'.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: {
      host: 'localhost',
      port,
      strictPort: true,
      // The BFF in front asks as a server: no page of another origin has any business here.
      cors: false,
      allowedHosts: ['localhost'],
      // The page may come through the BFF; its hot-reload socket goes straight here.
      ws: { protocol: 'ws', host: 'localhost', clientPort: port },
      // The other way round: the page comes from here, the BFF is behind Vite. Then PUBLIC_URL is this server's origin,
      // and Host must arrive unchanged, because the BFF answers no other authority (421).
      ...(VITE_PROXY_BFF && { proxy: { [BFF_PATHS]: { target: VITE_PROXY_BFF, changeOrigin: false } } }),
    },
  };
});
