-- What the editor commands do. Each asks the server and shows what comes back; `doc/dt6.txt` says how they are used.

local client = require('dt6.client')
local documents = require('dt6.documents')

local M = {}

--- `then_do(text)` with what was given, else with what the user types now.
local function given_or_typed(text, prompt, then_do)
  if text ~= '' then
    return then_do(text)
  end
  vim.ui.input({ prompt = prompt }, function(typed)
    if typed and typed ~= '' then
      then_do(typed)
    end
  end)
end

local function lines_of(call)
  return call.range > 0 and { call.line1, call.line2 } or nil
end

function M.ask(call)
  local range = lines_of(call)
  given_or_typed(call.args, 'Ask DT6: ', function(question)
    require('dt6.ask').ask(question, range)
  end)
end

local function first_line(hit)
  return vim.trim(hit.symbol ~= '' and ('%s %s'):format(hit.kind, hit.symbol) or hit.text:match('[^\n]+') or '')
end

--- The server opens what it writes, here and below.
function M.explain(call)
  local about, from = documents.here(lines_of(call)), client.current()
  if not about then
    return client.tell('no file is open here.')
  end
  if from and not about.range then
    local position = vim.lsp.util.make_position_params(0, from.offset_encoding).position
    about.range = { start = position, ['end'] = position }
  end
  client.execute('dt6.explain', about, function() end)
end

local function into_quickfix(title, items)
  vim.fn.setqflist({}, ' ', { title = 'DT6: ' .. title, items = items })
  if #items == 0 then
    return client.tell('nothing was found.')
  end
  vim.cmd('botright copen')
end

--- Hits go into the quickfix list, the best first.
function M.search(call)
  given_or_typed(call.args, 'Search: ', function(query)
    client.execute('dt6.search', { query = query, n = 30 }, function(hits, from)
      local items = vim.tbl_map(function(hit)
        return { filename = client.file(from, hit.path), lnum = hit.start_line, text = first_line(hit) }
      end, hits)
      into_quickfix(query, items)
    end)
  end)
end

--- What is behind the number of a lens. Elsewhere it is a page of links; here it is the quickfix list, too.
function M.references(about)
  client.execute('dt6.references', vim.tbl_extend('force', about, { show = false }), function(found, from)
    local what = (about.tests and 'tests of ' or 'uses of ') .. found.name
    into_quickfix(what, vim.lsp.util.locations_to_items(found.references, from.offset_encoding))
  end)
end

function M.architecture(call)
  client.execute('dt6.architecture', { focus = call.args }, function() end)
end

function M.index(call)
  client.execute('dt6.index', { rebuild = call.bang }, function(report)
    if type(report) == 'table' then
      client.tell(('%d files and %d chunks are searchable.'):format(report.files, report.chunks))
    end
  end)
end

function M.models()
  client.execute('dt6.models', { show = true }, function() end)
end

local function switch_to(model)
  client.execute('dt6.switchModel', { model = model }, function(choice)
    client.tell(('%s (%s) answers from now on.'):format(choice.model, choice.backend))
  end)
end

--- To the model that is named, as MODEL or MODEL@BACKEND; without a name the user chooses.
function M.switch_model(call)
  if call.args ~= '' then
    return switch_to(call.args)
  end
  client.execute('dt6.models', {}, function(models)
    local names = {}
    for _, server in ipairs(models.servers) do
      for _, model in ipairs(server.models) do
        table.insert(names, model.name .. '@' .. server.backend)
      end
    end
    if #names == 0 then
      return client.tell('no model server answers; :DT6Models says why.')
    end
    vim.ui.select(names, { prompt = 'Who shall answer?' }, function(name)
      if name then
        switch_to(name)
      end
    end)
  end)
end

function M.stats()
  client.execute('dt6.stats', { show = true }, function() end)
end

function M.stop()
  client.stop_all()
end

return M
