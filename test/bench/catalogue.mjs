/** Every benchmark, in the order they are run and shown; a module exports `benchmark`. */
export const CATALOGUE = [
  ['B1', './queue-cycle.mjs'],
  ['B2', './queue-against-bullmq.mjs'],
  ['B3', './first-audio.mjs'],
  ['B3b', './wake-up.mjs'],
  ['B4', './call-setup.mjs'],
  ['B4b', './waiting-memory.mjs'],
  ['B5', './hold-streams.mjs'],
  ['B6', './documents.mjs'],
  ['B7', './webhook.mjs'],
  ['B8', './queue-scale.mjs'],
  ['B9', './relay-cost.mjs'],
];
