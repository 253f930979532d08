import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { RtcpReporter } from '../../../../src/embedded/media-server/rtp/rtcp-reporter';
import { RtpStream } from '../../../../src/embedded/media-server/rtp/rtp-stream';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../../../../src/protocol/rtp';

const bound = async (): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1').unref();
  await once(socket, 'listening');
  return socket;
};

describe('a stream that nobody listens to', () => {
  it('is heard as it is now, from the first frame of whoever begins to listen', async () => {
    const [here, control, far] = [await bound(), await bound(), await bound()];
    const around = { report: () => undefined, radio: () => undefined, now: () => 0, wall: () => 0 };
    const stream = new RtpStream('listened', here, new RtcpReporter(control, 0, around, 'test'), around);
    stream.configure({
      codec: 'PCMU', payloadType: 0, remoteAddress: '127.0.0.1', remotePort: far.address().port, sending: false, receiving: true,
    });
    const say = async (number: number): Promise<void> => {
      const packet = Buffer.alloc(RTP_HEADER_BYTES + 160, number);
      writeRtpHeader(packet, { payloadType: 0, marker: false, sequence: number, timestamp: number * 160, ssrc: 7 });
      const arrived = once(here, 'message');
      far.send(packet, here.address().port, '127.0.0.1');
      await arrived;
    };
    for (let number = 1; number <= 50; number += 1) {
      await say(number);
      stream.tick(1_000 + number, 0);
    }
    expect([...new Set(stream.frameAt(1_051).bytes)]).toEqual([50]);
    stream.close();
    far.close();
  });
});
