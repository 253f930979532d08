import { applicationHeaders } from '../../../src/signaling/inbound-headers';

describe('headers for the application', () => {
  it('are X- headers and User-to-User, as they were spelled', () => {
    const received = { 'X-One': '1', 'x-two': '2', 'user-to-user': 'abc;encoding=hex', via: 'no', 'x': 'no', 'X-': 'no', 'X-a b': 'no' };
    expect(applicationHeaders(received)).toEqual({
      headers: { 'X-One': '1', 'x-two': '2', 'User-to-User': 'abc;encoding=hex' }, dropped: 0,
    });
  });

  it('lines of one name are one value, however they are spelled', () => {
    expect(applicationHeaders({ 'X-One': 'a,b', 'x-one': 'c' }).headers).toEqual({ 'X-One': 'a,b,c' });
  });

  it('folded lines are one, and control characters are nothing', () => {
    expect(applicationHeaders({ 'X-One': ' a\r\n\tb\u0000\u007f ' }).headers).toEqual({ 'X-One': 'a b' });
  });

  it('what is too long or too many is left out whole, and counted', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`X-${n}`, 'v']));
    expect(applicationHeaders(many)).toMatchObject({ dropped: 10 });
    const long = { 'X-Long': 'l'.repeat(1_025), [`X-${'n'.repeat(63)}`]: 'v', 'X-Fits': 'f'.repeat(1_024) };
    expect(applicationHeaders(long)).toEqual({ headers: { 'X-Fits': 'f'.repeat(1_024) }, dropped: 2 });
    const heavy = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`X-${n}`, 'v'.repeat(900)]));
    const { headers, dropped } = applicationHeaders({ ...heavy, 'X-Small': 'still fits' });
    expect(dropped).toBe(2);
    expect(headers).toHaveProperty('X-Small');
  });

  it('names that every object has are names like others', () => {
    expect(applicationHeaders({ 'x-__proto__': 'a', 'X-constructor': 'b' }).headers).toEqual({ 'x-__proto__': 'a', 'X-constructor': 'b' });
  });
});
