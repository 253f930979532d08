import { createSocket, type Socket } from 'node:dgram';
import { FrameDecoder, parseClientMessage } from '../../src/protocol/drachtio';
import { createResponse, parseMessage, serialiseMessage } from '../../src/protocol/sip';
import { parseDocument } from '../../src/twiml';
import { commandKind, cutCommands } from '../conformance/injection/event-socket-grammar';
import { HostileStrings } from '../conformance/injection/hostile-strings';
import { requestFlaw } from '../conformance/injection/sip-grammar';
import { allSlots } from '../conformance/injection/slots';
import { CorpusCount } from '../support/corpus-count';
import { dialIn, requestOf } from '../support/queue-story';
import { World } from '../support/world';

/** `HOLDFAST_INJECTION_SEED` repeats a run. */
const seed = Number(process.env['HOLDFAST_INJECTION_SEED'] ?? Date.now() % 1_000_000_007);
const DOCUMENTS = 2;
const CALLEES = 80;

/** What is said once for each connection, of which nothing comes from a tenant. */
const OF_EACH_CONNECTION = [
  /^auth [A-Za-z0-9-]+$/, /^event (?:plain|json) [A-Za-z_:\s]+$/, /^api (?:version|sofia status|status|global_getvar [a-z_]+)$/,
  /^filter [A-Za-z-]+ [A-Za-z0-9-]+$/, /^sendevent HEARTBEAT$/, /^exit$/,
];

describe(`what tenants write, from the document to the wires of a whole gateway (seed ${seed})`, () => {
  let world: World;
  let far: Socket;
  let farPort = 0;
  const asked = new Set<string>();
  const arrived: Buffer[] = [];
  let strings = 0;

  beforeAll(async () => {
    far = createSocket('udp4');
    far.on('message', (bytes, { address, port }) => {
      arrived.push(bytes);
      const parsed = parseMessage(bytes);
      if (!parsed.ok || parsed.message.kind !== 'request' || parsed.message.method === 'ACK') return;
      far.send(serialiseMessage(createResponse(parsed.message, parsed.message.method === 'INVITE' ? 486 : 200, { toTag: 'far' })), port, address);
    });
    await new Promise<void>((ready) => far.bind(0, '127.0.0.1', ready));
    farPort = far.address().port;
    world = await World.start({
      numbers: { '1000': '/0' }, wiretaps: true, outbound: { host: '127.0.0.1', port: farPort },
      extraConfig: { limits: { drainMs: 0, account: { outboundCallsPerSecond: 1_000, documentsPerCallPerMinute: 2_000 } } },
    });
    const random = new HostileStrings(seed);
    for (let n = 0; n < DOCUMENTS; n += 1) world.app.on(`/${n}`, documentOf(random, `/${n + 1}`));
    world.app
      .on(`/${DOCUMENTS}`, '<Response><Redirect>/done</Redirect></Response>')
      .on('/done', '<Response><Hangup/></Response>')
      .on('/leave', '<Response><Leave/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(async () => {
    await world?.stop();
    far?.close();
  });

  /** Many verbs whose strings are hostile, and then the next document. */
  function documentOf(random: HostileStrings, next: string): string {
    const slots = allSlots(random);
    const verbs: string[] = [];
    const add = (document: string): void => {
      const parsed = parseDocument(document);
      if (!parsed.ok || document.length > 3_000) return;
      for (const verb of parsed.document.verbs) {
        if (verb.name === 'Dial') verb.nouns.forEach((noun) => noun.name === 'Sip' && noun.headers.forEach(({ name }) => asked.add(name.toLowerCase())));
      }
      verbs.push(document.replace(/^<Response>|<\/Response>$/g, '').replaceAll('192.0.2.7', `127.0.0.1:${farPort}`));
    };
    const dials = slots.filter(({ name }) => /^(?:Sip|Number text|Dial callerId|Dial callReason)/.test(name));
    for (let n = 0; n < CALLEES; n += 1) {
      const slot = random.oneOf(dials);
      add(slot.document(Array.from({ length: slot.takes }, () => random.next())));
      strings += slot.takes;
    }
    for (const name of ['Enqueue text', 'Queue text', 'Play text', 'Play digits', 'Gather finishOnKey', 'Say voice', 'Enqueue priority']) {
      const slot = slots.find((one) => one.name === name);
      if (!slot) throw new Error(`there is no place ${name}`);
      for (let n = 0; n < 3; n += 1) {
        strings += slot.takes;
        add(slot.document(Array.from({ length: slot.takes }, () => random.next().slice(0, 40)))
          .replace('<Enqueue', '<Enqueue waitUrl="/leave"').replace('<Gather', '<Gather timeout="0"'));
      }
    }
    return `<Response>${verbs.join('')}<Redirect>${next}</Redirect></Response>`;
  }

  it('event-socket commands, frames to drachtio and SIP messages are all of the grammar', async () => {
    const caller = await dialIn(world, '1000', '/0');
    await requestOf(world, caller, '/done', 100_000);
    await caller.call.untilEnded({ withinMs: 10_000 });
    const told = new CorpusCount('injection');
    told.add(`strings through a whole gateway (seed ${seed})`, strings);
    const flaws: string[] = [];
    for (const connection of world.wiretaps?.eventSockets.flatMap(({ connections }) => connections) ?? []) {
      const { commands, rest } = cutCommands(connection.toString('latin1'));
      told.add('event-socket commands', commands.length);
      if (rest !== '') flaws.push(`a rest: ${rest.slice(0, 200)}`);
      flaws.push(...commands.filter((one) => commandKind(one) === undefined && !OF_EACH_CONNECTION.some((grammar) => grammar.test(one))));
    }
    for (const connection of world.wiretaps?.drachtio.connections ?? []) {
      const decoded = new FrameDecoder().push(connection);
      if (!decoded.ok) throw new Error(decoded.reason);
      told.add('frames to drachtio', decoded.payloads.length);
      for (const payload of decoded.payloads) {
        const message = parseClientMessage(payload);
        const isForRelay = message?.kind === 'unknown' && ['hello', 'pong', 'drain', 'orphans', 'predecessor'].includes(message.command);
        if (message === undefined || (message.kind === 'unknown' && !isForRelay)) flaws.push(`frame ${payload.toString('latin1').slice(0, 200)}`);
        else if (message.kind === 'sip' && message.message.toString('latin1', 0, 7) === 'INVITE ' && !/^X-esl-outbound: /im.test(message.message.toString('latin1'))) {
          flaws.push(...[requestFlaw(message.message, { custom: asked, complete: false })].filter((flaw) => flaw !== undefined));
        }
      }
    }
    for (const bytes of arrived) flaws.push(...[requestFlaw(bytes, { custom: asked, complete: false })].filter((flaw) => flaw !== undefined));
    const invites = arrived.filter((bytes) => bytes.toString('latin1', 0, 7) === 'INVITE ').length;
    told.add('SIP messages at the far end', arrived.length);
    told.add('outside the grammar', flaws.length);
    told.print();
    expect(flaws.slice(0, 10)).toEqual([]);
    expect(invites).toBeGreaterThan(CALLEES);
  }, 150_000);
});
