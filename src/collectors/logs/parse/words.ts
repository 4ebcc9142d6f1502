import type { LogSeverity } from '../../../core/log-record.ts';

/** The words of each severity in all languages that PostgreSQL is translated into; source: its catalogues of 15. */
const SEVERITY_WORDS: Readonly<Record<LogSeverity, string>> = {
  DEBUG: 'DEBUG DEBUG1 DEBUG2 DEBUG3 DEBUG4 DEBUG5 გამართვა 디버그 ОТЛАДКА НАЛАГОДЖЕННЯ 调试',
  LOG: 'LOG LOGG ჟურნალი 로그 СООБЩЕНИЕ ЗАПИСУВАННЯ 日志',
  INFO: 'INFO ინფორმაცია 정보 ИНФОРМАЦИЯ ІНФОРМАЦІЯ 信息',
  NOTICE: 'NOTICE HINWEIS NOTIFICA NOTIS 알림 ЗАМЕЧАНИЕ ПОВІДОМЛЕННЯ 注意',
  WARNING: 'WARNING WARNUNG ATTENTION ATTENZIONE VARNING გაფრთხილება 경고 ПРЕДУПРЕЖДЕНИЕ ПОПЕРЕДЖЕННЯ 警告',
  ERROR: 'ERROR FEHLER ERREUR ERRORE FEL შეცდომა 오류 ОШИБКА ПОМИЛКА 错误',
  FATAL: 'FATAL FATALE FATALT ფატალური 치명적오류 ВАЖНО ФАТАЛЬНО 致命错误',
  PANIC: 'PANIC PANIK PANICO პანიკა 손상 ПАНИКА ПАНІКА 比致命错误还过分的错误',
};

/** A line of the log that belongs to the message above it. */
export type LogPart = 'detail' | 'hint' | 'context' | 'statement' | 'other';

const PART_WORDS: Readonly<Record<LogPart, string>> = {
  detail: 'DETAIL DETALLE DÉTAIL DETTAGLI 詳細 დეტალები 상세정보 ПОДРОБНОСТИ DETALJ ВІДОМОСТІ 详细信息',
  hint: 'HINT TIPP ASTUCE SUGGERIMENTO ヒント მინიშნება 힌트 ПОДСКАЗКА TIPS УКАЗІВКА 提示',
  context: 'CONTEXT ZUSAMMENHANG CONTEXTO CONTEXTE CONTESTO 文脈 კონტექსტი 내용 КОНТЕКСТ KONTEXT 上下文',
  statement:
    'STATEMENT ANWEISUNG SENTENCIA INSTRUCTION ISTRUZIONE 文 명령_구문 ОПЕРАТОР SATS ოპერატორი ІНСТРУКЦІЯ 语句',
  other:
    "QUERY ANFRAGE CONSULTA REQUÊTE 問い合わせ მოთხოვნა 쿼리 ЗАПРОС FRÅGA ЗАПИТ 查询 LOCATION BACKTRACE PILE_D'APPEL バックトレース სტეკი 역추적 СТЕК ВІДСТЕЖУВАТИ",
};

const SEVERITIES = byWord(SEVERITY_WORDS);
const PARTS = byWord(PART_WORDS);

function byWord<T extends string>(words: Readonly<Record<T, string>>): ReadonlyMap<string, T> {
  const known = new Map<string, T>();
  for (const meaning in words) {
    for (const word of words[meaning].split(' ')) known.set(word.replaceAll('_', ' '), meaning);
  }
  return known;
}

/** Undefined for a word that is none. */
export function severityOf(word: string): LogSeverity | undefined {
  return SEVERITIES.get(word);
}

/** Undefined for a word that is none. */
export function partOf(word: string): LogPart | undefined {
  return PARTS.get(word);
}
