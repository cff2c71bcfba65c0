-- Text that DT6 shows: scratch buffers for answers and lists, files that the server opens, places that a text names.

local M = {}

--- `path:12` or `path:12-18`, as answers cite.
local PLACE = '([^%s`%[%]()]+):(%d+)'

--- The place that is named under or after the cursor, else the first of the line; nil where there is none.
local function place_at_cursor()
  local line, column = vim.api.nvim_get_current_line(), vim.fn.col('.')
  local first, from = nil, 1
  while true do
    local start, stop, path, number = line:find(PLACE, from)
    if not start then
      return first
    end
    first = first or { path = path, line = tonumber(number) }
    if column <= stop then
      return { path = path, line = tonumber(number) }
    end
    from = stop + 1
  end
end

local function go_to_place(client, from_window)
  local place = place_at_cursor()
  local file = place and require('dt6.client').file(client, place.path)
  if not file or vim.fn.filereadable(file) == 0 then
    return require('dt6.client').tell('no file is named here.')
  end
  if vim.api.nvim_win_is_valid(from_window) then
    vim.api.nvim_set_current_win(from_window)
  else
    vim.cmd('aboveleft new')
  end
  vim.cmd('edit ' .. vim.fn.fnameescape(file))
  vim.fn.cursor(place.line, 1)
end

--- The file that is open, and the lines of it that are meant (from 1, a pair), as the server takes them; nil where no
--- file is open.
function M.here(lines)
  local bufnr = vim.api.nvim_get_current_buf()
  if vim.bo[bufnr].buftype ~= '' or vim.api.nvim_buf_get_name(bufnr) == '' then
    return nil
  end
  local marked = lines
    and { start = { line = lines[1] - 1, character = 0 }, ['end'] = { line = lines[2], character = 0 } }
  return { uri = vim.uri_from_bufnr(bufnr), range = marked }
end

--- A Markdown buffer in a window of its own. `q` closes it; Enter opens the file that is named under the cursor.
function M.scratch(name, client)
  local from = vim.api.nvim_get_current_win()
  vim.cmd('botright new')
  local bufnr = vim.api.nvim_get_current_buf()
  vim.bo[bufnr].buftype = 'nofile'
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].swapfile = false
  vim.bo[bufnr].filetype = 'markdown'
  vim.bo[bufnr].modifiable = false
  vim.b[bufnr].dt6_client = client.id
  vim.api.nvim_buf_set_name(bufnr, ('dt6://%s/%d'):format(name, bufnr))
  vim.wo.wrap = true
  vim.wo.linebreak = true
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true })
  vim.keymap.set('n', '<CR>', function()
    go_to_place(client, from)
  end, { buffer = bufnr })
  return bufnr
end

--- Write `text` over the lines from `first` on (from 0, as the API counts).
function M.write(bufnr, first, text)
  if not vim.api.nvim_buf_is_valid(bufnr) then
    return
  end
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, first, -1, false, vim.split(text, '\n', { plain = true }))
  vim.bo[bufnr].modifiable = false
end

--- Add `text` to the end. Who reads the end goes on reading it.
function M.append(bufnr, text)
  if not vim.api.nvim_buf_is_valid(bufnr) then
    return
  end
  local count = vim.api.nvim_buf_line_count(bufnr)
  local last = vim.api.nvim_buf_get_lines(bufnr, count - 1, count, false)[1] or ''
  M.write(bufnr, count - 1, last .. text)
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    if vim.api.nvim_win_get_cursor(window)[1] == count then
      vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(bufnr), 0 })
    end
  end
end

--- The handler of `window/showDocument`, for a Neovim that has none (0.7).
function M.show(_, params)
  if params.external then
    return { success = false }
  end
  local back = vim.api.nvim_get_current_win()
  vim.cmd('botright split ' .. vim.fn.fnameescape(vim.uri_to_fname(params.uri)))
  if params.selection then
    vim.fn.cursor(params.selection.start.line + 1, 1)
  end
  if not params.takeFocus then
    vim.api.nvim_set_current_win(back)
  end
  return { success = true }
end

return M
