import { eventually } from '../../support/eventually';
import { connect, newApp, sdp, setTheStage, uriAt } from './target';

const { stage, target } = setTheStage();

describe('the control connection', () => {
  it('tells an application the SIP address it works at', async () => {
    const srf = newApp();
    stage.after(() => srf.disconnect());
    const at = `${target.sip.host}:${target.sip.port}`;
    // drachtio-server says it once for each address of the machine, with the external address in all of them.
    expect([...new Set((await connect(srf, target)).split(','))]).toEqual([`tcp/${at}`, `udp/${at}`]);
  });

  it('is refused with a wrong secret', async () => {
    const srf = newApp();
    stage.after(() => srf.disconnect());
    await expect(connect(srf, target, 'wrong')).rejects.toThrow('failed to authenticate');
  });

  it('gives 503 to calls and OPTIONS while no application wants them', async () => {
    const { agent } = await stage.peer('ann');
    const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann') });
    expect(await new Promise((resolve) => call.on('rejected', ({ status }) => resolve(status)))).toBe(503);
    expect(await agent.request('OPTIONS', { uri: uriAt(target, 'x') })).toMatchObject({ response: { status: 503 } });
    await stage.app(target, (app) => app.options((_request, response) => response.send(200)));
    expect(await agent.request('OPTIONS', { uri: uriAt(target, 'x') })).toMatchObject({ response: { status: 200 } });
  });

  it('gives 481 to requests in dialogs it does not know', async () => {
    const { agent } = await stage.peer('ann');
    const to = `<${uriAt(target, 'x')}>;tag=unknown`;
    await stage.app(target, (app) => app.invite((_request, response) => response.send(486)));
    for (const method of ['BYE', 'INVITE']) {
      expect(await agent.request(method, { uri: uriAt(target, 'x'), to })).toMatchObject({ response: { status: 481 } });
    }
  });

  it('shares new calls evenly among the applications that want them, and stops at once when one leaves', async () => {
    const taken: string[] = [];
    const apps = [];
    for (const name of ['a', 'b']) {
      apps.push(await stage.app(target, (app) => {
        app.invite((_request, response) => {
          taken.push(name);
          response.send(480);
        });
      }));
    }
    const { agent } = await stage.peer('ann');
    // An application that has just left may still be asked once; nobody answers that call, so it is cancelled.
    const place = (): Promise<number> => new Promise((resolve) => {
      const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann') });
      const giveUp = setTimeout(() => call.cancel(), 300);
      call.on('rejected', ({ status }) => {
        clearTimeout(giveUp);
        resolve(status);
      });
    });
    for (let i = 0; i < 4; i += 1) expect(await place()).toBe(480);
    expect([...taken].sort()).toEqual(['a', 'a', 'b', 'b']);
    apps[0]?.disconnect();
    await eventually(async () => {
      taken.length = 0;
      await place();
      await place();
      expect(taken).toEqual(['b', 'b']);
    });
  });

  it('passes REGISTER to an application that wants it', async () => {
    const heard: (string | undefined)[] = [];
    await stage.app(target, (app) => {
      app.register((request, response) => {
        heard.push(request.get('Contact'));
        response.send(403);
      });
    });
    const { agent } = await stage.peer('ann');
    const result = await agent.request('REGISTER', { uri: uriAt(target, 'x'), headers: { Contact: '<sip:ann@127.0.0.1:5>' } });
    expect(result).toMatchObject({ response: { status: 403 } });
    expect(heard).toEqual(['<sip:ann@127.0.0.1:5>']);
  });
});
