export { Admission, type AdmissionOptions, type CallRefused, type CountedCall, type CountedTrunk } from './admission';
export { ADMISSION_REASONS, ADMISSION_TABLE, type AdmissionReason, type AdmissionRule, type GatewayLoad, isAdmissionReason, refusalOf } from './admission-table';
export { limitsReference } from './limits-reference';
