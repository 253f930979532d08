import {
  type DependencyCheck, Metrics, type OperationsServer, sendJson, silentLogger, startOperationsServer,
} from '../../../../src/platform/telemetry';

const works: DependencyCheck = { name: 'redis', check: () => Promise.resolve() };
const fails: DependencyCheck = { name: 'drachtio', check: () => Promise.reject(new Error('refused at x://:pw@h')) };
const hangs: DependencyCheck = { name: 'freeswitch', check: () => new Promise(() => undefined) };

let server: OperationsServer;
const start = async (...dependencies: DependencyCheck[]): Promise<void> => {
  const common = { host: '127.0.0.1', port: 0, metrics: new Metrics(), logger: silentLogger() };
  server = await startOperationsServer({ ...common, dependencies, checkTimeoutMs: 50 });
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

  it('takes further routes, and tells unknown paths from wrong methods', async () => {
    await start();
    server.route('GET', '/calls/:sid', (_request, response, { sid }) => sendJson(response, 200, { sid }));
    expect(await (await ask('/calls/CA%201')).json()).toEqual({ sid: 'CA 1' });
    expect((await ask('/calls/%ff')).status).toBe(400);
    expect((await ask('/calls')).status).toBe(404);
    const wrong = await ask('/health/live', { method: 'POST' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('answers 500 when a route throws', async () => {
    await start();
    server.route('GET', '/broken', () => {
      throw new Error('no');
    });
    expect((await ask('/broken')).status).toBe(500);
  });

  it('says what to do when its port is in use', async () => {
    await start();
    const again = startOperationsServer({
      host: '127.0.0.1', port: server.port, metrics: new Metrics(), logger: silentLogger(), dependencies: [],
    });
    const line = `port ${server.port} on 127.0.0.1 is in use: stop the other program or set HOLDFAST_HTTP_PORT`;
    await expect(again).rejects.toThrow(line);
  });

  it('takes the next port while those before it are in use, as gateways of one machine do', async () => {
    await start();
    const common = { host: '127.0.0.1', metrics: new Metrics(), logger: silentLogger(), dependencies: [] };
    const next = await startOperationsServer({ ...common, port: server.port, portTries: 50 });
    expect(next.port).toBeGreaterThan(server.port);
    expect(next.port).toBeLessThan(server.port + 50);
    expect((await fetch(`http://127.0.0.1:${next.port}/health/live`)).status).toBe(200);
    await next.stop();
  });
});
