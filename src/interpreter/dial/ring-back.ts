/** What a caller hears while somebody is rung: the North American ring-back tone, two seconds in six (ITU-T E.180). */
export const RING_BACK = 'tone_stream://%(2000,4000,440,480);loops=-1';
