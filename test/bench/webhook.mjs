import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Pool, request } from 'undici';
import { mustBe } from './harness/compare.mjs';
import { room } from './harness/dist.mjs';
import { accountSids, callSid } from './harness/engine.mjs';
import { inFlight } from './harness/in-flight.mjs';

const { encodeParams, standardParams, WebhookClient } = room('webhooks');

const REQUESTS = 5_000;
const CAUSE = 'of what we take more, by the profiler a third is the signature (more than half of that is Node setting up an HMAC), an eighth the form, '
  + 'a tenth the ids of request and trace; the rest is spread over the turn of the account, time limits, cookies and the facts of the answer. Gone: '
  + 'an AbortSignal for each request (10 us), the stream of the body. Left: nothing that stands out';
const CONNECTIONS = 50;
const PATH = '/voice/incoming?brand=main';

export const benchmark = {
  id: 'B7',
  title: 'Webhook',
  what: `POST of a call's parameters (1 kB) and a document of 1 kB back, ${CONNECTIONS} at once over kept connections: account's `
    + 'turn, signed, traced, time limits, cookies, guarded way, capped body; CPU of the asking process alone',
  peer: 'undici.Pool.request with the same Pool options, headers and body, the answer read by arrayBuffer(); no signature, no limits of time',
  figures: [{ name: 'webhook', label: 'signed, guarded POST', cost: 'cpu', direction: 'efficiency', target: 0.85, cause: CAUSE }],
  async open() {
    const { server, origin } = await startApplication();
    const [accountSid] = accountSids(1);
    const authToken = '0123456789abcdef0123456789abcdef';
    const params = standardParams({
      callSid: callSid(), accountSid, from: '+493055501234', to: '+493055501000', status: 'in-progress', direction: 'inbound',
      callerName: 'Example Company Limited', forwardedFrom: '+493055509999',
      sip: { callId: 'a84b4c76e66710@pc33.example.com', domain: 'sip.example.com', sourceAddress: '192.0.2.17', headers: {
        'X-Account': 'a'.repeat(120), 'X-Campaign': 'b'.repeat(120), 'X-Trace': 'c'.repeat(120),
      } },
    });
    const client = new WebhookClient({
      allowPrivate: ['127.0.0.0/8'], allowPorts: ['1-65535'], budgetMs: 15_000, connectTimeoutMs: 5_000, documentBytes: 65_536, audioBytes: 1e6,
    });
    const ours = async () => {
      await inFlight(REQUESTS, CONNECTIONS, async () => {
        const answer = await client.request({ accountSid, authToken, url: origin + PATH, method: 'POST', params });
        mustBe(answer.outcome === 'response' ? answer.body.length : answer.message, 1_024, 'answer');
      });
      mustBe(await served(origin), REQUESTS, 'requests served');
      return { operations: REQUESTS };
    };
    const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1, keepAliveTimeout: 10_000 });
    const headers = {
      'user-agent': 'bench', accept: '*/*', 'accept-encoding': 'identity',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', 'i-twilio-idempotency-token': '3f0c5c9e-8f3a-4f0e-9a39-3f0c5c9e8f3a',
    };
    const body = encodeParams(params);
    const peer = async () => {
      await inFlight(REQUESTS, CONNECTIONS, async () => {
        const answer = await pool.request({ path: PATH, method: 'POST', headers, body });
        mustBe((await answer.body.arrayBuffer()).byteLength, 1_024, 'answer');
      });
      mustBe(await served(origin), REQUESTS, 'requests served');
      return { operations: REQUESTS };
    };
    return {
      comparisons: { webhook: { ours, peer, warmUps: 4 } },
      facts: { 'bytes sent': body.length },
      async close() {
        await client.stop();
        await pool.destroy();
        server.kill('SIGTERM');
        await once(server, 'exit');
      },
    };
  },
};

async function startApplication() {
  const path = fileURLToPath(new URL('samples/application.mjs', import.meta.url));
  const server = spawn(process.execPath, [path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = await once(server, 'message');
  return { server, origin: `http://127.0.0.1:${port}` };
}

/** Requests the application has seen since it was last asked. */
const served = async (origin) => Number(await (await request(`${origin}/served`)).body.text());
