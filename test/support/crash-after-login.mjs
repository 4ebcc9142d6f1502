// Loaded into walguard by --import: after its first query it throws what nobody catches, as PLANTED_CRASH says, with
// the connection and its password hanging on it.
import pg from 'pg';

const query = Reflect.get(pg.Client.prototype, 'query');

pg.Client.prototype.query = function (...parameters) {
  const error = Object.assign(new Error('planted crash'), { client: this, password: this.password });
  if (process.env['PLANTED_CRASH'] === 'rejection') void Promise.reject(error);
  else setImmediate(() => throwIt(error));
  return Reflect.apply(query, this, parameters);
};

function throwIt(error) {
  throw error;
}
