'use strict';
/**
 * A support line as a tenant of Holdfast would write it: an HTTP server that answers each request with TwiML.
 * Nothing in here knows Holdfast; it uses the official `twilio` package to write documents and to check signatures.
 */
const http = require('node:http');
const twilio = require('twilio');
const { musicWav } = require('./music');

const HOST = process.env.HOST || '127.0.0.1';
const PORT = Number(process.env.PORT || 3100);
const AUTH_TOKEN = process.env.AUTH_TOKEN || 'holdfast-demo-auth-token-not-secret';
/** The URL by which the gateway reaches us: it is part of what was signed. */
const BASE_URL = process.env.BASE_URL || `http://${HOST}:${PORT}`;
const QUEUE = 'support';

const { VoiceResponse } = twilio.twiml;

function document(write) {
  const response = new VoiceResponse();
  write(response);
  return response.toString();
}

/** Number 1000: a greeting, then the queue. */
function support() {
  return document((twiml) => {
    twiml.say('Welcome to Holdfast support. Please stay on the line.');
    twiml.enqueue({ action: '/after-queue', waitUrl: '/wait', waitUrlMethod: 'POST' }, QUEUE);
  });
}

/** Asked again and again while the caller waits: the place in the queue, then music; a key is heard during both. */
function wait(params) {
  return document((twiml) => {
    const gather = twiml.gather({ action: '/wait-key', numDigits: 1, timeout: 1, finishOnKey: '' });
    gather.say(`You are caller number ${params.QueuePosition}. Press star to leave the queue.`);
    gather.play('/music.wav');
  });
}

/** A key was pressed while waiting: star leaves, anything else waits on. */
function waitKey(params) {
  return document((twiml) => {
    if (params.Digits === '*') twiml.leave();
    else twiml.redirect('/wait');
  });
}

const AFTER_QUEUE = {
  bridged: 'Thank you for talking to us. Goodbye.',
  'redirected-from-bridged': 'Thank you for talking to us. Goodbye.',
  leave: 'You left the queue. Goodbye.',
  'queue-full': 'All our lines are taken. Please call again later.',
};

/** The queue let the caller go; QueueResult says why. */
function afterQueue(params) {
  return document((twiml) => {
    twiml.say(AFTER_QUEUE[params.QueueResult] || 'We are sorry, something went wrong. Please call again.');
    twiml.hangup();
  });
}

/** Number 2000: an agent takes the caller at the front, or waits up to a minute for one. */
function agent() {
  return document((twiml) => {
    twiml.say('Agent desk.');
    const dial = twiml.dial({ action: '/after-dial', timeout: 60 });
    dial.queue({ url: '/whisper' }, QUEUE);
  });
}

/** Spoken to the caller who is about to be connected. */
function whisper() {
  return document((twiml) => twiml.say('You will now be connected.'));
}

/** The agent's call goes on after the bridge. */
function afterDial(params) {
  return document((twiml) => {
    const ended = params.DialCallStatus === 'completed' || params.DialCallStatus === 'answered';
    twiml.say(ended ? 'The caller has left. Goodbye.' : 'Nobody is waiting. Goodbye.');
    twiml.hangup();
  });
}

/** Number 3000: a keypad menu that leads into the queue. */
function menu() {
  return document((twiml) => {
    const gather = twiml.gather({ action: '/menu-choice', numDigits: 1, timeout: 5 });
    gather.say('For support, press one. For our opening hours, press two.');
    twiml.say('We did not hear a key.');
    twiml.redirect('/menu');
  });
}

function menuChoice(params) {
  return document((twiml) => {
    if (params.Digits === '1') {
      twiml.redirect('/support');
    } else if (params.Digits === '2') {
      twiml.say('We are open around the clock.');
      twiml.redirect('/menu');
    } else {
      twiml.say('That is not one of the choices.');
      twiml.redirect('/menu');
    }
  });
}

const PAGES = {
  '/support': support,
  '/wait': wait,
  '/wait-key': waitKey,
  '/after-queue': afterQueue,
  '/agent': agent,
  '/whisper': whisper,
  '/after-dial': afterDial,
  '/menu': menu,
  '/menu-choice': menuChoice,
};

/** Made when it is first asked for. */
let music;

function readBody(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size > 65_536) request.destroy(new Error('the body is too large'));
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

async function answer(request, response) {
  const url = new URL(request.url, BASE_URL);
  if (url.pathname === '/music.wav') {
    // A file, the same for everybody: no secret in it, so no signature is asked for.
    music ??= musicWav();
    response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': music.length, 'cache-control': 'max-age=3600' });
    response.end(music);
    return;
  }
  const params = Object.fromEntries(new URLSearchParams(request.method === 'POST' ? await readBody(request) : ''));
  const signature = request.headers['x-twilio-signature'] || '';
  if (!twilio.validateRequest(AUTH_TOKEN, signature, BASE_URL + request.url, params)) {
    response.writeHead(403, { 'content-type': 'text/plain' }).end('the signature is not ours\n');
    return;
  }
  if (url.pathname === '/status') {
    console.log(`${params.CallSid} ${params.From} to ${params.To}: ${params.CallStatus}`);
    response.writeHead(204).end();
    return;
  }
  const page = PAGES[url.pathname];
  if (page === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page\n');
    return;
  }
  const text = page({ ...Object.fromEntries(url.searchParams), ...params });
  response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(text);
}

const server = http.createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(`${request.method} ${request.url}: ${error.message}`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  });
});
server.on('error', (error) => {
  console.error(error.code === 'EADDRINUSE' ? `port ${PORT} on ${HOST} is in use: set PORT` : error.message);
  process.exit(1);
});
server.listen(PORT, HOST, () => console.log(`ready http=http://${HOST}:${server.address().port}`));
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
