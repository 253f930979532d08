/** Addresses that no tenant may reach, with what stands there. Bytes in network order as dotted or hexadecimal text. */
export const FORBIDDEN_V4: readonly string[] = [
  '127.0.0.1', '127.1.2.3', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1',
  '100.127.255.254', '169.254.169.254', '169.254.0.1', '172.16.0.1', '172.31.255.254', '192.0.0.8', '192.0.2.1',
  '192.31.196.1', '192.52.193.1', '192.88.99.1', '192.168.0.1', '192.168.255.254', '198.18.0.1', '198.19.255.254',
  '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '168.63.129.16',
];

export const FORBIDDEN_V6: readonly string[] = [
  '::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::ffff:10.0.0.1', '::127.0.0.1', '::7f00:1',
  '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b::10.0.0.1', '64:ff9b:1::7f00:1',
  '64:ff9b:1:7f00:0:100::', '2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:a00:1::', '2001:0:7f00:1::',
  '2001:0:5db8:d822:0:0:80ff:fffe', '2001:2::1', '2001:db8::1', '3fff::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fec0::1',
  'ff02::1', '100::1', '5f00::1', '4000::1', '2606:4700::5efe:127.0.0.1', '2606:4700:0:0:200:5efe:a00:1',
];

/** Every way to write an IPv4 address in a URL that `new URL` takes for it. */
export const V4_ENCODINGS: Readonly<Record<string, (address: string) => string>> = {
  dotted: (address) => address,
  'trailing dot': (address) => `${address}.`,
  'one number': (address) => String(numberOf(address)),
  'one hexadecimal number': (address) => `0x${numberOf(address).toString(16)}`,
  'one octal number': (address) => `0${numberOf(address).toString(8)}`,
  'hexadecimal parts': (address) => parts(address).map((part) => `0x${part.toString(16)}`).join('.'),
  'octal parts': (address) => parts(address).map((part) => `0${part.toString(8)}`).join('.'),
  'padded octal parts': (address) => parts(address).map((part) => `000${part.toString(8)}`).join('.'),
  'mixed bases': (address) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts(address);
    return `0x${a.toString(16)}.${b}.0${c.toString(8)}.${d}`;
  },
  'two parts': (address) => `${parts(address)[0]}.${numberOf(address) % 2 ** 24}`,
  'three parts': (address) => `${parts(address).slice(0, 2).join('.')}.${numberOf(address) % 2 ** 16}`,
  'percent escapes': (address) => [...address].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join(''),
  'full-width digits': (address) => address.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  'ideographic dots': (address) => address.replaceAll('.', '\u3002'),
  'circled digits': (address) => address.replace(/[1-9]/g, (digit) => String.fromCharCode(0x245f + Number(digit))),
  'userinfo before it': (address) => `public.example:80@${address}`,
};

export const V6_ENCODINGS: Readonly<Record<string, (address: string) => string>> = {
  plain: (address) => `[${address}]`,
  'upper case': (address) => `[${address.toUpperCase()}]`,
  'in full': (address) => `[${inFull(address)}]`,
};

/** Addresses as public hosts have them; 20 networks of as many owners. */
export const PUBLIC: readonly string[] = [
  '1.1.1.1', '8.8.8.8', '9.9.9.9', '11.0.0.1', '52.95.110.1', '93.184.216.34', '100.63.255.255', '100.128.0.1',
  '128.66.0.1', '151.101.1.69', '169.253.255.255', '172.15.255.255', '172.32.0.1', '192.0.1.1', '192.167.255.255',
  '198.17.255.255', '198.20.0.1', '203.0.112.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::200e',
  '2001:4860:4860::8888', '2400:cb00::1', '2001:200::1', '3ffe:ffff::1',
];

const parts = (address: string): number[] => address.split('.').map(Number);
const numberOf = (address: string): number => parts(address).reduce((sum, part) => sum * 256 + part, 0);

/** All eight groups, no `::`. */
function inFull(address: string): string {
  const [head = '', tail = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  return [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
    .map((group) => group.padStart(4, '0')).join(':');
}
