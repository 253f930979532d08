import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';
import { notFound, type Refusal } from '../refusal';
import type { Asked, Resource, RestPorts } from '../resource';
import { presentRecording } from './present-recording';

/** Recordings of calls (contracts/twilio 7.3; there is no MP3 here). */
export const recordings: Resource = {
  name: 'Recordings',
  notes: [
    'The `RecordingUrl` of callbacks: WAV without extension or with `.wav`, what is known of it with `.json`. There is no MP3.',
    'Nothing removes recordings.',
  ],
  operations: [
    {
      method: 'GET', path: '/2010-04-01/Accounts/:accountSid/Recordings/:name',
      what: 'the sound (`RE...`, `RE....wav`) or the resource (`RE....json`)', answer: fetch,
    },
  ],
};

async function fetch({ account, path, parameters }: Asked, { recordings: shelf }: RestPorts, reply: FastifyReply): Promise<object | Refusal> {
  const [, sid = '', extension = ''] = /^([^.]*)(?:\.([a-z0-9]+))?$/.exec(parameters['name'] ?? '') ?? [];
  const found = ['', 'wav', 'json'].includes(extension) ? await shelf.find(account.sid, sid) : undefined;
  if (!found) return notFound(path);
  if (extension === 'json') return presentRecording(found.recording);
  const { size } = await stat(found.path);
  reply.headers({ 'content-type': 'audio/x-wav', 'content-length': size, 'cache-control': 'private' });
  return createReadStream(found.path);
}
