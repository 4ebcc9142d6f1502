/** Subjects of a server's certificate, and which of the hosts 127.0.0.1 and localhost they are good for. */
export const certificateNames = [
  { commonName: 'localhost', names: [], goodFor: ['localhost'] },
  { commonName: '127.0.0.1', names: [], goodFor: ['127.0.0.1'] },
  { commonName: 'localhost', names: ['db.example'], goodFor: [] },
  { commonName: '127.0.0.1', names: ['10.0.0.1'], goodFor: [] },
  { commonName: '127.0.0.1', names: ['db.example'], goodFor: ['127.0.0.1'] },
  { commonName: 'db', names: ['DNS:127.0.0.1'], goodFor: ['127.0.0.1'] },
  { commonName: 'db', names: ['127.0.0.1', 'localhost'], goodFor: ['127.0.0.1', 'localhost'] },
  { commonName: 'db', names: ['*.localhost'], goodFor: [] },
] as const;
