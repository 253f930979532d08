export { mappedAddress, writeBindingRequest } from './binding';
