import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { WebhookClient } from '../../../src/webhooks';
import { THIS_MACHINE } from './customer-application';

/** A self-signed certificate for app.example, of no use elsewhere. */
const [key, cert] = ['key', 'cert'].map((part) => readFileSync(join(__dirname, `app.example.${part}.pem`)));

describe('TLS with an application', () => {
  it('names the host as it stands in the URL, unless told not to, and trusts no certificate that signed itself', async () => {
    const named: string[] = [];
    const server = createServer({
      key, cert,
      SNICallback: (servername, done) => {
        named.push(servername);
        done(null, createSecureContext({ key, cert }));
      },
    });
    server.on('tlsClientError', () => undefined); // The client refuses the certificate: that is the point.
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = new WebhookClient({
      budgetMs: 5_000, connectTimeoutMs: 1_000, documentBytes: 1_000, audioBytes: 1_000, ...THIS_MACHINE,
      resolve: () => Promise.resolve(['127.0.0.1']),
    });
    for (const url of [`https://app.example:${port}/`, `https://app.example.:${port}/`, `https://app.example:${port}/#sni=n`, `https://127.0.0.1:${port}/`]) {
      expect(await client.request({ accountSid: 'AC1', authToken: 't', url, method: 'POST' }))
        .toMatchObject({ outcome: 'failed', code: 11237 });
    }
    expect(named).toEqual(['app.example', 'app.example']);
    await client.stop();
    server.close();
  });
});
