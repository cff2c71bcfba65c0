// Where the files are that answers and hits name: by their path in the workspace's folder. With several folders the
// folder's name comes first, made unique by a number where two share it, as the server does it.

import { posix } from "node:path";

import { commands, Range, Uri, workspace } from "vscode";

import type { Place } from "./protocol";

export function uriOf({ path }: Place): Uri | undefined {
    const folders = workspace.workspaceFolders ?? [];
    const [first, ...others] = folders;
    if (first === undefined || path.split("/").includes("..")) {
        return undefined;
    }
    if (others.length === 0) {
        return Uri.joinPath(first.uri, path);
    }
    const [name = "", ...inside] = path.split("/");
    const names = unique(folders.map(({ uri }) => uri.path.split("/").at(-1) ?? ""));
    const folder = folders[names.indexOf(name)];
    return folder && Uri.joinPath(folder.uri, ...inside);
}

export async function open(place: Place): Promise<void> {
    const uri = uriOf(place);
    if (uri !== undefined) {
        const line = place.start_line - 1;
        await commands.executeCommand("vscode.open", uri, { selection: new Range(line, 0, line, 0) });
    }
}

export function shown(place: Place): string {
    const lines = place.end_line > place.start_line ? `${place.start_line}-${place.end_line}` : `${place.start_line}`;
    return `${place.path}:${lines}`;
}

/** A link to a line, as a Markdown preview follows it in a document that lies in no folder: it takes no `file:` links,
 *  and paths start at the first folder. */
export function linkTo(uri: Uri, line: number | string): string | undefined {
    const first = workspace.workspaceFolders?.[0];
    if (first === undefined || uri.scheme !== first.uri.scheme) {
        return undefined;
    }
    const path = posix.relative(first.uri.path, uri.path).split("/").map(encoded).join("/");
    return `/${path}#L${line}`;
}

function encoded(segment: string): string {
    return encodeURIComponent(segment).replaceAll("(", "%28").replaceAll(")", "%29");
}

function unique(names: string[]): string[] {
    const taken = new Set<string>();
    return names.map((plain) => {
        let name = plain;
        for (let number = 2; taken.has(name); number++) {
            name = `${plain}-${number}`;
        }
        taken.add(name);
        return name;
    });
}
