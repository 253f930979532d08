import { ipv6Cases } from './rfc5118-cases';
import { semanticCases } from './rfc4475-semantics';
import { validRequests, validResponses } from './rfc4475-valid';
import { crlf, sdpLines, withBody } from './torture-case';

const way = (branch: string): string[] => [
  `Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK${branch};rport`, 'Max-Forwards: 70',
  'From: "Ann" <sip:ann@10.0.0.2>;tag=a1', 'Call-ID: corpus@10.0.0.2',
];
const sdp = crlf(...sdpLines('10.0.0.2'));

/** What a carrier's gateway sends in the life of a call. */
const ordinary: readonly Buffer[] = [
  withBody(['INVITE sip:+15550100@10.0.0.1;user=phone SIP/2.0', ...way('1'), 'To: <sip:+15550100@10.0.0.1>',
    'CSeq: 1 INVITE', 'Contact: <sip:ann@10.0.0.2:5060;transport=udp>', 'Supported: 100rel, timer, replaces',
    'Session-Expires: 1800;refresher=uac', 'Min-SE: 90', 'Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE',
    'P-Asserted-Identity: "Ann" <sip:+15550199@carrier.example>, <tel:+15550199>', 'Privacy: none',
    'Record-Route: <sip:10.0.0.3;lr>, <sip:10.0.0.4;lr;ftag=a1>', 'X-Account: AC1', 'Content-Type: application/sdp'], sdp),
  crlf('ACK sip:+15550100@10.0.0.1 SIP/2.0', ...way('2'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 1 ACK',
    'Route: <sip:10.0.0.3;lr>', 'Content-Length: 0', ''),
  crlf('CANCEL sip:+15550100@10.0.0.1 SIP/2.0', ...way('1'), 'To: <sip:+15550100@10.0.0.1>', 'CSeq: 1 CANCEL',
    'Reason: SIP;cause=200;text="Call completed elsewhere"', 'Content-Length: 0', ''),
  crlf('PRACK sip:10.0.0.1 SIP/2.0', ...way('3'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 2 PRACK',
    'RAck: 776656 1 INVITE', 'Content-Length: 0', ''),
  withBody(['UPDATE sip:10.0.0.1 SIP/2.0', ...way('4'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 3 UPDATE',
    'Contact: <sip:ann@10.0.0.2>', 'Session-Expires: 60;refresher=uas', 'Content-Type: application/sdp'], sdp),
  crlf('BYE sip:10.0.0.1 SIP/2.0', ...way('5'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 4 BYE',
    'Reason: Q.850;cause=16;text="Normal call clearing"', 'Content-Length: 0', ''),
  withBody(['INFO sip:10.0.0.1 SIP/2.0', ...way('6'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 5 INFO',
    'Content-Type: application/dtmf-relay'], crlf('Signal=5', 'Duration=160')),
  crlf('REFER sip:10.0.0.1 SIP/2.0', ...way('7'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 6 REFER',
    'Contact: <sip:ann@10.0.0.2>', 'Refer-To: <sip:bob@10.0.0.9?Replaces=1%40x%3Bto-tag%3D2>', 'Content-Length: 0', ''),
  withBody(['SIP/2.0 183 Session Progress', ...way('8'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 1 INVITE',
    'Require: 100rel', 'RSeq: 776656', 'Contact: <sip:10.0.0.1>', 'Content-Type: application/sdp'], sdp),
  crlf('SIP/2.0 407 Proxy Authentication Required', ...way('9'), 'To: <sip:+15550100@10.0.0.1>;tag=b1', 'CSeq: 1 INVITE',
    'Proxy-Authenticate: Digest realm="x, y", nonce="\\"q\\"", qop="auth,auth-int", algorithm=MD5', 'Content-Length: 0', ''),
];

/** Whole messages that mutations start from. */
export const corpus: readonly Buffer[] = [
  ...ordinary, ...ordinary,
  ...[...validRequests, ...validResponses, ...semanticCases, ...ipv6Cases].map(({ bytes }) => bytes),
];
