/** Imported before a suite: `startTarget` puts a relay between the applications and the server. */
process.env['HOLDFAST_TEST_RELAY'] = '1';
