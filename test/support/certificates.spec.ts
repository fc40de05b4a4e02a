import { describe, expect, it } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expired, inFiles, rootAuthority, selfSigned, selfSignedClient } from './certificates.js';

const parsed = ({ cert }: { cert: string }) => new X509Certificate(cert);

describe('certificates of the tests', () => {
  it('control: a chain goes up to its root: root ← intermediate ← leaf', async () => {
    const root = await rootAuthority('CN=A root');
    const intermediate = await root.intermediate('CN=In between');
    const leaf = await intermediate.issue({ subject: 'C=DE, O=Example, CN=client' });
    expect(parsed(leaf).subject).toBe('C=DE\nO=Example\nCN=client');
    expect(parsed(leaf).verify(parsed(intermediate).publicKey)).toBe(true);
    expect(parsed(leaf).verify(parsed(root).publicKey)).toBe(false);
    expect(parsed(intermediate).verify(parsed(root).publicKey)).toBe(true);
    expect(parsed(intermediate).ca && parsed(root).ca && !parsed(leaf).ca).toBe(true);
    expect(leaf.chain).toBe(leaf.cert + intermediate.cert);
  });

  it('control: alternative names of each kind are there', async () => {
    const { cert } = await selfSignedClient({
      subject: 'CN=client',
      altNames: [
        { type: 'dns', value: 'client.example' },
        { type: 'url', value: 'https://client.example/id' },
        { type: 'ip', value: '192.0.2.7' },
        { type: 'email', value: 'client@example.org' },
      ],
    });
    expect(new X509Certificate(cert).subjectAltName).toBe(
      'DNS:client.example, URI:https://client.example/id, IP Address:192.0.2.7, email:client@example.org',
    );
  });

  it('control: an expired one is over, another isn’t', async () => {
    const client = { subject: 'CN=client' };
    const [over, valid] = [await selfSignedClient({ ...client, ...expired() }), await selfSignedClient(client)];
    expect(parsed(over).validToDate.getTime()).toBeLessThan(Date.now());
    expect(parsed(valid).validToDate.getTime()).toBeGreaterThan(Date.now());
    expect(parsed(valid).checkPrivateKey(createPrivateKey(valid.key))).toBe(true);
  });

  it('control: a server’s vouches for itself and lies in files', async () => {
    const server = await selfSigned('localhost', '127.0.0.1');
    expect(parsed(server).checkHost('localhost')).toBe('localhost');
    expect(parsed(server).checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(parsed(server).verify(parsed(server).publicKey)).toBe(true);
    expect(inFiles(server).certFile).toMatch(/cert\.pem$/);
  });
});
