#!/usr/bin/env bash
# Fuzzes every reader with AFL++ (apt-get install afl++): tests/fuzz.sh [SECONDS] [FORMAT]...
# Seeds are the samples of the formats in ../shared/data; crashes and hangs are left under artifacts/fuzz/FORMAT.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-1200}
shift || true
formats=("$@")
[ ${#formats[@]} -gt 0 ] || formats=(las laz copc e57 ply pcd text npy parquet archives)

out=artifacts/fuzz
tool=$out/tool
mkdir -p "$out"
[ -x "$tool/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$tool"
rm -rf "$out/bin"
dotnet publish tests/BatchSegmenter.Fuzzing -c Release -v q -o "$out/bin"
"$tool/sharpfuzz" "$out/bin/BatchSegmenter.Formats.dll"

# A file that lies about its size must not be believed: the heap has an end.
export DOTNET_GCHeapHardLimit=0x20000000 DOTNET_TieredPGO=0
export AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1

code=0
for format in "${formats[@]}"; do
  in=$out/$format/in
  rm -rf "${out:?}/$format"
  mkdir -p "$in"
  # Small seeds: each is read whole thousands of times.
  { find ../shared/data/formats/"$format" ../shared/data/broken tests/BatchSegmenter.Fuzzing/seeds/"$format" -type f -size -24k 2>/dev/null || true; } |
    while read -r seed; do
      case $seed in
        */broken/*) case $format in las | laz) [[ $seed == *.la[sz] ]] || continue ;; text) [[ $seed == *.txt ]] || continue ;; *) [[ $seed == *."$format" ]] || continue ;; esac ;;
      esac
      cp "$seed" "$in/$(basename "$seed" | tr -c 'A-Za-z0-9.\n-' _)"
    done
  if [ -z "$(ls "$in")" ]; then
    echo "$format: no seeds; skipped"
    continue
  fi
  afl-fuzz -i "$in" -o "$out/$format/found" -t 10000 -m none -V "$seconds" -- dotnet "$out/bin/BatchSegmenter.Fuzzing.dll" >"$out/$format/log" 2>&1 || true
  stats=$out/$format/found/default/fuzzer_stats
  crashes=$(find "$out/$format/found/default/crashes" "$out/$format/found/default/hangs" -type f -name 'id*' 2>/dev/null | wc -l)
  echo "$format: $(awk -F' *: *' '$1 == "execs_done" { print $2 }' "$stats") executions in $seconds s, $crashes crashes and hangs"
  [ "$crashes" -eq 0 ] || code=1
done
exit $code
