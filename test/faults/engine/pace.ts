/**
 * All times of a run are that many times as long (`SLOWER=5`: about those of the product). The leases of runs are short so that the suite
 * is; on a machine that is busy with other things the process stands still for longer than they last.
 */
export const SLOWER = Number(process.env['SLOWER'] || 1);
