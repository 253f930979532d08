import { attribute, readAttributes } from '../attribute-table';
import { httpMethod, type HttpMethod, integer, matching, oneOf, optional, url } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { SCHEMA_WARNING, type VerbFault } from '../findings';
import { queueNameFault } from '../queue-name';
import { elementsOf, ownText, type XmlElement } from '../xml/xml-element';

export interface EnqueueAttributes {
  readonly action: string | undefined;
  readonly method: HttpMethod;
  /** undefined = the stock hold music, `''` = silence. */
  readonly waitUrl: string | undefined;
  readonly waitUrlMethod: HttpMethod;
  /** Size of the queue if this Enqueue creates it; undefined = the account's default. */
  readonly maxQueueSize: number | undefined;
  /** Ours, 0-999: higher is taken first. */
  readonly priority: number;
  readonly workflowSid: string | undefined;
  /** Ours: asked while `waitUrl` fails. */
  readonly waitFallbackUrl: string | undefined;
  readonly waitFallbackMethod: HttpMethod;
  /** Ours: `music` keeps the caller waiting while documents fail, `strict` ends the stay with result `error`. */
  readonly waitErrors: 'music' | 'strict';
  /** Ours: its document runs before the caller is added and may change or refuse that. */
  readonly addingUrl: string | undefined;
  readonly addingMethod: HttpMethod;
  /** Ours: its document runs once, directly after the caller was added. */
  readonly addedUrl: string | undefined;
  readonly addedMethod: HttpMethod;
}

export interface EnqueueVerb extends EnqueueAttributes {
  readonly name: 'Enqueue';
  /** 1-64 characters unless there is a fault; `''` is legal with a workflow. */
  readonly queueName: string;
  /** Set: nothing is enqueued, the QueueResult is `error`. */
  readonly fault: VerbFault | undefined;
  /** Attributes that were written and accepted; the others have their defaults. */
  readonly given: readonly (keyof EnqueueAttributes)[];
}

const error = { isError: true } as const;

/** Contract 6.1; what is marked `ours` is an extension. Every code of its own is an error: the call is not enqueued. */
export const enqueueSpec: ElementSpec<EnqueueVerb, EnqueueAttributes> = {
  name: 'Enqueue',
  attributes: {
    action: attribute(optional(url), undefined, 14203, error),
    method: attribute(httpMethod, 'POST', 14201, error),
    waitUrl: attribute(optional(url), undefined, 14202, { ...error, absentMeans: 'the stock hold music' }),
    waitUrlMethod: attribute(httpMethod, 'POST', 14206, error),
    maxQueueSize: attribute(
      optional(integer(1, 5_000)), undefined, SCHEMA_WARNING, { absentMeans: "the account's default" },
    ),
    priority: attribute(integer(0, 999), 0),
    workflowSid: attribute(optional(matching('a workflow SID', /^WW[0-9a-fA-F]{32}$/)), undefined, 14220, error),
    waitFallbackUrl: attribute(optional(url), undefined),
    waitFallbackMethod: attribute(httpMethod, 'POST'),
    waitErrors: attribute(oneOf('music', 'strict'), 'music'),
    addingUrl: attribute(optional(url), undefined),
    addingMethod: attribute(httpMethod, 'POST'),
    addedUrl: attribute(optional(url), undefined),
    addedMethod: attribute(httpMethod, 'POST'),
  },
  notYetAttributes: [],
  children: [],
  body: 'queue name, 1-64 characters',
  read(element, findings) {
    const read = readAttributes(element, enqueueSpec.attributes, [], findings);
    for (const child of elementsOf(element)) {
      findings.warn('Enqueue', SCHEMA_WARNING, `${child.name} inside Enqueue is not supported by this gateway`);
    }
    const queueName = ownText(element);
    const mayBeEmpty = element.attributes.has('workflowSid');
    const nameFault = mayBeEmpty && queueName === ''
      ? undefined
      : queueNameFault(queueName, { tooShort: 14204, tooLong: 14205 });
    if (nameFault) findings.warn('Enqueue', nameFault.code, nameFault.message);
    return { name: 'Enqueue', queueName, ...read.values, fault: read.fault ?? nameFault, given: givenIn(element) };
  },
};

function givenIn(element: XmlElement): readonly (keyof EnqueueAttributes)[] {
  const names = Object.keys(enqueueSpec.attributes) as (keyof EnqueueAttributes)[];
  return names.filter((name) => {
    const written = element.attributes.get(name);
    return written !== undefined && enqueueSpec.attributes[name].type.read(written) !== undefined;
  });
}
