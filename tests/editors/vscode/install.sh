#!/usr/bin/env bash
# Installs the real VS Code (code-server) for the test, once for each version, and prints the folder that it lies in.
# It goes into the user's cache folder; an installation that was broken off leaves nothing that looks like one.
set -euo pipefail
here="$(cd "$(dirname "$0")/code-server" && pwd)"
key="$(cat "$here/package-lock.json" "$0" <(node --version) | sha256sum | cut -c1-16)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/dt6-tests"
folder="$cache/code-server-$key"
if [ ! -d "$folder" ]; then
    mkdir -p "$cache"
    making="$(mktemp -d "$cache/making.XXXXXX")"
    trap 'rm -rf "$making"' EXIT
    cp "$here/package.json" "$here/package-lock.json" "$making/"
    # Node's own headers, for the one part that is compiled: nothing but packages can be downloaded.
    npm_config_nodedir="$(node -p 'path.resolve(process.execPath, "../..")')"
    export npm_config_nodedir npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
    {
        cd "$making"
        npm ci --ignore-scripts
        npm rebuild argon2 --build-from-source
        cd node_modules/code-server/lib/vscode
        npm install --ignore-scripts --omit=dev
        (cd extensions && npm install --ignore-scripts --omit=dev)
        ln -sfn node_modules node_modules.asar
        ln -sf code-linux.sh bin/remote-cli/code-server
        ln -sf browser-linux.sh bin/helpers/browser.sh
    } >&2
    mv -T "$making" "$folder"
    trap - EXIT
fi
printf '%s\n' "$folder"
