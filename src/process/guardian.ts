import { runWhenWalguardDies } from './when-walguard-dies.ts';

/**
 * The server in the folder is ended (QUIT is PostgreSQL's immediate shutdown), and the folder is removed if it has its marker.
 * What walguard had started may still write for a moment: it is removed again until nothing is left.
 * `$1` is the folder, `$2` the name of its marker; the report `$3`, which says that the drill was killed, becomes `$4`.
 */
const SCRIPT = `
while read -r word; do [ "$word" = done ] && exit 0; done
[ -f "$1/$2" ] || exit 0
trap '' TERM INT HUP
tries=0
while [ $tries -lt 150 ]; do
  tries=$((tries + 1))
  pid=
  [ -f "$1/data/postmaster.pid" ] && { read -r pid; read -r home; } <"$1/data/postmaster.pid" 2>/dev/null
  case $pid in
    ''|*[!0-9]*) pid= ;;
  esac
  if [ -n "$pid" ] && [ "$home" = "$1/data" ] && kill -0 "$pid" 2>/dev/null && ! grep -qs ') Z ' "/proc/$pid/stat"; then
    if [ $tries -lt 50 ]; then kill -QUIT "$pid" 2>/dev/null; else kill -KILL "$pid" 2>/dev/null; fi
  else
    for each in "$1"/* "$1"/.[!.]*; do
      [ "$each" = "$1/$2" ] || rm -rf "$each" 2>/dev/null
    done
    if [ "$(ls -A "$1" 2>/dev/null)" = "$2" ]; then
      sleep 1
      if [ "$(ls -A "$1" 2>/dev/null)" = "$2" ]; then
        mv "$3" "$4" 2>/dev/null
        rm -rf "$1"
        exit 0
      fi
    fi
  fi
  sleep 0.1 2>/dev/null || sleep 1
done
`;

export interface GuardedFolder {
  readonly folder: string;
  /** Of the file without which nothing is removed. */
  readonly markerName: string;
  /** What was written for the case that the drill dies, and where it is to be then. */
  readonly report: { readonly from: string; readonly to: string };
}

/**
 * Lets the folder of a drill and the server in it go when walguard dies; what is left then the next drill removes.
 *
 * @returns takes the watch off
 */
export function guardFolder({ folder, markerName, report }: GuardedFolder): () => void {
  return runWhenWalguardDies(SCRIPT, 'walguard-guardian', [folder, markerName, report.from, report.to]);
}
