---@meta
-- Made by `make docs`; edits here are lost. Every setting may be left out.

---@class dt6.Settings
---@field workspace? dt6.settings.workspace
---@field index? dt6.settings.index
---@field embedding? dt6.settings.embedding
---@field chat? dt6.settings.chat
---@field intents? dt6.settings.intents
---@field routing? dt6.settings.routing
---@field completion? dt6.settings.completion
---@field memory? dt6.settings.memory
---@field cache? dt6.settings.cache
---@field ollama? dt6.settings.ollama
---@field openai? dt6.settings.openai
---@field chroma? dt6.settings.chroma
---@field privacy? dt6.settings.privacy
---@field hover? dt6.settings.hover
---@field lens? dt6.settings.lens
---@field review? dt6.settings.review
---@field log? dt6.settings.log
---@field backends? table<string, dt6.settings.backend> More model servers, each by its own name

---@class dt6.settings.workspace
---@field exclude? string[] Patterns, as in .gitignore, of files not to index.
---@field include? string[] Patterns of files to index although an ignore rule names them.
---@field max_file_bytes? integer Larger files are not indexed. Default: 1000000.
---@field trusted? boolean Off: of this workspace nothing is run, sent or changed. It is indexed and answered from, without a model and without git. An editor that asks its user for trust says this itself. Default: true.

---@class dt6.settings.index
---@field at_start? boolean Index the workspace when the server starts. Default: true.
---@field watch? boolean Follow changes on disk, also those that are made outside of the editor. Default: true.

---@class dt6.settings.embedding
---@field backend? "static"|"sentence-transformers"|"ollama"|"openai" What turns text into vectors. `static` is built in and needs nothing else. Default: static.
---@field model? string Model name; empty takes the backend's default.
---@field batch_size? integer Texts in one request, at most. Default: 64.
---@field max_wait_ms? number How long a lone text waits for others before it is sent. Default: 5.0.
---@field request_seconds? number Longest silence of a server while it makes vectors (a model may have to load). Default: 120.0.

---@class dt6.settings.chat
---@field backend? string Who writes answers: `auto`, `none`, `ollama`, `openai`, or the name of one of your `backends`. `auto` takes a local Ollama with an installed model, else none. Default: auto.
---@field model? string Model name; empty takes the first that the server has. No other stands in for a name.
---@field fallback? string[] Who answers, in this order, when the model that was chosen can't: names of backends, MODEL@BACKEND, or other models of the same backend. Empty: nobody stands in.
---@field context_tokens? integer Tokens for prompt and answer together. Default: 16384.
---@field max_answer_tokens? integer Tokens kept for the answer. Default: 1024.
---@field connect_seconds? number Time to reach a model server. Default: 3.0.
---@field first_token_seconds? number Time until the first token (a model may have to load). Default: 120.0.
---@field next_token_seconds? number Longest gap between two tokens. Default: 30.0.
---@field answer_seconds? number Longest time for one answer; what came until then is kept. Default: 600.0.
---@field retries? integer How often a busy or faltering server is asked again, as long as no word of the answer has come. Default: 2.
---@field retry_wait_seconds? number Longest wait before asking again. A server that wants a longer one is not waited for. Default: 10.0.

---@class dt6.settings.intents
---@field code? string Who answers questions about how code works: MODEL, MODEL@BACKEND or @BACKEND. Empty: as `chat` says.
---@field docs? string Who answers questions about documentation and settings: MODEL, MODEL@BACKEND or @BACKEND. Empty: as `chat` says.
---@field debug? string Who answers questions about errors: MODEL, MODEL@BACKEND or @BACKEND. Empty: as `chat` says.
---@field arch? string Who answers questions about architecture, which a larger model may answer better: MODEL, MODEL@BACKEND or @BACKEND. Empty: as `chat` says.
---@field general? string Who answers other questions: MODEL, MODEL@BACKEND or @BACKEND. Empty: as `chat` says.

---@class dt6.settings.routing
---@field confirm_seconds? number How long a model may take to say what kind of question it is, where two are nearly as likely. 0: it is never asked. Default: 1.5.

---@class dt6.settings.completion
---@field model? string Who completes code: MODEL or MODEL@BACKEND, one that fills in the middle of a text, such as qwen2.5-coder:1.5b-base. Empty: nothing is suggested.
---@field while_typing? boolean Suggest while you type, in editors that show such text in the line. Off: only when you ask for it. Default: true.
---@field delay_ms? number How long typing has to rest before the model is asked. Default: 150.0.
---@field seconds? number Longest time for one suggestion; what comes later is not shown. Default: 10.0.
---@field context_tokens? integer Tokens of the text around the cursor and of code that bears on it. Default: 2048.
---@field max_tokens? integer Tokens of a suggestion, at most. Default: 128.

---@class dt6.settings.memory
---@field keep? boolean Remember conversations in the workspace's data folder, so that a question may lean on those before. Off, nothing is written and each question stands alone. Default: true.
---@field max_turns? integer Questions with their answers that are kept; the oldest go first. Default: 5000.
---@field max_bytes? integer Bytes of them that are kept; the oldest go first. Default: 20000000.

---@class dt6.settings.cache
---@field enabled? boolean Keep answers, and give them again to who asks the same. Default: true.
---@field ttl_hours? number How long an answer is kept. Default: 168.0.
---@field max_entries? integer Answers that are kept of a workspace; the oldest go. Default: 1000.
---@field max_bytes? integer Bytes that they may take. Default: 10000000.

---@class dt6.settings.ollama
---@field url? string Address of the Ollama server. Default: http://127.0.0.1:11434.

---@class dt6.settings.openai
---@field url? string Base URL of an OpenAI-compatible server. Default: http://127.0.0.1:8080/v1.
---@field api_key? string Sent to that server as a bearer token. Better set as DT6_OPENAI_API_KEY than in a file.

---@class dt6.settings.chroma
---@field url? string A shared Chroma server; empty keeps Chroma in the data folder.
---@field search_above? integer With more chunks, Chroma searches their vectors. Up to there, memory does: exactly, and as quickly. Default: 100000.

---@class dt6.settings.privacy
---@field allowed_hosts? string[] Hosts that text of this workspace may be sent to. This machine needs no entry; none other is allowed.

---@class dt6.settings.hover
---@field explain? "on"|"request"|"off" Whether a hover shows a model's explanation: `request`, once you have asked for one; `on`, one is written in the background for the next hover; `off`, never. Default: request.

---@class dt6.settings.lens
---@field enabled? boolean Show above each function and class how often it is used, by which tests, and a way to have it explained. Default: true.

---@class dt6.settings.review
---@field on_save? boolean Have a model review each document that is saved, and show what it finds. Default: false.

---@class dt6.settings.log
---@field level? "error"|"warning"|"info"|"debug" What the server logs. Default: info.

---@class dt6.settings.backend
---@field kind? "ollama"|"openai" The protocol that it speaks. Default: openai.
---@field url? string Its address; for `openai` the base URL, which mostly ends in /v1.
---@field api_key? string Sent to this server only, as a bearer token.
---@field model? string Its model where none is named; empty takes the first that it has.
