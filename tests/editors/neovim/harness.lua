-- Steps that are run in a real Neovim: each is told when it has passed, and the first that fails ends the editor.
--
--     harness.run({ { 'hover', function() ... end } })
--
-- Nothing sleeps: `wait` looks again at every event.

local M = {}

local PATIENCE_MS = 30000

local function report(text)
  vim.fn.writefile(vim.split(text, '\n'), vim.env.REPORT, 'a')
end

--- What `look` returns as soon as that is true.
function M.wait(what, look)
  local found
  local happened = vim.wait(PATIENCE_MS, function()
    found = look()
    return found and true or false
  end, 10)
  if not happened then
    error(('waited in vain for %s; the screen:\n%s'):format(what, M.screen()), 2)
  end
  return found
end

function M.check(holds, said)
  if not holds then
    error(('%s; the screen:\n%s'):format(said or 'not so', M.screen()), 2)
  end
end

--- What stands on the screen, cell by cell.
function M.screen()
  vim.cmd('redraw')
  local rows = {}
  for row = 1, vim.o.lines do
    local cells = {}
    for column = 1, vim.o.columns do
      cells[column] = vim.fn.screenstring(row, column)
    end
    rows[row] = (table.concat(cells):gsub('%s+$', ''))
  end
  return table.concat(rows, '\n')
end

--- Keep the screen, once it shows each of these texts.
function M.shot(name, ...)
  for _, text in ipairs({ ... }) do
    M.wait(('%q on the screen'):format(text), function()
      return M.screen():find(text, 1, true)
    end)
  end
  vim.fn.writefile(vim.split(M.screen(), '\n'), ('%s/%s.txt'):format(vim.env.SHOTS, name))
end

function M.text(bufnr)
  return table.concat(vim.api.nvim_buf_get_lines(bufnr or 0, 0, -1, false), '\n')
end

--- As if typed, with mappings.
function M.keys(keys)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, true, true), 'mx', false)
end

function M.place_cursor(text)
  vim.fn.cursor(1, 1)
  M.check(vim.fn.search('\\V' .. text, 'c') > 0, 'the buffer does not hold ' .. text)
end

--- What Neovim was told to tell, in the order of its coming.
M.told = {}

function M.was_told(text)
  for _, message in ipairs(M.told) do
    if message:find(text, 1, true) then
      return message
    end
  end
end

local notify = vim.notify
vim.notify = function(message, ...)
  table.insert(M.told, message)
  return notify(message, ...)
end

--- What stood in the message line for a while.
M.shown = {}

function M.was_shown(pattern)
  for _, text in ipairs(M.shown) do
    if text:find(pattern) then
      return text
    end
  end
end

local echo = vim.api.nvim_echo
vim.api.nvim_echo = function(chunks, ...)
  table.insert(M.shown, chunks[1][1])
  return echo(chunks, ...)
end

local function run(steps)
  for _, step in ipairs(steps) do
    local passed, trouble = xpcall(step[2], debug.traceback)
    if not passed then
      report(('failed: %s: %s\ntold: %s'):format(step[1], trouble, vim.inspect(M.told)))
      return vim.cmd('cquit 1')
    end
    report('passed: ' .. step[1])
  end
  report('done')
  vim.cmd('qall!')
end

--- Run them once the editor has started and drawn its screen.
function M.run(steps)
  vim.api.nvim_create_autocmd('VimEnter', {
    callback = vim.schedule_wrap(function()
      run(steps)
    end),
  })
end

return M
