import { describe, expect, it } from 'vitest';

import { hasItsEnd, readTextHead, scopeOf } from '../../../src/backup/pg-dump/text.ts';

const HEAD = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET client_encoding = 'UTF8';\n";
const CLUSTER = '--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE x;\n';
const END = '--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n\n';
const CLUSTER_END = '--\n-- PostgreSQL database cluster dump complete\n--\n\n';

function headOf(text: string): NonNullable<ReturnType<typeof readTextHead>> {
  const head = readTextHead(Buffer.from(text));
  if (head === undefined) throw new Error('It is no head.');
  return head;
}

describe('a plain dump', () => {
  it('is told by its first lines, also with those of Windows, and nothing else is', () => {
    expect(headOf(HEAD)).toEqual({ isCluster: false, datname: undefined, hasDatabases: false });
    expect(headOf(HEAD.replaceAll('\n', '\r\n')).isCluster).toBe(false);
    expect(headOf(CLUSTER).isCluster).toBe(true);
    for (const other of ['', 'SELECT 1;', '-- MySQL dump 10.13\n', `${' '.repeat(2000)}${HEAD}`])
      expect(readTextHead(Buffer.from(other))).toBeUndefined();
  });

  it.each([
    ['\\connect app', 'app'],
    ['\\connect "App"', 'App'],
    [String.raw`\connect -reuse-previous=on "dbname='we ird'"`, 'we ird'],
    [String.raw`\connect -reuse-previous=on "dbname='it\'s a ""name""'"`, `it's a "name"`],
  ])('made with --create says %s', (line, datname) => {
    expect(headOf(`${HEAD}CREATE DATABASE x;\n\n${line}\n`).datname).toBe(datname);
  });

  it('has its end where the last words are, whatever stands behind them', () => {
    const head = headOf(HEAD);
    expect(hasItsEnd(head, Buffer.from(END))).toBe(true);
    expect(hasItsEnd(head, Buffer.from(END.replaceAll('\n', '\r\n')))).toBe(true);
    expect(hasItsEnd(head, Buffer.from(END.slice(0, 30)))).toBe(false);
    expect(hasItsEnd(head, Buffer.from(CLUSTER_END))).toBe(false);
    expect(hasItsEnd(headOf(CLUSTER), Buffer.from(END))).toBe(false);
    expect(hasItsEnd(headOf(CLUSTER), Buffer.from(CLUSTER_END))).toBe(true);
  });

  it('of a cluster has databases in it, or its globals alone', () => {
    expect(scopeOf(headOf(CLUSTER), Buffer.from(`${END}${CLUSTER_END}`))).toBe('cluster');
    expect(scopeOf(headOf(`${CLUSTER}--\n-- Databases\n--\n`), undefined)).toBe('cluster');
    expect(scopeOf(headOf(CLUSTER), Buffer.from(CLUSTER_END))).toBe('globals');
    expect(scopeOf(headOf(CLUSTER), undefined)).toBe('globals');
    expect(scopeOf(headOf(HEAD), Buffer.from(END))).toBe('database');
  });
});
