import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { findExternalAddress } from '../../../../src/platform/address';

/** A STUN server that answers each request as told; `fromRequest` gets the transaction id. */
async function stunServer(answer: (transactionId: Buffer) => Buffer | undefined): Promise<{ at: string; socket: Socket; asked: () => number }> {
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (request, from) => {
    asked += 1;
    const bytes = answer(request.subarray(8, 20));
    if (bytes) socket.send(bytes, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { at: `127.0.0.1:${socket.address().port}`, socket, asked: () => asked };
}

/** The example of RFC 5769 section 2.2: 192.0.2.1, xored, behind an attribute that says nothing to us. */
function success(transactionId: Buffer): Buffer {
  const software = Buffer.from('8022000b7465737420766563746f7220', 'hex');
  const mapped = Buffer.from('002000080001a147e112a643', 'hex');
  const header = Buffer.from('0101001c2112a442', 'hex');
  header.writeUInt16BE(software.length + mapped.length, 2);
  return Buffer.concat([header, transactionId, software, mapped]);
}

describe('the external address', () => {
  it('is the configured one, and then nobody is asked', async () => {
    const server = await stunServer(success);
    expect(await findExternalAddress({ configured: '203.0.113.9', stunServer: server.at }))
      .toEqual({ address: '203.0.113.9', source: 'configured' });
    expect(server.asked()).toBe(0);
    server.socket.close();
  });

  it('is what a STUN server sees, answers to other requests being ignored', async () => {
    let first = true;
    const server = await stunServer((transactionId) => {
      const strange = first;
      first = false;
      return success(strange ? Buffer.alloc(12, 7) : transactionId);
    });
    expect(await findExternalAddress({ stunServer: server.at })).toEqual({ address: '192.0.2.1', source: 'stun' });
    expect(server.asked()).toBe(2);
    server.socket.close();
  });

  it('says what to do when the STUN server is silent', async () => {
    const server = await stunServer(() => undefined);
    await expect(findExternalAddress({ stunServer: server.at })).rejects.toThrow(/did not answer.*set HOLDFAST_EXTERNAL_IP/);
    server.socket.close();
  });

  it('is that of the default route when nothing else is known, or the lack of one is said', async () => {
    const found = await findExternalAddress({}).catch((error: Error) => error.message);
    if (typeof found === 'string') expect(found).toContain('set HOLDFAST_EXTERNAL_IP');
    else expect([found.source, isIPv4(found.address)]).toEqual(['interface', true]);
  });
});
