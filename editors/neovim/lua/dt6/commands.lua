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

function M.ask(call)
  local range = call.range > 0 and { call.line1, call.line2 } or nil
  given_or_typed(call.args, 'Ask DT6: ', function(question)
    require('dt6.ask').ask(question, range)
  end)
end

local function first_line(hit)
  return vim.trim(hit.symbol ~= '' and ('%s %s'):format(hit.kind, hit.symbol) or hit.text:match('[^\n]+') or '')
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

--- The server opens what it writes.
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

local function listed(server)
  local lines = { '', '## ' .. server.backend, '' }
  if not server.reachable then
    return vim.list_extend(lines, { server.problem })
  end
  for _, model in ipairs(server.models) do
    local mark = model.in_use and ' (in use)' or ''
    table.insert(lines, ('- %s@%s%s'):format(model.name, server.backend, mark))
  end
  return lines
end

function M.models()
  client.execute('dt6.models', {}, function(models, from)
    local choice = models.choice
    local lines = { '# Models', '', ('%s (%s): %s'):format(choice.model, choice.backend, choice.why) }
    for _, server in ipairs(models.servers) do
      vim.list_extend(lines, listed(server))
    end
    documents.write(documents.scratch('models', from), 0, table.concat(lines, '\n'))
  end)
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

--- An object as indented lines, in the order of its names.
local function outline(value, indent)
  local names, lines = vim.tbl_keys(value), {}
  table.sort(names, function(one, other)
    return tostring(one) < tostring(other)
  end)
  for _, name in ipairs(names) do
    local inner = value[name]
    if type(inner) == 'table' then
      table.insert(lines, ('%s- %s'):format(indent, name))
      vim.list_extend(lines, outline(inner, indent .. '  '))
    else
      table.insert(lines, ('%s- %s: %s'):format(indent, name, tostring(inner):gsub('\n', ' ')))
    end
  end
  return lines
end

function M.stats()
  client.execute('dt6.stats', {}, function(stats, from)
    local lines = vim.list_extend({ '# What DT6 has and did', '' }, outline(stats, ''))
    documents.write(documents.scratch('stats', from), 0, table.concat(lines, '\n'))
  end)
end

function M.stop()
  client.stop_all()
end

return M
