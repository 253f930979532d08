import { attribute, readAttributes } from '../attribute-table';
import { httpMethod, type HttpMethod, integer, matching, optional, url } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { SCHEMA_WARNING, type VerbFault } from '../findings';
import { queueNameFault } from '../queue-name';
import { elementsOf, ownText } from '../xml/xml-element';

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
}

export interface EnqueueVerb extends EnqueueAttributes {
  readonly name: 'Enqueue';
  /** 1-64 characters unless there is a fault; `''` is legal with a workflow. */
  readonly queueName: string;
  /** Set: nothing is enqueued, the QueueResult is `error`. */
  readonly fault: VerbFault | undefined;
}

const error = { isError: true } as const;

/** Contract 6.1; `priority` is an extension. Every code here is an error: the call is not enqueued. */
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
    return { name: 'Enqueue', queueName, ...read.values, fault: read.fault ?? nameFault };
  },
};
