-- `$/progress`: the words of an answer go to whoever asked, index runs into the message line and the status line.
--
-- Neovim's own handler gets the rest as ever, and so do plugins that show progress.

local M = {}

local streams = {} -- who takes the partial results of a request, by its token
local bars = {} -- work that is under way, by token

--- `take(value)` gets the partial results that come for this token.
function M.listen(token, take)
  streams[token] = take
end

function M.forget(token)
  streams[token] = nil
end

local function words(bar)
  local share = bar.percentage and bar.percentage > 0 and (' (%d%%)'):format(bar.percentage) or ''
  return vim.trim((bar.title or '') .. ' ' .. (bar.message or '')) .. share
end

--- What the server is at, for a status line; '' when it rests.
function M.status()
  local _, bar = next(bars)
  return bar and words(bar) or ''
end

--- One line that is gone with the next: nothing to confirm, and no command line that is being typed is overwritten.
local function show(text)
  if require('dt6.config').shows_progress and vim.api.nvim_get_mode().mode:sub(1, 1) ~= 'c' then
    local room = math.max(vim.o.columns - 12, 20)
    vim.api.nvim_echo({ { vim.fn.strcharpart(text, 0, room) } }, false, {})
  end
end

local function note(token, value)
  local bar = vim.tbl_extend('force', bars[token] or {}, value)
  bars[token] = value.kind ~= 'end' and bar or nil
  if value.kind ~= 'end' then
    show(words(bar))
  else
    show(value.message and words({ title = bar.title, message = value.message }) or '')
  end
end

function M.handle(err, params, ctx, config)
  local take = streams[params.token]
  if take then
    return take(params.value)
  end
  note(params.token, params.value)
  return vim.lsp.handlers['$/progress'](err, params, ctx, config)
end

return M
