// What the server is told of the user's settings: what was set, and whether the workspace is trusted. The manifest
// says which settings there are, and which commands.
//
// Defaults are left out. The server has them, and would take one for the user's own word, over DT6's own file and the
// environment. All settings are of machine scope, so that no folder's settings file is heard (it has `.dt6.toml`).

import { type ExtensionContext, workspace } from "vscode";

const SECTION = "dt6";
const OURS = `${SECTION}.server.`;

interface Manifest {
    contributes: {
        commands: { command: string }[];
        configuration: { properties: Record<string, unknown> }[];
    };
}

export type Settings = Record<string, Record<string, unknown>>;

/** The command that starts the server, without its arguments. */
export function serverCommand(): string[] {
    return workspace.getConfiguration(SECTION).get<string[]>("server.command", []);
}

/** The section "dt6" as the server takes it: `{chat: {model: "..."}, ..., workspace: {trusted: true}}`. */
export function spoken(context: ExtensionContext): Settings {
    const configuration = workspace.getConfiguration();
    const said: Settings = {};
    for (const key of keys(context).filter((each) => !each.startsWith(OURS))) {
        const value = configuration.inspect(key)?.globalValue;
        if (value !== undefined) {
            const [section = "", name] = key.slice(SECTION.length + 1).split(".");
            if (name === undefined) {
                said[section] = value as Record<string, unknown>;
            } else {
                said[section] = { ...said[section], [name]: value };
            }
        }
    }
    said["workspace"] = { ...said["workspace"], trusted: workspace.isTrusted };
    return said;
}

/** The commands of the palette, all of which this extension registers. */
export function contributedCommands(context: ExtensionContext): Set<string> {
    return new Set(contributes(context).commands.map(({ command }) => command));
}

function contributes(context: ExtensionContext): Manifest["contributes"] {
    return (context.extension.packageJSON as Manifest).contributes;
}

function keys(context: ExtensionContext): string[] {
    return contributes(context).configuration.flatMap(({ properties }) => Object.keys(properties));
}
