'use strict';
// Loaded into every Node process of a soak (NODE_OPTIONS): on SIGUSR2 it writes what the process holds to HOLDFAST_CENSUS_DIR.
// Objects are counted by class after a collection: what is reachable is what somebody forgot to let go.
const { renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { isMainThread } = require('node:worker_threads');

const directory = process.env.HOLDFAST_CENSUS_DIR;
/**
 * Memory is judged by what is reachable: garbage of a process that makes little of it waits for minutes, and the SIP server's 80 MB
 * went up and down by 25 within half an hour, in which a line through them rises or falls by more than what is looked for.
 */
const COLLECT_MS = 15_000;
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
// In every thread: what a media server holds is in its workers.
setInterval(collect, COLLECT_MS).unref();
/** What lives as long as a call, a dialog, a connection or a transaction. Each class costs a collection, so not all there are. */
const COUNTED = new Set([
  'Call', 'Scope', 'InboundLeg', 'OutboundLeg', 'IncomingInvite', 'SipDialog', 'MediaEndpoint', 'QueueStay', 'ClaimWatch',
  'Channel', 'MediaCall', 'EventSocketConnection', 'ServerDialog', 'Dialog', 'IncomingCall', 'OutgoingCall',
  'ServerTransaction', 'ClientTransaction',
]);

function classesOf() {
  const classes = new Set();
  for (const { filename, exports } of Object.values(require.cache)) {
    if (!/[/\\]dist[/\\]/.test(filename) || exports === null || typeof exports !== 'object') continue;
    for (const one of Object.values(exports)) if (typeof one === 'function' && COUNTED.has(one.name)) classes.add(one);
  }
  return classes;
}

if (isMainThread) process.on('SIGUSR2', () => {
  const objects = {};
  for (const one of classesOf()) {
    const count = v8.queryObjects(one);
    if (count > 0) objects[one.name] = (objects[one.name] ?? 0) + count;
  }
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const { heapUsed, external } = process.memoryUsage();
  const file = join(directory, `${process.pid}.json`);
  writeFileSync(`${file}.new`, JSON.stringify({ objects, resources, heap: heapUsed, external }));
  renameSync(`${file}.new`, file);
});
