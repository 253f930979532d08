import { readAttributes } from '../attribute-table';
import { type ElementSpec } from '../element-spec';
import { type Findings, type VerbFault } from '../findings';
import { warnOfChildren } from '../stray-content';
import { ownText } from '../xml/xml-element';
import { calleeAttributes, type CalleeAttributes, MACHINE_DETECTION_ATTRIBUTES } from './callee-attributes';

export interface NumberNoun extends CalleeAttributes {
  readonly name: 'Number';
  /** Digits with an optional leading `+`: spaces, dots, hyphens and brackets of the document are removed. */
  readonly number: string;
  /** Set: this number cannot be dialled. */
  readonly fault: VerbFault | undefined;
}

/** Contract 5.10. */
export const numberNounSpec: ElementSpec<NumberNoun, CalleeAttributes> = {
  name: 'Number',
  attributes: calleeAttributes({ method: 13221, sendDigits: 13222 }),
  notYetAttributes: ['byoc', ...MACHINE_DETECTION_ATTRIBUTES],
  children: [],
  body: 'the number',
  read(element, findings) {
    warnOfChildren(element, findings);
    const { values } = readAttributes(element, numberNounSpec.attributes, numberNounSpec.notYetAttributes, findings);
    return { name: 'Number', ...values, ...readNumber(ownText(element), findings) };
  },
};

/** Dialable digits of what was written, or a fault 13223. */
export function readNumber(written: string, findings: Findings): Pick<NumberNoun, 'number' | 'fault'> {
  const number = written.replace(/[\s().-]/g, '');
  if (/^\+?[0-9*#]{1,32}$/.test(number)) return { number, fault: undefined };
  const fault: VerbFault = { code: 13223, message: `"${written.slice(0, 80)}" is not a phone number` };
  findings.warn('Number', fault.code, fault.message);
  return { number, fault };
}
