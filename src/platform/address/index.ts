export { type ExternalAddress, findExternalAddress } from './external-address';
