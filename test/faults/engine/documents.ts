const ENQUEUE = (attributes: string, queue: string): string => `<Response><Enqueue action="/after" ${attributes}>${queue}</Enqueue></Response>`;
const DIAL = (queue: string): string => `<Response><Dial action="/served" timeout="60"><Queue>${queue}</Queue></Dial></Response>`;

const DOCUMENTS: Readonly<Record<string, string>> = {
  '/caller': ENQUEUE('waitUrl=""', 'support'),
  '/leaver': ENQUEUE('waitUrl="/wait"', 'support'),
  '/wait': '<Response><Leave/></Response>',
  '/agent': DIAL('support'),
  '/line-agent': DIAL('line'),
};

/** Some of the answers that decide about a caller are failures of the application's. */
const FAILING = 0.01;

/** What the customer application answers; undefined: it fails. */
export function documentOf(path: string, random: () => number): string | undefined {
  const [, priority] = /^\/lined-up-(\d)$/.exec(path) ?? [];
  if (priority !== undefined) return ENQUEUE(`waitUrl="" priority="${priority}"`, 'line');
  if (['/wait', '/after', '/served'].includes(path) && random() < FAILING) return undefined;
  return DOCUMENTS[path] ?? '<Response/>';
}
