-- A question and its answer, which is shown while it is written.

local client = require('dt6.client')
local documents = require('dt6.documents')
local progress = require('dt6.progress')

local M = {}

local asked = 0

local function ending(result)
  local lines = { result.answer }
  if #result.citations > 0 then
    vim.list_extend(lines, { '', '## Sources', '' })
    for _, cited in ipairs(result.citations) do
      table.insert(lines, ('- %s:%d-%d'):format(cited.path, cited.start_line, cited.end_line))
    end
  end
  local author = result.backend == 'none' and 'without a model' or ('by %s (%s)'):format(result.model, result.backend)
  local index = result.index
  local seen = ('Written %s, from %d of %d files. %s'):format(author, index.indexed, index.files, result.notice or '')
  vim.list_extend(lines, { '', '---', '', vim.trim(seen) })
  return table.concat(lines, '\n')
end

--- Ask, and show the answer as it comes. In its buffer `q` closes and stops, Ctrl-C stops. `range` is a pair of lines.
function M.ask(question, range)
  local params = vim.tbl_extend('error', documents.here(range) or {}, { question = question })
  asked = asked + 1
  params.partialResultToken = ('dt6-ask-%d-%d'):format(vim.fn.getpid(), asked)
  local bufnr
  local begun, is_over = false, false

  local function finish(text)
    is_over = true
    progress.forget(params.partialResultToken)
    if text then
      documents.write(bufnr, 2, text)
    end
  end

  progress.listen(params.partialResultToken, function(value)
    if value.kind == 'token' then
      if not begun then
        documents.write(bufnr, 2, '')
      end
      begun = true
      documents.append(bufnr, value.text)
    elseif value.kind == 'retrieved' and not begun then
      documents.write(bufnr, 2, ('*Writing, from %d places in the workspace …*'):format(#value.hits))
    end
  end)
  local stop, answerer = client.request('dt6/ask', params, function(result)
    finish(ending(result))
  end, function(message)
    finish('*' .. message .. '*')
  end)
  if not stop then
    return finish()
  end
  bufnr = documents.scratch('ask', answerer)
  documents.write(bufnr, 0, '# ' .. question:gsub('%s+', ' ') .. '\n\n*Reading the index …*')

  local function stop_it(text)
    if not is_over then
      stop()
      finish()
      if text then
        documents.append(bufnr, text)
      end
    end
  end
  vim.keymap.set('n', '<C-c>', function()
    stop_it('\n\n*Stopped.*')
  end, { buffer = bufnr })
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      stop_it()
    end,
  })
end

return M
