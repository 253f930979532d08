import {
  type DependencyCheck, Metrics, type OperationsServer, type OperationsServerOptions, silentLogger, startOperationsServer,
} from '../../../../src/platform/telemetry';

const works: DependencyCheck = { name: 'redis', check: () => Promise.resolve() };
const fails: DependencyCheck = { name: 'drachtio', check: () => Promise.reject(new Error('refused at x://:pw@h')) };
const hangs: DependencyCheck = { name: 'freeswitch', check: () => new Promise(() => undefined) };

const options = (): OperationsServerOptions => ({
  host: '127.0.0.1', port: 0, metrics: new Metrics(), logger: silentLogger(), dependencies: [],
  timelineOf: (callSid) => (callSid === 'CAlost' ? Promise.reject(new Error('no')) : Promise.resolve([{ callSid }])),
  others: ({ method, url }, response) => void response.writeHead(418).end(`${method} ${url}`),
});
let server: OperationsServer;
const start = async (...dependencies: DependencyCheck[]): Promise<void> => {
  server = await startOperationsServer({ ...options(), dependencies, checkTimeoutMs: 50 });
};
const ask = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, init);
afterEach(() => server.stop());

describe('the operations server', () => {
  it('is ready when every dependency works', async () => {
    await start(works);
    const response = await ask('/health/ready');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok', dependencies: { redis: { status: 'ok' } } });
  });

  it('names each dependency that fails or hangs and answers 503, while it stays live', async () => {
    await start(works, fails, hangs);
    const response = await ask('/health/ready');
    expect(response.status).toBe(503);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({
      status: 'error',
      dependencies: {
        redis: { status: 'ok' }, drachtio: { status: 'error' },
        freeswitch: { status: 'error', message: 'no answer within 50 ms' },
      },
    });
    expect(body).not.toContain('pw@');
    expect((await ask('/health/live')).status).toBe(200);
    expect(await (await ask('/metrics')).text()).toContain('holdfast_platform_dependency_up{dependency="drachtio"} 0');
  });

  it('is not ready while it stops', async () => {
    await start(works);
    server.markStopping();
    const response = await ask('/health/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: 'stopping' });
  });

  it('tells the timeline of a call, and 500 when it cannot', async () => {
    await start();
    expect(await (await ask('/calls/CA1/timeline')).json()).toEqual([{ callSid: 'CA1' }]);
    expect((await ask('/calls/CAlost/timeline')).status).toBe(500);
  });

  it('refuses other methods on its own paths, and hands on every other path', async () => {
    await start();
    const wrong = await ask('/health/live', { method: 'POST' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await ask('/health/live', { method: 'HEAD' })).status).toBe(200);
    for (const path of ['/v1/Alerts?PageSize=2', '/calls/CA%201/timeline', '/health/live/', '/__proto__', '/%ff']) {
      const answer = await ask(path, { method: 'DELETE' });
      expect([answer.status, await answer.text()]).toEqual([418, `DELETE ${path}`]);
    }
  });

  it('has no other paths and no timelines when it is alone', async () => {
    const { timelineOf: _timelineOf, others: _others, ...alone } = options();
    server = await startOperationsServer(alone);
    for (const path of ['/v1/Alerts', '/calls/CA1/timeline']) expect((await ask(path)).status).toBe(404);
  });

  it('says what to do when its port is in use', async () => {
    await start();
    const again = startOperationsServer({ ...options(), port: server.port });
    const line = `port ${server.port} on 127.0.0.1 is in use: stop the other program or set HOLDFAST_HTTP_PORT`;
    await expect(again).rejects.toThrow(line);
  });

  it('takes the next port while those before it are in use, as gateways of one machine do', async () => {
    await start();
    const next = await startOperationsServer({ ...options(), port: server.port, portTries: 50 });
    expect(next.port).toBeGreaterThan(server.port);
    expect(next.port).toBeLessThan(server.port + 50);
    expect((await fetch(`http://127.0.0.1:${next.port}/health/live`)).status).toBe(200);
    await next.stop();
  });
});
