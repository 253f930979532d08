/** What a caller hears while somebody is being rung: the tone of the country (ITU-T E.180 supplement 2). */
const CADENCES: Readonly<Record<string, string>> = Object.freeze({
  at: '%(1000,5000,420)',
  au: '%(400,200,400,450);%(400,2000,400,450)',
  de: '%(1000,4000,425)',
  es: '%(1500,3000,425)',
  fr: '%(1500,3500,440)',
  gb: '%(400,200,400,450);%(400,2000,400,450)',
  it: '%(1000,4000,425)',
  jp: '%(1000,2000,384,416)',
  nl: '%(1000,4000,425)',
  uk: '%(400,200,400,450);%(400,2000,400,450)',
  us: '%(2000,4000,440,480)',
});

/** An endless ring-back tone; an unknown country gets the North American one. */
export const ringBack = (country = 'us'): string =>
  `tone_stream://${CADENCES[country.toLowerCase()] ?? CADENCES['us'] ?? ''};loops=-1`;
