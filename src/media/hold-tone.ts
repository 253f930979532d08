/**
 * Two quiet beeps every six seconds, made by the media server itself: what waiting callers hear when it cannot play the
 * hold music (a stream it does not know, a directory it cannot read). Better than silence, which sounds like a lost call.
 */
export const HOLD_TONE = 'tone_stream://v=-18;%(200,200,440);%(200,5400,440);loops=-1';
