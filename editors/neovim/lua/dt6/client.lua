-- The client of DT6's server: found, started where there is none, and asked.
--
-- Neovim 0.11 starts servers by itself; for older ones `attach` does. Not here: what is asked.

local config = require('dt6.config')

local M = {}

local INITIALIZE_MS = 10000
local running = {} -- functions that stop a request, by its key

function M.tell(message, level)
  vim.notify('DT6: ' .. message, level or vim.log.levels.INFO)
end

local function fail(message)
  M.tell(message, vim.log.levels.ERROR)
end

--- Is there a server to start? Where not, that is said once for each command, when what goes on now is done: in a line
--- that fits, as a longer message at the start of Neovim waits for Enter.
local told = {}
function M.is_installed()
  local cmd = config.get().cmd
  if type(cmd) ~= 'table' or vim.fn.executable(cmd[1]) == 1 then
    return true
  end
  if not told[cmd[1]] then
    told[cmd[1]] = true
    vim.schedule(function()
      fail(('`%s` is not on the PATH. `:help dt6-install` has the mend.'):format(cmd[1]))
    end)
  end
  return false
end

local function holds(folder, marker)
  for _, name in ipairs(type(marker) == 'table' and marker or { marker }) do
    if (vim.uv or vim.loop).fs_stat(folder .. '/' .. name) then
      return true
    end
  end
  return false
end

--- The nearest folder at or above this one that holds a marker; those that are named first count first.
function M.root_above(folder)
  for _, marker in ipairs(config.get().root_markers or {}) do
    local here, above = folder, nil
    while here ~= above do
      if holds(here, marker) then
        return here
      end
      here, above = vim.fn.fnamemodify(here, ':h'), here
    end
  end
end

--- The workspace of a buffer; nil for what is no file, and for a file in no workspace: a home folder is not indexed
--- because a note in it was opened.
function M.root_of(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  if name == '' or vim.bo[bufnr].buftype ~= '' or name:match('^%a[%w+.-]+://') then
    return nil
  end
  return M.root_above(vim.fn.fnamemodify(name, ':p:h'))
end

--- Clients of DT6's server.
function M.all()
  return vim.tbl_filter(function(client)
    return client.name == 'dt6'
  end, (vim.lsp.get_clients or vim.lsp.get_active_clients)())
end

local function of_root(root)
  for _, client in ipairs(M.all()) do
    if client.config.root_dir == root then
      return client
    end
  end
end

local function start(root)
  local settings = vim.tbl_extend('force', config.get(), { name = 'dt6', root_dir = root })
  if config.is_modern then
    return vim.lsp.start(settings, { attach = false })
  end
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  settings.capabilities = vim.tbl_deep_extend('force', capabilities, settings.capabilities or {})
  return vim.lsp.start_client(settings)
end

--- Attach a buffer, as Neovim 0.11 does by itself.
function M.attach(bufnr)
  local filetypes = config.get().filetypes
  local root = M.root_of(bufnr)
  if not root or filetypes and not vim.tbl_contains(filetypes, vim.bo[bufnr].filetype) or not M.is_installed() then
    return
  end
  local client = of_root(root)
  local id = client and client.id or start(root)
  if id then
    vim.lsp.buf_attach_client(bufnr, id)
  end
end

--- The client that a question from this buffer goes to: its own (of an answer, the one that gave it), the one of its
--- workspace or of the current folder, started where need be. nil, and a message, where there is none to be had.
function M.current()
  local bufnr = vim.api.nvim_get_current_buf()
  local clients = M.all()
  for _, client in ipairs(clients) do
    if client.id == vim.b[bufnr].dt6_client or vim.lsp.buf_is_attached(bufnr, client.id) then
      return client
    end
  end
  local root = M.root_of(bufnr) or M.root_above(vim.fn.getcwd())
  if not root then
    return clients[1]
      or fail('no workspace is open: open a file below a folder that holds ' .. vim.inspect(config.get().root_markers))
  end
  local client = of_root(root)
  if client or not M.is_installed() then
    return client
  end
  local id = start(root)
  return id and vim.lsp.get_client_by_id(id)
end

local function call(client, method, ...)
  if config.is_modern then
    return client[method](client, ...)
  end
  return client[method](...)
end

--- Ask the server of this buffer. `on_result(result, client)` is called with what it answers; an error is shown, and
--- `on_error` told of it. Returned are what stops the request, and the client; nil where nothing was asked.
function M.request(method, params, on_result, on_error)
  local client = M.current()
  if not client then
    return nil
  end
  vim.wait(INITIALIZE_MS, function()
    return client.initialized
  end, 10)
  local key = {}
  local sent, id = call(client, 'request', method, params, function(err, result)
    running[key] = nil
    if err then
      fail(err.message)
      if on_error then
        on_error(err.message)
      end
    else
      on_result(result, client)
    end
  end)
  if not sent then
    return fail('the server has ended. ' .. vim.lsp.get_log_path() .. ' says more.')
  end
  running[key] = function()
    running[key] = nil
    call(client, 'cancel_request', id)
  end
  return running[key], client
end

--- Run one of the server's commands with one object.
function M.execute(command, argument, on_result)
  local given = vim.tbl_isempty(argument) and vim.empty_dict() or argument
  return M.request('workspace/executeCommand', { command = command, arguments = { given } }, on_result)
end

--- Stop everything that was asked and not answered.
function M.stop_all()
  for _, stop in ipairs(vim.tbl_values(running)) do
    stop()
  end
end

--- The file that a hit or a citation names, on the disk. With several folders the name begins with its folder's.
function M.file(client, path)
  local root = client.config.root_dir or vim.fn.getcwd()
  for _, folder in ipairs(client.workspace_folders or {}) do
    local above = vim.fn.fnamemodify(vim.uri_to_fname(folder.uri), ':h')
    if not holds(root, path) and holds(above, path) then
      return above .. '/' .. path
    end
  end
  return root .. '/' .. path
end

return M
