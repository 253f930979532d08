import { attribute, readAttributes } from '../attribute-table';
import { httpMethod, type HttpMethod, matching, optional, url } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { type VerbFault } from '../findings';
import { queueNameFault } from '../queue-name';
import { warnOfChildren } from '../stray-content';
import { ownText } from '../xml/xml-element';

export interface QueueNounAttributes {
  /** Document run on the waiting caller's leg before the bridge. */
  readonly url: string | undefined;
  readonly method: HttpMethod;
  readonly reservationSid: string | undefined;
  readonly postWorkActivitySid: string | undefined;
}

export interface QueueNoun extends QueueNounAttributes {
  readonly name: 'Queue';
  readonly queueName: string;
  /** Set: nothing is dequeued, the Dial ends `failed`. */
  readonly fault: VerbFault | undefined;
}

const error = { isError: true } as const;

/** Contract 6.4; the codes are errors. */
export const queueNounSpec: ElementSpec<QueueNoun, QueueNounAttributes> = {
  name: 'Queue',
  attributes: {
    url: attribute(optional(url), undefined, 14211, error),
    method: attribute(httpMethod, 'POST', 14210, error),
    reservationSid: attribute(optional(matching('a reservation SID', /^WR[0-9a-fA-F]{32}$/)), undefined, 14215, error),
    postWorkActivitySid: attribute(
      optional(matching('an activity SID', /^WA[0-9a-fA-F]{32}$/)), undefined, 14216, error,
    ),
  },
  notYetAttributes: [],
  children: [],
  body: 'queue name, 1-64 characters',
  read(element, findings) {
    warnOfChildren(element, findings);
    const read = readAttributes(element, queueNounSpec.attributes, [], findings);
    const queueName = ownText(element);
    const mayBeEmpty = element.attributes.has('reservationSid');
    const nameFault = mayBeEmpty && queueName === ''
      ? undefined
      : queueNameFault(queueName, { tooShort: 14212, tooLong: 14213 });
    if (nameFault) findings.warn('Queue', nameFault.code, nameFault.message);
    return { name: 'Queue', queueName, ...read.values, fault: read.fault ?? nameFault };
  },
};
