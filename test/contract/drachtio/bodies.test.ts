import { eventually } from '../../support/eventually';
import { type Message, sdp, setTheStage, uriAt } from './target';

const { stage, target } = setTheStage();

const parts = (boundary: string): string => [
  `--${boundary}`, 'Content-Type: application/sdp', '', sdp('ann'), `--${boundary}`, 'Content-Type: application/x-carrier+xml',
  'Content-Disposition: signal;handling=optional', '', '<x a="é"/>', `--${boundary}--`, '',
].join('\r\n');

describe('a body', () => {
  it.each([
    ['multipart/mixed;boundary=b1', parts('b1')], ['multipart/mixed; boundary="b 2"', parts('b 2')],
    ['application/unknown+xml', '<unknown/>'], ['application/isup; version=itu-t92+', '\x01\x10\x40'],
  ])('of type %s reaches the application as it came', async (type, body) => {
    const got: [string | undefined, string][] = [];
    await stage.app(target, (app) => {
      app.invite((request: Message, response) => {
        got.push([request.get('Content-Type'), request.body]);
        response.send(415, { headers: { Accept: 'application/sdp' } });
      });
    });
    const { agent } = await stage.peer('ann');
    const call = agent.invite({ uri: uriAt(target, '1000'), body, headers: { 'Content-Type': type } });
    const accept = await new Promise((resolve) => call.on('rejected', ({ headers }) => resolve(headers.get('Accept'))));
    expect(accept).toBe('application/sdp');
    expect(got).toEqual([[type, body]]);
  });

  it('of the application reaches its peer as it was given, whatever its type', async () => {
    const { agent, uri } = await stage.peer('bob');
    const got: [string | undefined, string][] = [];
    agent.onInvite((call) => {
      got.push([call.invite.headers.get('Content-Type'), call.invite.body.toString()]);
      call.reject(486);
    });
    const srf = await stage.app(target);
    const headers = { 'Content-Type': 'multipart/mixed;boundary=b3' };
    await srf.createUAC(uri, { localSdp: parts('b3'), headers }).catch(() => undefined);
    await eventually(() => expect(got).toEqual([['multipart/mixed;boundary=b3', parts('b3')]]));
  });
});
