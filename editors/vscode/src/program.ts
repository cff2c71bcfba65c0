// Finds the program that a command names, before it is started: then what is missing can be said in plain words.
//
// A program is taken from an absolute path, or by its bare name from an absolute folder of the PATH. Never from the
// current folder, which may be that of a workspace.

import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, isAbsolute, join } from "node:path";

const ENDINGS = process.platform === "win32" ? [".exe", ".com", ""] : [""];

export async function find(name: string): Promise<string | undefined> {
    for (const path of candidates(name.replace(/^~(?=[\\/])/, homedir()))) {
        if (await isProgram(path)) {
            return path;
        }
    }
    return undefined;
}

function candidates(name: string): string[] {
    if (isAbsolute(name)) {
        return ENDINGS.map((ending) => name + ending);
    }
    if (name === "" || name !== basename(name)) {
        return [];
    }
    const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
    return folders.flatMap((folder) => ENDINGS.map((ending) => join(folder, name + ending)));
}

async function isProgram(path: string): Promise<boolean> {
    try {
        await access(path, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}
