"""What is never worth indexing, by name alone: the built-in deny list.

Folders that are always output or downloads are denied wherever they are. `build`, `dist`, `out`, `target`, `_build`,
`bin`, `obj` and `coverage` are also names of source folders, so those are denied only where signs point to output:
beside the manifest of a tool that writes there, or (all but the last three) right under the workspace or a repository;
never when they hold an `__init__.py` or `mod.rs`, nor when a .gitignore says `!build/`. Everything here but secrets,
version control and ignore files can be re-included. Not here: what ignore files say (`rules`) and what only the content
tells (`documents`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dt6_lsp.workspace import reasons

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", ".sl", "_darcs", ".pijul", ".fslckout"})
RULE_FILES = frozenset(
    {".gitignore", ".dt6ignore", ".gitattributes", ".gitmodules", ".ignore", ".rgignore", ".hgignore"}
)
SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".kube", ".password-store"})

_FOLDERS = {
    reasons.DEPENDENCIES: """node_modules bower_components jspm_packages .venv .yarn .pnpm-store .pnp .bundle elm-stuff
        .stack-work .conda __pypackages__ Pods Carthage .dart_tool .pub-cache""",
    reasons.BUILD_OUTPUT: """__pycache__ .next .nuxt .output .svelte-kit .astro .docusaurus .vercel .netlify .serverless
        .aws-sam .terraform .build .swiftpm DerivedData .gradle .eggs .ipynb_checkpoints htmlcov .nyc_output
        .vite .angular .expo .parcel-cache dist-newstyle cmake-build-debug cmake-build-release .zig-cache zig-cache
        zig-out .bloop .metals .bsp .cxx .externalNativeBuild bazel-bin bazel-out bazel-testlogs""",
    reasons.CACHE: """.cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .tox .nox .turbo .nx .sass-cache
        .import_linter_cache .pytype .pyre .idea .vs .history .Trash .Spotlight-V100 .fseventsd""",
}  # fmt: skip
DENIED_FOLDERS = {name.lower(): reason for reason, names in _FOLDERS.items() for name in names.split()}
_FOLDER_SUFFIXES = (".egg-info", ".dist-info", ".xcodeproj", ".xcassets", ".dsym")

_JS = {"package.json"}
_PYTHON = {"pyproject.toml", "setup.py", "setup.cfg"}
_JVM = {"pom.xml", "build.gradle", "build.gradle.kts", "build.sbt", "build.xml", "project.clj"}
_NATIVE = {"cmakelists.txt", "meson.build", "configure.ac", "pubspec.yaml"}
OUTPUT_BESIDE = {
    "build": frozenset(_JS | _PYTHON | _JVM | _NATIVE),
    "dist": frozenset(_JS | _PYTHON),
    "out": frozenset(_JS | _JVM | _NATIVE),
    "target": frozenset(_JVM | {"cargo.toml"}),
    "bin": frozenset({"*.csproj", ".classpath"}),
    "obj": frozenset({"*.csproj"}),
    "coverage": frozenset(_JS),
    "_build": frozenset({"mix.exs", "rebar.config", "dune-project", "conf.py", "makefile", "make.bat"}),
}
OUTPUT_AT_TOP = frozenset({"build", "dist", "out", "target", "_build"})
SOURCE_MARKS = frozenset({"__init__.py", "mod.rs"})
_CONTENT_MARKS = {
    "pyvenv.cfg": reasons.DEPENDENCIES,
    "conda-meta": reasons.DEPENDENCIES,
    "cachedir.tag": reasons.CACHE,
}
_MARKS = frozenset().union(*OUTPUT_BESIDE.values(), SOURCE_MARKS, _CONTENT_MARKS, {".git", ".gitignore", ".dt6ignore"})
_PROJECTS = (".csproj", ".fsproj", ".vbproj", ".vcxproj")

_LOCK_FILES = """package-lock.json npm-shrinkwrap.json pnpm-lock.yaml bun.lockb go.sum go.work.sum packages.lock.json
    gradle.lockfile package.resolved conda-lock.yml cabal.project.freeze .terraform.lock.hcl pylock.toml
    project.assets.json"""
_LOCK_NAMES = frozenset(_LOCK_FILES.split())

_EXTENSIONS = {
    reasons.LOCK_FILE: "lock lockfile",
    reasons.GENERATED: "map pyc pyo class snap",
    reasons.SECRET: "pem key p12 pfx jks keystore kdbx kdb ppk gpg pgp age ovpn tfstate tfvars",
    reasons.BINARY: """png jpg jpeg gif bmp ico icns webp avif tif tiff psd eps heic xcf sketch fig
        mp3 mp4 m4a m4v wav flac ogg oga ogv opus aac wma avi mov mkv webm wmv flv
        zip gz tgz bz2 tbz xz txz zst lz4 7z rar tar jar war ear whl egg apk aab ipa deb rpm dmg iso img msi cab nupkg
        vsix exe dll so dylib a o obj lib pdb ilk elf wasm node pyd nib ko hi beam rlib rmeta
        ttf otf woff woff2 eot pdf doc docx xls xlsx ppt pptx odt ods odp epub mobi
        db sqlite sqlite3 db3 mdb accdb parquet feather arrow avro orc npy npz h5 hdf5 pkl pickle joblib mat rds rdata
        pt pth onnx tflite safetensors gguf ggml ckpt bin gmo swp swo
        blend fbx glb stl 3ds max unitypackage uasset keras msgpack cbor bson crt cer der""",
}  # fmt: skip
DENIED_EXTENSIONS = {
    extension: reason for reason, extensions in _EXTENSIONS.items() for extension in extensions.split()
}

_MINIFIED = re.compile(r"[.-]min\.(?:js|mjs|cjs|css|html)$")
_GENERATED = re.compile(
    r"""_pb2(?:_grpc)?\.pyi?$ | \.pb(?:\.gw|\.validate)?\.(?:go|cc|h|rs)$ | _pb\.(?:js|d\.ts|rb)$ | \.pb\.swift$
      | \.(?:designer|g|g\.i)\.cs$ | \.(?:g|freezed|gr)\.dart$ | (?:^|[._])generated\.[a-z]+$ | ^zz_generated\.
      | _(?:string|mock|easyjson)_?gen\.go$ | \.bundle\.js$ | \.chunk\.js$""",
    re.VERBOSE,
)
_SECRET_PLACES = frozenset({
    (".docker", "config.json"), (".aws", "config"), (".azure", "accesstokens.json"), (".m2", "settings.xml"),
    (".azure", "msal_token_cache.json"), ("gh", "hosts.yml"), ("containers", "auth.json"),
})  # fmt: skip
_SECRET = re.compile(
    r"""\.env(?:rc)?$ | \.env[._-](?!(?:example|sample|template|dist|defaults?|schema)s?$).+ | [^/]+\.env$
      | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$ | (?:aws_?)?\.?credentials(?:\.(?:json|ya?ml|toml|ini|csv|txt|db|xml))?$
      | secrets?\.(?:json|ya?ml|toml|ini|properties|txt)$ | client_secrets?.*\.json$ | service[-_]?account.*\.json$
      | \.npmrc$ | \.pypirc$ | [._]netrc$ | \.pgpass$ | \.my\.cnf$ | \.htpasswd$ | \.git-credentials$ | \.dockercfg$
      | \.s3cfg$ | \.boto$ | \.vault-token$ | \.?htdigest$ | .*\.tfstate\.backup$ | .*\.tfvars\.json$ | \.terraformrc$
      | (?:.*[._-])?kube[_-]?config(?:\.ya?ml)?$ | \.?dockerconfig(?:json)?(?:\.json)?$ | \.mylogin\.cnf$ | \.authinfo$
      | \.vault_pass(?:word)?(?:\.txt)?$ | application_default_credentials\.json$ | \.msmtprc$ | \.smbcredentials$""",
    re.VERBOSE,
)
_EXAMPLE = re.compile(r"(?:^|[._-])(?:example|sample|template|dist)(?:[._-]|$)")


def never(name: str, is_folder: bool, parent: str = "") -> str | None:
    """Version control, its rules and secrets: no rule of anyone brings these in. Names are compared without
    case; some, such as `.docker/config.json`, are secret only in their folder."""
    if name in VERSION_CONTROL:
        return reasons.VERSION_CONTROL
    if is_folder:
        return reasons.SECRET if name in SECRET_FOLDERS else None
    if name in RULE_FILES:
        return reasons.IGNORE_FILE
    if (parent, name) in _SECRET_PLACES or DENIED_EXTENSIONS.get(name.rpartition(".")[2]) == reasons.SECRET:
        return reasons.SECRET
    return reasons.SECRET if _SECRET.match(name) and not _EXAMPLE.search(name) else None


def is_secret(path: str) -> bool:
    """Whether a file is secret by its name, or by that of a folder that it lies in."""
    *folders, name = path.lower().split("/")
    parent = folders[-1] if folders else ""
    return never(name, False, parent) == reasons.SECRET or not SECRET_FOLDERS.isdisjoint(folders)


def denied_folder(name: str) -> str | None:
    reason = DENIED_FOLDERS.get(name)
    return reasons.BUILD_OUTPUT if reason is None and name.endswith(_FOLDER_SUFFIXES) else reason


def denied_file(name: str) -> str | None:
    stem, _, extension = name.rpartition(".")
    if stem and extension in DENIED_EXTENSIONS:
        return DENIED_EXTENSIONS[extension]
    if name in _LOCK_NAMES:
        return reasons.LOCK_FILE
    if _MINIFIED.search(name):
        return reasons.MINIFIED
    return reasons.GENERATED if _GENERATED.search(name) else None


def marks_of(names: Iterable[str]) -> frozenset[str]:
    """The few names of a folder that tell what it is, in lower case; `*.csproj` stands for any .NET project file."""
    lowered = [name.lower() for name in names]
    project = {"*.csproj"} if any(name.endswith(_PROJECTS) for name in lowered) else set()
    return _MARKS.intersection(lowered) | project


def may_be_output(name: str, beside: frozenset[str], at_top: bool) -> bool:
    """Whether a folder is build output by its name and by what lies beside it (`marks_of` its parent)."""
    tools = OUTPUT_BESIDE.get(name)
    return tools is not None and (bool(tools & beside) or (at_top and name in OUTPUT_AT_TOP))


def denied_by_content(inside: frozenset[str], suspect: bool) -> str | None:
    """Why a folder is denied for what lies in it (`marks_of` it)."""
    for mark, reason in _CONTENT_MARKS.items():
        if mark in inside:
            return reason
    return reasons.BUILD_OUTPUT if suspect and not inside & SOURCE_MARKS else None
