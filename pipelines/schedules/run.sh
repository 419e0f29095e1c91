#!/bin/sh
# Runs a pipeline for cron or systemd: one at a time, a log per run, and a health file for whoever watches.
#
#   run.sh [--state DIR] [--keep N] [--program PATH] PIPELINE.json [options of batchsegmenter run ...]
#
#   --state DIR     where the lock, logs/ and health.json are; default: PIPELINE.night beside the pipeline file
#   --keep N        logs to keep, the newest; default 30
#   --program PATH  the program, an executable or a .dll for dotnet; default: artifacts/run/Release, built if it is missing
#
# Ends with the program's exit code (0 done, 1 some inputs failed, 2 nothing was started, 3 could not go on, 130 cancelled),
# or with 75 where a run of the same state folder has not ended yet. Says nothing but in those cases, so that cron mails nothing.
set -u

fault() { echo "run.sh: $1" >&2; exit 2; }
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
quoted() { printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"; }

root=$(cd "$(dirname "$0")/../.." && pwd) state='' keep=30 program=''
while [ $# -gt 1 ]; do
    case $1 in
        --state) state=$2 ;;
        --keep) keep=$2 ;;
        --program) program=$2 ;;
        *) break ;;
    esac
    shift 2
done
[ $# -gt 0 ] || fault 'expected a pipeline file'
case $keep in ''|*[!0-9]*|0) fault "--keep $keep: expected a whole number from 1" ;; esac
pipeline=$1; shift
state=${state:-${pipeline%.json}.night}
mkdir -p "$state/logs" || fault "$state: cannot be written"

# The system lifts the lock when its last holder dies, the program included; nothing has to be cleaned up after a power cut.
command -v flock >/dev/null || fault 'flock (util-linux) is not on the PATH'
exec 9>>"$state/lock" || fault "$state/lock: cannot be written"
flock -n 9 || { echo "run.sh: $pipeline is still running, nothing was started"; exit 75; }

child='' asked=0 stopped=0
trap 'asked=1; stopped=1; [ -z "$child" ] || kill -TERM $child 2>/dev/null' TERM INT HUP

# Renamed into place, so that who reads it sees the one state or the other.
health() {
    {
        printf '{\n  "pipeline": %s,\n  "running": %s,\n  "lastStart": "%s",\n' "$(quoted "$pipeline")" "$1" "$started"
        printf '  "lastEnd": %s,\n  "lastGoodRun": %s,\n  "exitCode": %s,\n  "log": %s\n}\n' "$2" "$good" "$3" "$(quoted "$log")"
    } > "$state/.health.json.tmp" && mv -f "$state/.health.json.tmp" "$state/health.json"
}

started=$(now)
log=$state/logs/$(date -u +%Y%m%dT%H%M%SZ)-$$.log
good=$(sed -n 's/^  "lastGoodRun": \(.*\),$/\1/p' "$state/health.json" 2>/dev/null)
good=${good:-null}
health true null null
: > "$log" || fault "$log: cannot be written"
ls "$state/logs" | grep '\.log$' | sort -r | tail -n "+$((keep + 1))" | while read -r old; do rm -f "$state/logs/$old"; done

code=0
if [ -z "$program" ]; then
    program=$root/artifacts/run/Release/batchsegmenter.dll
    # Servers that a build leaves behind must not hold the lock.
    [ -f "$program" ] || dotnet publish "$root/src/BatchSegmenter" -c Release -o "${program%/*}" --nologo -v quiet >> "$log" 2>&1 9>&- || code=2
fi

if [ $code -eq 0 ]; then
    case $program in *.dll) set -- dotnet "$program" run "$pipeline" "$@" ;; *) set -- "$program" run "$pipeline" "$@" ;; esac
    "$@" >> "$log" 2>&1 &
    child=$!
    [ $asked -eq 0 ] || kill -TERM $child 2>/dev/null
    # A signal ends the wait, not the program: it is given the time to keep what is done.
    while :; do
        stopped=0
        wait $child; code=$?
        [ $stopped -eq 1 ] || break
    done
fi

ended=$(now)
[ $code -ne 0 ] || good="\"$ended\""
health false "\"$ended\"" $code
[ $code -eq 0 ] || echo "run.sh: $pipeline ended with exit code $code; see $log" >&2
exit $code
