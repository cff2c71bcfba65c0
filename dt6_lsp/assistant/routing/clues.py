"""What can be seen of a question without knowing what it means: a stack trace, an error's code, how it begins.

Each clue is one row: a name, the words in which it is told to people, and the pattern. Clues stand in groups, by the
intent that one would expect of them, the most telling first, and those of form in a group of their own. How loudly a
clue speaks, and for which intent, is not written here: that is learned from labelled questions (`tools/train_router`).
Not here: how a question is read (`features`), what its words mean (the static embedding), and the choice (`router`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Clue:
    name: str
    why: str
    pattern: re.Pattern[str]


def _clue(name: str, why: str, pattern: str) -> Clue:
    return Clue(name, why, re.compile(pattern, re.IGNORECASE | re.MULTILINE))


def _cased(name: str, why: str, pattern: str) -> Clue:
    return Clue(name, why, re.compile(pattern, re.MULTILINE))


_SETUP = (
    r"(?:(?:un)?install|set ?up|configure|customi[sz]e|run|start|launch|build|compile|cross[- ]compile|upgrade|update"
    r"|migrate|deploy|publish|release|contribute|enable|disable|turn (?:on|off)|use|pass|connect|authenticate|log ?in"
    r"|download|get started|self-?host|reset|register|seed|generate|regenerate|write|create|add|set|change|report"
    r"|specify|override|import|export|switch|put)"
)
_EDIT = (
    r"(?:add|refactor|rename|implement|convert|extract|remove|delete|replace|simplify|rewrite|inline|move|split|make"
    r"|type|optimi[sz]e|clean up|generate|create|write|port|turn|change|update|wrap|introduce|use)"
)
_WRITTEN = r"(?:docs?|documentation|doc ?strings?|doc comments?|javadocs?|js ?docs?|rustdocs?|readme|changelog)"
_PLATFORM = (
    r"(?:windows|mac ?os|os ?x|linux|ubuntu|debian|docker(?: compose)?|kubernetes|k8s|helm|apple silicon|arm64|aarch64"
    r"|wsl|homebrew|brew|npm|pip|cargo|gradle|maven|nix|conda|vs ?code|neovim|emacs|aws|azure|gcp|heroku|nginx)"
)
_LANGUAGE = (
    r"(?:python|java|javascript|js|typescript|ts|rust|go|golang|c|c\+\+|c#|ruby|php|swift|kotlin|scala|haskell|elixir"
    r"|bash|shell|sql|css|html|perl|lua|zig|r|dart|git|linux|vim|react)"
)
_PARTS = (
    r"(?:modules?|packages?|components?|layers?|sub-?systems?|(?:micro)?services?|crates?|targets?|folders?"
    r"|directories|monorepo|bounded contexts?|processes|sub-?projects?)"
)

CLUES: Mapping[str, tuple[Clue, ...]] = {
    "debug": (
        _clue("trace", "it holds a stack trace",
              r"Traceback \(most recent|^\s+File \".+\", line \d+|^\s*at \S+.*[(:]\S+:\d+|^\s*at .+\.\w+:line \d+"
              r"|panicked at|^goroutine \d+|Caused by:|Segmentation fault|core dumped|^\s*#\d+\s+\S+|:\d+:in [`']"
              r"|Exception in thread|^\s*\([\w.]+ [\d.]+\) \S+:\d+:|stack ?trace:|\.go:\d+ \+0x|FATAL EXCEPTION"),
        _cased("error name", "it names an error",
              r"\b[A-Z]\w*(?:Error|Exception|Panic|Failure|Fault|Violation|Mismatch|Warning|NotFound|BackOff"
              r"|Killed)s?\b|\b[A-Z]+(?:_[A-Z]+)*_FAILED\b"),
        _cased("error code", "it holds an error code",
              r"\bE(?:RR_)?[A-Z]{4,}\b|\b(?:TS|CS|ORA-?|E|C|LNK|SQLSTATE)[- ]?\d{3,5}\b|\bSIG(?:SEGV|KILL|ABRT|BUS"
              r"|ILL|FPE)\b|\bOOM\w*|\berrno\b|(?i:exit(?:s|ed)?(?: with)? (?:code|status)[: ]+\d+)|\bERR!"
              r"|\b(?i:status code) [45]\d\d\b"),
        _clue("http status", "it names the status of a request",
              r"\b(?:4(?:0[0-9]|1[0-8]|2[29])|50[0-4])\b"),
        _clue("compiler", "it holds a message of a tool",
              r"\b(?:fatal |syntax |type )?error(?:\[\w+\])?:|\bwarning:|^\s*(?:FAILED|FAIL|ERROR|FATAL|E)\b[: ]"
              r"|\S+[:(]\d+[:,]\d+\)?:|\*\*\*|cannot find|no such (?:file|column|table)|undefined (?:reference"
              r"|symbol|method|is not)|is not (?:a function|defined|recogni[sz]ed|assignable)|unresolved|undeclared"
              r"|declaration of|definition of `|no space left|no module named|could not (?:find|resolve|be)"
              r"|unable to|failed to|not (?:implemented|assignable)|aborting due|^\$ "),
        _clue("log line", "it holds a line of a log",
              r"^\W{0,3}\d{4}-\d\d-\d\d[ T]\d\d:\d\d|\b(?:ERROR|FATAL|SEVERE)\b\s+\S+\.\S+|^\w/\w+:"),
        _clue("values", "it holds what came out and what should have",
              r"\b(?:expected|received|got|actual)\b\W{1,4}\S"),
        _clue("fails", "it speaks of something that fails",
              r"\b(?:fail(?:s|ed|ing|ure|ures)?|crash\w*|broken?|breaks|bugs?|buggy|faults?|hangs?|hanging|stuck"
              r"|freez\w+|frozen|segfaults?|segmentation|exceptions?|errors?|panic\w*|leak\w*|race condition"
              r"|deadlock\w*|flaky|regression|reject\w*|refused|denied|abort\w*|timeouts?|time[sd]? out|oom"
              r"|corrupt\w*|conflict\w*|unhandled|uncaught|dies|died|killed|blew up|complain\w*|overflow)\b"),
        _clue("symptom", "it describes a symptom",
              r"\b(?:wrong|incorrect\w*|missing|blank|twice|duplicat(?:e|es|ed) (?:rows?|entries|key|emails?|keys?"
              r"|records?)|duplicates|slow\w*|stale|lost|loses?|losing|disappear\w*|vanish\w*|gone|off by|infinite"
              r"|endless\w*|forever|silently|unexpected\w*|weird|strange|garbled|garbage|mangled|stutters?|jank\w*"
              r"|lag(?:s|gy|ging)?|flicker\w*|nan|nil|undefined|never (?:returns?|fires?|ends?|called|filled"
              r"|finish\w*|stops?|reached|released)|dropp(?:ed|ing)|mismatch\w*|ignored|100 ?%|upside down"
              r"|does nothing|spik\w+|doubled|overlaps?|out of (?:order|memory|sync|range|bounds)|cut off|truncated"
              r"|randomly|spinning|re-?renders?|re-?rendering|rerender|always (?:returns?|fails?|null|empty|zero)"
              r"|old data|still (?:using|shows?|there|old|returns?)|logged out|inconsistent|differ|grow(?:s|ing)"
              r"|gets? (?:lost|killed|cut|stuck|dropped)|negative|down|red|white screen|too many|too (?:long|slow"
              r"|large)|warnings?|unreachable|blocked|malformed|invalid|unresolved|doesn'?t|bottleneck|high (?:cpu"
              r"|memory|load)|memory usage|jumps?|disabled|swallow\w*|race|dead ?lock|cannot|can'?t|won'?t|wont"
              r"|dosent|isnt|cant)\b"),
        _clue("does not", "it says that something does not happen",
              r"\b(?:doesn'?t|does not|don'?t|isn'?t|aren'?t|won'?t|can'?t|cannot|couldn'?t|didn'?t|wasn'?t|hasn'?t"
              r"|no longer|not working|not (?:found|applied|defined|loaded|called|picked|updat\w+|show\w*|set)"
              r"|unable to|nothing happens)\b"),
        _clue("trouble", "somebody has trouble",
              r"\b(?:i(?:'m| am)? (?:get(?:ting)?|see(?:ing)?|keep)|we (?:get|see|lose)|getting|gives me|it says"
              r"|keeps? \w+ing|after (?:upgrad\w+|updat\w+|merg\w+|deploy\w+|the last|a restart)|since (?:last"
              r"|yesterday|tuesday|monday|the)|used to|worked (?:yesterday|before)|but (?:not|fails?|only|it)"
              r"|instead of|even though|locally but|in prod\w*|what'?s (?:going )?(?:on|wrong)|whats wrong|any idea"
              r"|doing wrong|what (?:could|would|can|might) (?:cause|make)|what(?:'s| is) causing|causes?|how come"
              r"|works on my|(?<!do )(?<!can )i (?:get|ran|tried|see|keep|changed|updated)|when i|reason (?:for"
              r"|that)|keeps?|suddenly|sometimes|every (?:time|few|second|third)|at random|since the|no idea|cannot"
              r"|got this|look(?:s)? (?:into|wrong)|what makes)\b"),
        _clue("mend", "it asks to find or mend a fault",
              r"^\W*(?:please |can you |could you |help me )?(?:fix|debug|diagnose|troubleshoot|investigate"
              r"|figure out|repair|solve|help|look into|reproduce|find (?:the |a |out )?(?:bugs?|leak|race|why"
              r"|cause|what)|track down)\b|\b(?:how (?:do|can|to) (?:i |we )?(?:fix|solve|avoid)|is there a bug"
              r"|find out (?:why|what)|see why|the (?:bug|cause|culprit|reason)|get rid of|solve (?:it|this))\b"),
        _clue("why not", "it asks why something does not happen",
              r"\bwhy\b.*(?:\b(?:not|never|still|no longer|twice|slow|null|nil|empty|two)\b|n't\b)"),
        _clue("report", "it reports how something behaves",
              r"\A\W*(?:the|my|our|some|half|every\w*|all|users?|it|this|something|there (?:are|is|'s)|two"
              r"|when(?: i|ever)?|after|since|sometimes|if i|both|only)\b(?!.*\?\W*\Z).*\b(?:is|are|was|were|\w+s"
              r"|don'?t|doesn'?t|won'?t|can'?t|not|no)\b"),
    ),
    "arch": (
        _clue("whole", "it asks about the whole",
              r"\b(?:architect\w+|archite\w+|code ?bases?|code base|big picture|big pieces|high[- ]level|overview"
              r"|overall|organi[sz]ed|organi[sz]ation|laid out|structured|(?:project|module|repo\w*|folder|package"
              r"|directory) (?:structure|layout)|entry ?points?|tour|end to end|at (?:a|the) system level|backbone"
              r"|tech(?:nology)? stack|building blocks?|god class\w*|sketch|(?:bird'?s eye|foot) view|how it all"
              r"|all works|(?:code|module|system|repo) map|core abstractions|whole (?:system|thing|project))\b"),
        _clue("this project", "it speaks of this project",
              r"\bthis (?:project|repo\w*|code ?base|app(?:lication)?|system|monorepo|workspace|program|thing"
              r"|monolith)\b"),
        _clue("parts", "it speaks of the parts of the system",
              rf"\b{_PARTS}\b"),
        _clue("depends", "it asks what depends on what",
              r"\b(?:depend(?:s|ed|ing|ency|encies|ents?)?|coupled|coupling|circular|cycl(?:es?|ic)|imports?"
              r"|importers?|importing|consumers?|who imports|upstream|downstream|transitiv\w+|rel(?:y|ies) on"
              r"|entangled|rests? on|pulls? in|what uses)\b"),
        _clue("impact", "it asks what a change would touch",
              r"\b(?:break(?:s|ing)? (?:if|when)|(?:what|which \w+) (?:\w+ )?(?:would |will |do )?(?:i )?break"
              r"|impact\w*|affected|affects?|blast radius|ripple|if (?:i|we) (?:change|remove|delete|drop|swap"
              r"|rename|replace|upgrade|move|swapped|dropped|removed|changed)|stops? working if|have to (?:touch"
              r"|change)|has to change|consequences? of|changing|removing|renaming|replacing|swapped|goes away"
              r"|side effects of|get rid of the)\b"),
        _clue("flow", "it follows something through the system",
              r"\b(?:(?:data|control|event|request|message) ?-?flows?|flows?|life ?-?cycle|travels?|reach(?:es)?"
              r"|get to|ends? up|pipeline|path of|journey|pass(?:es)? through|goes through|between|sequence"
              r"|communicat\w+|talks? to|fits? together|wired|interact\w*|connect(?:ed|s)?|hangs? together"
              r"|work(?:s)? together|how .{1,40} (?:reach|get|gets) |from .{1,30} (?:in)?to .{1,30}|syncs? with"
              r"|share\w* (?:code|data)|end to end|startup|call (?:flow|graph|chain)|hooks? into|plug(?:s"
              r"|ged)? into|relat(?:e|ed|es|ion|ionship)s?)\b"),
        _clue("diagram", "it asks for a picture",
              r"\b(?:diagrams?|mermaid|uml|draw|graph|map of|service map|visuali[sz]e)\b"),
        _clue("design", "it asks about the design",
              r"\b(?:design\w*|patterns?|boundar(?:y|ies)|responsib\w+|separat\w+|hexagonal|layer\w*|monolith\w*"
              r"|multi-?tenan\w+|seams?|modular\w*|cohesion|decoupl\w+|abstractions?|should .{1,30}live"
              r"|supposed to live|would .{1,30}fit|role of|strategy|composition root|hot ?spots?|churn|central"
              r"|structur\w+|hierarch\w+|concerns|event[- ]driven|stateless|stateful|deployed independently"
              r"|split into|split (?:this|the|up)|(?:the|at the|own the) core\b|core (?:modules?|packages?|classes"
              r"|domain|parts?|vs)|main (?:parts?|modules?|components?|entry)|key (?:classes|components"
              r"|abstractions)|important (?:files|classes|parts)|domain model|data model|made of|heart of)\b"),
        _clue("newcomer", "a newcomer asks",
              r"\b(?:new (?:here|to (?:this|the)|team member|developer)|newcomer|onboard\w*|(?:start|begin) reading"
              r"|where (?:to|do i|should i) (?:start|begin)|familiar with|orientation|just joined|new hire"
              r"|should i (?:know|read) first|get to know|unfamiliar)\b"),
        _clue("all of them", "it asks for a list of the parts",
              r"\b(?:main(?![.(])|all (?:the|our)|each|every|top[- ]level|across|list (?:the|of)|which (?:parts"
              r"|modules|services|packages|components|layers)|what are the)\b"),
    ),
    "docs": (
        _clue("documentation", "it asks for documentation",
              r"\b(?:docs?|documentation|document(?:ed|s)?|readme|changelog|release notes|licen[sc]e[ds]?|licensing"
              r"|contribut\w+|tutorials?|guides?|manual|faq|handbook|wiki|roadmap|code of conduct|conventions?"
              r"|cheat ?sheet|reference|man page|how-?to(?! )|doc ?strings?|javadocs?|js ?docs?|help text"
              r"|open ?api spec|swagger|instructions?|(?:versioning|support|security|deprecation|release"
              r"|privacy) policy|code of conduct|code style|style (?:guide|rules)|commit message (?:format"
              r"|convention)\w*|cla|getting started|read about|official(?:ly)?|prebuilt|binaries)\b"),
        _clue("write docs", "it asks to write documentation",
              rf"\b(?:write|add|generate|create|update|improve|draft|missing)\b.*\b{_WRITTEN}\b|^\W*document\b"
              rf"|^{_WRITTEN} for"),
        _clue("how to set up", "it asks how to set up or use it",
              rf"\bhow (?:(?:do|does|can|should|would|must|could) (?:i|we|you|one)|to)\b.{{0,40}}?\b{_SETUP}\b"),
        _clue("setting up", "it speaks of setting it up",
              r"\b(?:install\w*|set ?up|configur\w+|deploy\w*|upgrad\w+|getting started|quick ?start|requirements?"
              r"|prerequisites?|steps|build from source|self-?host\w*|dev(?:elopment)? (?:server|env\w*|setup)"
              r"|migration guide)\b"),
        _clue("options", "it asks about options",
              r"\b(?:options?|flags?|settings?|env\w* (?:vars?|variables?)|command[- ]line|cli|defaults?"
              r"|parameters? of|arguments? are there|sub-?commands?|command line arguments|verbose mode|log levels?"
              r"|shell completion|profiles?|themes?|(?:valid|allowed|possible) values|values for|config keys?"
              r"|switches|npm scripts?|makefile|exit codes|shortcuts?|key ?bindings?|\.env"
              r"|config(?:uration)? file)(?!\w)"),
        _clue("supported", "it asks what is supported",
              r"\b(?:supported|supports?|which versions?|minimum|compatib\w+|msrv|version of|versions?|allowed"
              r"|commercially|can i use|(?:does|will) (?:it|this) (?:work|run)|works? (?:with|on|in)|limitations"
              r"|support|can (?:it|this) (?:be|run)|is it possible|do i (?:need|have) to|need(?:ed)?|available"
              r"|formats?|required?|deprecat\w+|breaking changes)\b"),
        _clue("example", "it asks for an example of use",
              r"\b(?:examples?|sample|usage|how is `?\w+`? (?:supposed|meant) to|show (?:me )?how)\b"),
        _clue("platform", "it names a system or tool to run on",
              rf"\b{_PLATFORM}\b"),
        _clue("version", "it names a version",
              r"\bv?\d+\.\d+(?:\.\d+)?\b|\bv\d+\b|\b\d+\.x\b|\b(?:node|java|python|php|go) \d+"),
        _clue("community", "it asks about the people behind it",
              r"\b(?:maintain\w*|report a|vulnerability|pull requests?|release process|fork|publish(?:ing)? (?:a"
              r"|the|to|new)|community|pricing)\b"),
    ),
    "code": (
        _clue("code block", "it holds a piece of code",
              r"^```|[;{]\s*$|^\s*(?:def|func|fn|class|public|private|let|const|var|import|from|return|for|if|while"
              r"|SELECT)\b.*[(:={;]|=> ?[{(]|^\s{2,}\S+ ?= ?\S|^\s*[}\])]+;?\s*$"),
        _clue("where", "it asks where something is",
              r"\b(?:where(?:'s| is| are| does| do| did)?|in which file|which file|location of|find (?:the|all"
              r"|where|callers))\b"),
        _clue("which piece", "it asks for a piece of code",
              r"\b(?:which|what|that) (?:function|class|method|struct|handler|component|test|query|macro|type|hook"
              r"|middleware|interface|enum|trait|field|variable|constant|helper|endpoint|sql)\b"),
        _clue("how it works", "it asks how something is done",
              r"\bhow (?:is|are|does|did|do (?!i\b|you\b|we\b|one\b)|was|were)\b"),
        _clue("callers", "it asks who calls or uses something",
              r"\b(?:who|what|which \w+) (?:calls?|uses?|sets?|invokes|writes|reads)\b|\b(?:callers?|usages"
              r"|call sites?|references to|used anywhere|still use)\b"),
        _clue("code words", "it speaks of code",
              r"\b(?:functions?|methods?|class(?:es)?|implement\w*|impl|definition|def|defined|called|returns?"
              r"|parameters?|arguments?|constructor|interface|enum|struct|trait|variables?|constant|algorithm"
              r"|pars(?:e[ds]?|er|ing)|loop|regex|signature|subclass\w*|overrid\w+|decorator|getter|setter|callback"
              r"|async|await|null check|type hints?|comprehension|lambda|helper|mock|selection|switch statement"
              r"|logic)\b"),
        _clue("edit", "it asks for a change of the code",
              rf"^\W*(?:please |can you |could you |now )?{_EDIT}\b(?! me\b)"),
        _clue("selected", "it points to what is before the user",
              r"\b(?:this (?:function|method|class|code|file|line|loop|regex|test|selection|component|query|module"
              r"|do|switch|struct|controller)?|selection|selected|these lines|here)\b"),
        _clue("ours", "it speaks of what is ours",
              r"\b(?:we|our|us|my)\b"),
        _clue("faults in code", "it asks how the code deals with errors",
              r"\A\W*(?:where|which|how (?:is|are|does|do (?:we|errors))|what (?:handles|catches)|who|add|find|list"
              r"|show)\b.*\b(?:errors?|exceptions?|failures?|failed|panics?|crash\w*|timeouts?|retr(?:y|ies|ied))\b"),
    ),
    "general": (
        _clue("something new", "it asks for something that needs no workspace",
              r"\A\W*(?:please |can you |could you )?(?:write|give|generate|show|suggest|recommend|name|list|make"
              r"|create|tell)\b(?: me| us)?(?: (?:a|an|some|the|good|few|three|ten"
              rf"|popular))+ .*(?:\bin {_LANGUAGE}\b|\bthat\b|\bof\b|\babout\b|\bfor\b)|\A\W*(?:who"
              r"|when) (?:invented|wrote|was|were|did|created|is|first)\b"),
        _clue("greeting", "it is small talk",
              r"^\W*(?:hi|hello|hey|hiya|yo|thanks?|thx|thank you|cheers|good (?:morning|evening|afternoon|night"
              r"|bot|job)|bye|goodbye|ok(?:ay)?|cool|nice|great|lol|yes|no|sure|never ?mind|sorry|please"
              r"|sounds good|got it|perfect|awesome|help|test)\b[\s!.,?]*(?:$|[!,.]|that|for|please)"),
        _clue("to you", "it is addressed to the assistant",
              r"\b(?:are you|can you (?!explain|show|walk|see|find|fix|simplify|tell me (?:where|how|why))|do you"
              r"|did you|who (?:are|made) you|what (?:can|are|is) you\w*|your|you (?:like|think|there)"
              r"|language model|which model)\b"),
        _clue("what is a", "it asks what a word means",
              r"\bwh?a[ht]t?(?:'?s| is| are) (?:an? |the (?:meaning|point|purpose|difference|syntax|use|benefits?) "
              r"|\w+\??$)|\bmeaning of\b|\bstands? for\b|\bwhat does \S+ (?:mean|stand)|\bdefine\b"),
        _clue("compare", "it compares",
              r"\bdifferen(?:ce|t)\b|\bversus\b|\bvs\.?\b|\bpros and cons\b|\bbetter\b|\bcompare\w*\b"
              r"|\balternatives? to\b|\b(?:faster|over|or) \w+\?$"),
        _clue("in general", "it asks for general knowledge",
              r"\b(?:in general|generally|best practices?|bad practice|good practice|conceptually|as a concept"
              r"|basics|beginner|like i'?m|should one|in most|in simple terms|simply|theorem|principles?|philosophy"
              r"|recommend\w*|ideas?|good (?:book|name|way)|anyway|eli5|unrelated)\b"),
        _clue("knowledge", "it asks for what is in textbooks",
              r"\b(?:monads?|monoids?|functors?|coroutines?|promises|pointers?|variables?|inheritance|encapsulation"
              r"|oop|mvc|singletons?|observer pattern|visitor pattern|factory pattern|strategy pattern"
              r"|binary search|dijkstra|big data|blockchain|cryptography|web ?assembly|repl|api|jwt|orm|ci/cd|tdd"
              r"|yagni|dry|kiss|scrum|devops|docker|virtual machines?|message queues?|load balanc\w+|event sourcing"
              r"|hexagonal architecture|layered architecture|clean code|clean architecture|software architecture"
              r"|test[- ]driven development|continuous integration|pair programming|refactoring|middleware"
              r"|foreign keys?|primary keys?|joins?|inner join|left join|transactions|locking|hash functions?"
              r"|stack overflow|stack traces?|null pointers?|memory leaks?|race conditions?|deadlocks?"
              r"|segmentation faults?|exceptions?|garbage collectors?|interpreters?|virtual environments?"
              r"|multithreading|palindrome|immutab\w+|mutex(?:es)?|actor model|sql injection|dependency injection"
              r"|tail recursion|lambda functions?|decorators|list comprehension|promises?|strangler fig"
              r"|technical debt|leap seconds|two's complement|unicode|ascii|polymorphism|recursion|quick ?sort"
              r"|heap ?sort|merge ?sort|big[- ]?o|linked lists?|hash (?:tables?|maps?)|bloom filter|trie"
              r"|semaphores?|tcp|udp|acid|cap|solid|idempoten\w+|memoi[sz]ation|generics|gil|nosql|agile|orms?|rest"
              r"|graphql|microservices?|functional programming|object[- ]oriented|design patterns?"
              r"|eventual consistency|technical debt|semantic versioning|sorting algorithms?|garbage collection"
              r"|neural networks?|machine learning|threads?|concurrency|parallelism|compilers?|kubernetes|oauth"
              r"|utf-?8|dns|https?)\b"),
        _clue("in a language", "it asks about a programming language",
              rf"\b(?:in|learn|learning|with|of|does|is|use|using|better,?|declare|for) {_LANGUAGE}(?![\w-])"
              rf"|\A[^?\n]{{0,40}} {_LANGUAGE}\W*\Z|^{_LANGUAGE} \w+|\b{_LANGUAGE} (?:or|vs|versus"
              rf"|and) {_LANGUAGE}\b"),
        _clue("off topic", "it has nothing to do with the workspace",
              r"\b(?:jokes?|poem|haiku|weather|capital of|favou?rite|interview|raise|story|song|recipe|movie"
              r"|meaning of life|programmers?|book|french|german|spanish|translate|today|convert \d+|interesting"
              r"|career|developer|hexadecimal|fibonacci|hello world)\b|\d ?[*+/x] ?\d"),
        _clue("should", "it asks for advice",
              r"\b(?:should (?:i|we|one)|when (?:to|should|would)|is it (?:bad|good|ok|worth)|which is|worth)\b"),
    ),
    "form": (
        _clue("settings block", "it holds settings",
              r"^\s*\[[\w.-]+\]\s*$|^\s*[\w-]+: ?\S*\s*$|^\s*[\w-]+ = \S"),
        _clue("what it does", "it asks what something does",
              r"\bwhat (?:does|do|happens|is (?:stored|returned)|calls|would|gets)\b|\bexplain (?:this|the|what|how"
              r"|`)|walk me through"),
        _clue("the thing", "it speaks of a certain thing",
              r"\bthe [a-z]+\b"),
        _clue("begins with why", "it asks why",
              r"\A\W*(?:and |but |so )?why\b"),
        _clue("begins with how", "it asks how",
              r"\A\W*how\b"),
        _clue("begins with what", "it asks what",
              r"\A\W*what(?:'?s)?\b"),
        _clue("begins with which", "it asks which",
              r"\A\W*w(?:h?ich|hose)\b"),
        _clue("begins with who", "it asks who",
              r"\A\W*who\b"),
        _clue("begins with is", "it asks whether",
              r"\A\W*(?:is|are|does|do|did|can|could|has|have|will)\b"),
        _clue("begins with a wish", "it asks to be told",
              r"\A\W*(?:show|explain|describe|give|list|summari[sz]e|tell|draw|find|trace|compare|walk|outline)\b"),
        _clue("speaks of it", "it speaks of what the user has before them",
              r"\bit\b"),
        _clue("an option", "it names an option",
              r"(?<![\w-])--?[a-z][\w-]+"),
        _clue("how do i", "it asks how to do something",
              r"\bhow (?:do|can|should|would|could|must) (?:i|we|you|one)\b|\bhow to\b"),
        _clue("explain", "it asks for an explanation",
              r"\b(?:explain|describe|understand|walk (?:me )?through|tell me about)\b"),
        _clue("ends in ?", "it is a question",
              r"\?\W*\Z"),
    ),
}  # fmt: skip
